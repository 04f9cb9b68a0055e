/* SPDX-License-Identifier: Apache-2.0
 *
 * `ffisan contract show --json`:
 *
 *   {"libraries": [{"soname", "source", "from", "until", "symbols": [{"name", "family", "declaration"}],
 *                   "functions": [{"name", "declaration", "line", "terms": [{"word", "place", "text", "implied", "line",
 * "column"}]}]}]}
 */
#include <jansson.h>
#include <stdlib.h>

#include "contract_show.h"
#include "pool.h"
#include "spelling.h"

struct maker {
    struct pool *pool;
    const struct contract_table *table;
    const struct contract_shown *shown;
    size_t count;
};

static json_t *text_json(const struct maker *maker, uint32_t offset) {
    return json_string(pool_clean(maker->pool, type_text(&maker->table->types, offset), POOL_CLEAN_ALL));
}

/* The word as contracts have it, without what it takes. */
static const char *word_name(uint16_t word) {
    static const char *const names[FFISAN_WORDS] = {
#define WORD(id, name, ...) [FFISAN_WORD_##id] = name,
#include "ffisan/words.def"
#undef WORD
        [FFISAN_WORD_NONE] = "",
        [FFISAN_WORD_GIVES_SIZES] = "gives_sizes",
    };
    return names[word];
}

static const char *place_name(const struct maker *maker, const struct ffisan_contract_function *function,
                              const struct ffisan_contract_term *term) {
    const char *name = type_text(&maker->table->types, term->name);
    if (*name)
        return pool_clean(maker->pool, name, POOL_CLEAN_ALL);
    return term->place == FFISAN_TERM_FUNCTION
               ? "function"
               : pool_clean(maker->pool, contract_place(maker->table, function, term->place), POOL_CLEAN_ALL);
}

static json_t *term_json(const struct maker *maker, const struct ffisan_contract_function *function,
                         const struct ffisan_contract_term *term) {
    return json_pack("{s:s, s:s, s:s, s:b, s:i, s:i}", "word", word_name(term->word), "place", place_name(maker, function, term),
                     "text", contract_term(maker->pool, maker->table, function, term), "implied",
                     (term->flags & FFISAN_TERM_IMPLIED) != 0, "line", (int)term->line, "column", (int)term->column);
}

static json_t *function_json(const struct maker *maker, const struct ffisan_contract_function *function) {
    const struct declaration declaration = {&maker->table->types, function->type};
    const char *name = pool_clean(maker->pool, type_text(&maker->table->types, function->name), POOL_CLEAN_ALL);
    json_t *terms = json_array();
    for (uint32_t i = 0; i < function->count; i++)
        json_array_append_new(terms, term_json(maker, function, &maker->table->terms[function->first + i]));
    return json_pack("{s:s, s:s, s:i, s:o}", "name", name, "declaration", spell_prototype(maker->pool, &declaration, name),
                     "line", (int)function->line, "terms", terms);
}

static json_t *functions_json(struct maker *maker, const struct ffisan_contract_library *library) {
    json_t *functions = json_array();
    for (uint32_t i = 0; i < library->count; i++) {
        const struct ffisan_contract_function *function = &maker->table->functions[library->first + i];
        if (!contract_is_shown(maker->shown, type_text(&maker->table->types, function->name)))
            continue;
        json_array_append_new(functions, function_json(maker, function));
        maker->count++;
    }
    return functions;
}

static json_t *symbols_json(struct maker *maker, const struct ffisan_contract_library *library) {
    json_t *symbols = json_array();
    for (uint32_t i = 0; i < library->symbol_count; i++) {
        const struct ffisan_contract_symbol *symbol = &maker->table->symbols[library->first_symbol + i];
        const char *name = pool_clean(maker->pool, type_text(&maker->table->types, symbol->name), POOL_CLEAN_ALL);
        if (!contract_is_shown(maker->shown, name))
            continue;
        json_array_append_new(symbols,
                              json_pack("{s:s, s:o, s:s}", "name", name, "family", text_json(maker, symbol->family),
                                        "declaration", spell_declaration(maker->pool, &maker->table->types, symbol->type, name)));
        maker->count++;
    }
    return symbols;
}

static json_t *library_json(struct maker *maker, const struct ffisan_contract_library *library) {
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "soname", text_json(maker, library->soname), "source",
                     text_json(maker, library->source), "from", text_json(maker, library->from), "until",
                     text_json(maker, library->until), "symbols", symbols_json(maker, library), "functions",
                     functions_json(maker, library));
}

size_t contract_show_json(FILE *stream, struct pool *pool, const struct contract_table *table,
                          const struct contract_shown *shown) {
    struct maker maker = {.pool = pool, .table = table, .shown = shown};
    json_t *libraries = json_array(), *whole = json_pack("{s:o}", "libraries", libraries);
    for (uint32_t i = 0; i < table->library_count; i++)
        json_array_append_new(libraries, library_json(&maker, &table->libraries[i]));
    if (!whole || json_dumpf(whole, stream, JSON_INDENT(2)) != 0 || fputc('\n', stream) == EOF)
        pool_exhausted();
    json_decref(whole);
    return maker.count;
}
