/* SPDX-License-Identifier: Apache-2.0 */
#include "contract_show.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "pool.h"
#include "spelling.h"

struct shower {
    FILE *stream;
    struct pool *pool;
    const struct contract_table *table;
    const struct ffisan_contract_function *function;
};

static const char *text_of(struct pool *pool, const struct contract_table *table, uint32_t offset) {
    return pool_clean(pool, type_text(&table->types, offset), POOL_CLEAN_ALL);
}

bool contract_is_shown(const struct contract_shown *shown, const char *name) {
    for (size_t i = 0; i < shown->count; i++)
        if (strcmp(shown->functions[i], name) == 0)
            return true;
    return shown->count == 0;
}

/* ---- a term ---- */

static const char *const spellings[FFISAN_WORDS] = {
#define WORD(id, ...) [FFISAN_WORD_##id] = "FFISAN_" #id,
#include "ffisan/words.def"
#undef WORD
    [FFISAN_WORD_NONE] = "",
    [FFISAN_WORD_GIVES_SIZES] = "gives out for its destructor:",
};

const char *contract_place(const struct contract_table *table, const struct ffisan_contract_function *function, uint32_t place) {
    const struct ffisan_type *type = &table->types.types[function->type];
    if (place == FFISAN_TERM_RESULT)
        return "ret";
    if (place >= FFISAN_TERM_LIBRARY)
        return "library";
    if (place >= type->count)
        return "...";
    const char *name = type_text(&table->types, table->types.fields[type->first + place].name);
    return *name ? name : "?";
}

static const char *owner_text(struct pool *pool, const struct contract_table *table,
                              const struct ffisan_contract_function *function, const struct ffisan_contract_term *term) {
    return term->other ? contract_expression(pool, table, function, term->other)
                       : pool_clean(pool, contract_place(table, function, term->owner), POOL_CLEAN_ALL);
}

static const char *joined(struct pool *pool, const char *one, const char *other) {
    return pool_text(pool, "%s%s%s", one, *one && *other ? ", " : "", other);
}

static const char *functions_text(struct pool *pool, const struct contract_table *table,
                                  const struct ffisan_contract_function *function, const struct ffisan_contract_term *term) {
    const char *text = term->flags & FFISAN_TERM_REPLACES ? text_of(pool, table, function->name) : "";
    for (uint32_t i = 0; i < term->count; i += 2)
        text = joined(pool, text, text_of(pool, table, table->numbers[term->first + i]));
    return text;
}

static const char *codes_text(struct pool *pool, const struct contract_table *table,
                              const struct ffisan_contract_function *function, const struct ffisan_contract_term *term) {
    const char *text = "";
    for (uint32_t i = 0; i < term->count; i++)
        text = joined(pool, text, contract_expression(pool, table, function, table->numbers[term->first + i]));
    return text;
}

static const char *fails_text(struct pool *pool, const struct contract_table *table,
                              const struct ffisan_contract_function *function, const struct ffisan_contract_term *term) {
    const char *text = contract_expression(pool, table, function, term->size);
    text = joined(pool, text, contract_expression(pool, table, function, term->other));
    for (uint32_t i = 0; i < term->count; i++) {
        const char *name = strerrorname_np((int)table->numbers[term->first + i]);
        text = joined(pool, text, name ? name : pool_text(pool, "%u", table->numbers[term->first + i]));
    }
    return text;
}

