/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/coverage.h"

#include <string.h>

#include "core/contract_table.h"
#include "core/modules.h"

#define KNOWN_MOST 16u

/* What was found out, by library; others are looked at anew each time. */
static struct known {
    const struct module *library; /* set last */
    const struct contract_table *table;
    bool whole;
} known[KNOWN_MOST];

/* ---- what a function gives out --------------------------------------------------------------------------------------------- */

static bool says_whose(const struct contract_table *table, const struct ffisan_contract_function *function, uint32_t place) {
    for (uint32_t i = 0; i < function->count; i++) {
        const struct ffisan_contract_term *term = &table->terms[function->first + i];
        if (term->place == place && (term->word == FFISAN_WORD_OWNED || term->word == FFISAN_WORD_OUT_OWNED ||
                                     term->word == FFISAN_WORD_BORROWED || term->word == FFISAN_WORD_STATIC))
            return true;
    }
    return false;
}

static const struct ffisan_type *behind(const struct contract_table *table, const struct ffisan_type *type) {
    return type->kind == FFISAN_TYPE_POINTER ? &table->types.types[type->to] : NULL;
}

/* A pointer to a thing; text is none. */
static bool leads_to_thing(const struct contract_table *table, uint32_t type) {
    const struct ffisan_type *thing = behind(table, &table->types.types[type]);
    return thing && thing->kind != FFISAN_TYPE_CHARACTER;
}

static bool is_given_things(const struct contract_table *table, const struct ffisan_type *callback) {
    for (uint32_t i = 0; i < callback->count; i++) {
        const struct ffisan_type *type = &table->types.types[table->types.fields[callback->first + i].type];
        const struct ffisan_type *thing = behind(table, type);
        if (thing && (thing->kind == FFISAN_TYPE_STRUCT || thing->kind == FFISAN_TYPE_POINTER))
            return true;
    }
    return false;
}

static bool gives_by_parameter(const struct contract_table *table, uint32_t type) {
    const struct ffisan_type *to = behind(table, &table->types.types[type]);
    if (!to)
        return false;
    return (to->kind == FFISAN_TYPE_POINTER && leads_to_thing(table, table->types.types[type].to)) ||
           (to->kind == FFISAN_TYPE_STRUCT && !(to->flags & FFISAN_TYPE_INCOMPLETE)) ||
           (to->kind == FFISAN_TYPE_FUNCTION && is_given_things(table, to));
}

static bool gives_unsaid(const struct contract_table *table, const struct ffisan_contract_function *function) {
    const struct ffisan_type *type = &table->types.types[function->type];
    if (leads_to_thing(table, type->to) && !says_whose(table, function, FFISAN_TERM_RESULT))
        return true;
    for (uint32_t i = 0; i < type->count; i++)
        if (gives_by_parameter(table, table->types.fields[type->first + i].type) && !says_whose(table, function, i))
            return true;
    return false;
}

/* ---- all of them ----------------------------------------------------------------------------------------------------------- */

static const struct ffisan_contract_function *find(const struct contract_table *table, const char *name) {
    const struct ffisan_contract_function *function = NULL;
    for (uint32_t i = 0; i < table->library_count && !function; i++)
        function = contract_table_function(table, &table->libraries[i], name);
    return function;
}

static bool is_covered(const char *name, void *table) {
    return strcmp(name, "_init") == 0 || strcmp(name, "_fini") == 0 || find(table, name);
}

static bool look(const struct contract_table *table, const struct module *library) {
    for (uint32_t i = 0; i < table->function_count; i++)
        if (gives_unsaid(table, &table->functions[i]))
            return false;
    return module_exports(library, is_covered, (void *)(uintptr_t)table);
}

bool coverage_is_whole(const struct registered *registered) {
    const struct module *library = registered->definer;
    if (!library) /* what a program says of itself (ffisan.h) */
        return true;
    if (library->gone)
        return false;
    struct known *place = &known[library->id % KNOWN_MOST];
    const struct module *there = __atomic_load_n(&place->library, __ATOMIC_ACQUIRE);
    if (there == library && place->table == registered->table)
        return place->whole;
    bool whole = look(registered->table, library);
    if (!there) {
        place->table = registered->table;
        place->whole = whole;
        __atomic_store_n(&place->library, library, __ATOMIC_RELEASE);
    }
    return whole;
}