static const char *arguments_text(struct pool *pool, const struct contract_table *table,
                                  const struct ffisan_contract_function *function, const struct ffisan_contract_term *term) {
    switch (term->word) {
    case FFISAN_WORD_OWNED:
    case FFISAN_WORD_OUT_OWNED:
        return functions_text(pool, table, function, term);
    case FFISAN_WORD_BORROWED:
    case FFISAN_WORD_RETAINED:
        return joined(pool, owner_text(pool, table, function, term), functions_text(pool, table, function, term));
    case FFISAN_WORD_INVALIDATES:
    case FFISAN_WORD_SERIAL:
    case FFISAN_WORD_CREATOR_THREAD:
    case FFISAN_WORD_NOTIFIED:
    case FFISAN_WORD_UNTIL_DONE:
    case FFISAN_WORD_USER_DATA:
        return owner_text(pool, table, function, term);
    case FFISAN_WORD_IN:
    case FFISAN_WORD_OUT:
    case FFISAN_WORD_INOUT:
        return contract_expression(pool, table, function, term->size);
    case FFISAN_WORD_FAILS:
        return fails_text(pool, table, function, term);
    case FFISAN_WORD_KEYED_BY:
    case FFISAN_WORD_SIZED_BY:
    case FFISAN_WORD_GIVES_SIZES:
        return codes_text(pool, table, function, term);
    case FFISAN_WORD_HANDLE:
        return text_of(pool, table, term->kind);
    case FFISAN_WORD_FAMILY:
        return pool_text(pool, "\"%s\"", text_of(pool, table, term->kind));
    default:
        return "";
    }
}

static const char *kind_text(struct pool *pool, const struct contract_table *table, const struct ffisan_contract_term *term) {
    bool gives = term->word == FFISAN_WORD_OWNED || term->word == FFISAN_WORD_OUT_OWNED || term->word == FFISAN_WORD_BORROWED ||
                 term->word == FFISAN_WORD_STATIC;
    return gives && term->kind ? pool_text(pool, " FFISAN_HANDLE(%s)", text_of(pool, table, term->kind)) : "";
}

const char *contract_term(struct pool *pool, const struct contract_table *table, const struct ffisan_contract_function *function,
                          const struct ffisan_contract_term *term) {
    const char *arguments = arguments_text(pool, table, function, term),
               *when = contract_expression(pool, table, function, term->when);
    const char *text = *arguments ? pool_text(pool, "%s(%s)", spellings[term->word], arguments) : spellings[term->word];
    if (term->word == FFISAN_WORD_VARIANT)
        return pool_text(pool, "FFISAN_VARIANT(%s, %s)", when, spell_type(pool, &table->types, term->type));
    text = pool_text(pool, "%s%s", text, kind_text(pool, table, term));
    return *when ? pool_text(pool, "FFISAN_WHEN(%s, %s)", when, text) : text;
}

/* ---- a function ---- */

static bool is_own(const struct ffisan_contract_term *term, uint32_t place) {
    bool of_function = place == FFISAN_TERM_FUNCTION;
    return !(term->flags & FFISAN_TERM_FIELD) && term->word != FFISAN_WORD_GIVES_SIZES &&
           (of_function ? term->place >= FFISAN_TERM_FUNCTION : term->place == place);
}

static void words_print(const struct shower *shower, uint32_t place, const char *before) {
    const struct ffisan_contract_function *function = shower->function;
    for (uint32_t i = 0; i < function->count; i++) {
        const struct ffisan_contract_term *term = &shower->table->terms[function->first + i];
        if (is_own(term, place))
            fprintf(shower->stream, "%s%s", before, contract_term(shower->pool, shower->table, function, term));
    }
}

/* What is not a parameter's own word: fields, variadic arguments, sizes. */
static void others_print(const struct shower *shower, uint32_t parameter_count) {
    const struct ffisan_contract_function *function = shower->function;
    for (uint32_t i = 0; i < function->count; i++) {
        const struct ffisan_contract_term *term = &shower->table->terms[function->first + i];
        bool own = term->place >= FFISAN_TERM_FUNCTION || term->place < parameter_count;
        if ((own && !(term->flags & FFISAN_TERM_FIELD) && term->word != FFISAN_WORD_GIVES_SIZES) ||
            term->place == FFISAN_TERM_LIBRARY)
            continue;
        const char *name = text_of(shower->pool, shower->table, term->name);
        fprintf(shower->stream, "    /* %s%s%s */\n", name, *name ? ": " : "",
                contract_term(shower->pool, shower->table, function, term));
    }
}

static void parameter_print(const struct shower *shower, const struct ffisan_type *type, uint32_t index) {
    const struct type_table *types = &shower->table->types;
    const struct ffisan_field *field = &types->fields[type->first + index];
    fprintf(shower->stream, "%s    %s", index ? ",\n" : "\n",
            spell_declaration(shower->pool, types, field->type, text_of(shower->pool, shower->table, field->name)));
    words_print(shower, index, " ");
}

static void function_print(const struct shower *shower) {
    const struct type_table *types = &shower->table->types;
    const struct ffisan_type *type = &types->types[shower->function->type];
    const char *name = text_of(shower->pool, shower->table, shower->function->name);
    fprintf(shower->stream, "%s(", spell_declaration(shower->pool, types, type->to, name));
    for (uint32_t i = 0; i < type->count; i++)
        parameter_print(shower, type, i);
    fprintf(shower->stream, "%s)", type->flags & FFISAN_TYPE_VARIADIC ? ",\n    ..." : type->count ? "" : "void");
    words_print(shower, FFISAN_TERM_FUNCTION, "\n    ");
    fputs(";\n", shower->stream);
    others_print(shower, type->count);
    fputc('\n', shower->stream);
}

/* ---- a library ---- */

static bool shares(const struct ffisan_contract_library *one, const struct ffisan_contract_library *other) {
    return one->first == other->first && one->count == other->count && one->first_symbol == other->first_symbol &&
           one->symbol_count == other->symbol_count;
}

static void library_print(const struct shower *shower, uint32_t first, uint32_t end) {
    const struct ffisan_contract_library *library = &shower->table->libraries[first];
    fprintf(shower->stream, "/* %s */\nFFISAN_LIBRARY(", text_of(shower->pool, shower->table, library->source));
    for (uint32_t i = first; i < end; i++)
        fprintf(shower->stream, "%s\"%s\"", i > first ? ", " : "",
                text_of(shower->pool, shower->table, shower->table->libraries[i].soname));
    fputs(")\n", shower->stream);
    if (library->from || library->until)
        fprintf(shower->stream, "FFISAN_VERSIONS(\"%s\", \"%s\")\n", text_of(shower->pool, shower->table, library->from),
                text_of(shower->pool, shower->table, library->until));
    fputc('\n', shower->stream);
}

static size_t symbols_print(const struct shower *shower, const struct ffisan_contract_library *library,
                            const struct contract_shown *shown) {
    size_t count = 0;
    for (uint32_t i = 0; i < library->symbol_count; i++) {
        const struct ffisan_contract_symbol *symbol = &shower->table->symbols[library->first_symbol + i];
        const char *name = text_of(shower->pool, shower->table, symbol->name);
        if (!contract_is_shown(shown, name))
            continue;
        fprintf(shower->stream, "extern %s FFISAN_FAMILY(\"%s\");\n\n",
                spell_declaration(shower->pool, &shower->table->types, symbol->type, name),
                text_of(shower->pool, shower->table, symbol->family));
        count++;
    }
    return count;
}

size_t contract_show(FILE *stream, struct pool *pool, const struct contract_table *table, const struct contract_shown *shown) {
    struct shower shower = {.stream = stream, .pool = pool, .table = table};
    size_t count = 0;
    for (uint32_t first = 0, end; first < table->library_count; first = end) {
        const struct ffisan_contract_library *library = &table->libraries[first];
        for (end = first + 1; end < table->library_count && shares(library, &table->libraries[end]);)
            end++;
        if (shown->count == 0)
            library_print(&shower, first, end);
        count += symbols_print(&shower, library, shown);
        for (uint32_t i = 0; i < library->count; i++) {
            shower.function = &table->functions[library->first + i];
            if (!contract_is_shown(shown, type_text(&table->types, shower.function->name)))
                continue;
            function_print(&shower);
            count++;
        }
    }
    return count;
}
