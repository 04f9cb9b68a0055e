/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/roles.h"

#include <string.h>

#include "core/contract_table.h"
#include "core/memory.h"

#define TABLES_MOST 64u

/* Of each function of a table, in one byte. */
static struct known {
    const struct contract_table *table;
    const uint8_t *roles;
} known[TABLES_MOST];

static unsigned role_given_by(const struct ffisan_contract_term *term) {
    switch (term->word) {
    case FFISAN_WORD_OWNED:
    case FFISAN_WORD_OUT_OWNED:
        return ROLE_DESTRUCTOR;
    case FFISAN_WORD_BORROWED:
        return ROLE_ENDS;
    case FFISAN_WORD_RETAINED:
        return ROLE_ENDS_KEPT;
    default:
        return 0;
    }
}

static bool replaces(const struct contract_table *table, const struct ffisan_contract_function *function) {
    for (uint32_t i = 0; i < function->count; i++)
        if (table->terms[function->first + i].flags & FFISAN_TERM_REPLACES)
            return true;
    return false;
}

static void look_through(const struct contract_table *table, uint8_t *roles) {
    for (uint32_t i = 0; i < table->term_count; i++) {
        const struct ffisan_contract_term *term = &table->terms[i];
        unsigned role = role_given_by(term);
        for (uint32_t at = 1; role && at < term->count; at += 2) {
            uint32_t function = table->numbers[term->first + at];
            if (function < table->function_count)
                roles[function] |= (uint8_t)role;
        }
    }
    for (uint32_t i = 0; i < table->function_count; i++)
        if (replaces(table, &table->functions[i]))
            roles[i] |= ROLE_ENDS | ROLE_ENDS_KEPT;
}

/* Two threads that come at once both do it; one's is kept. The other's memory is lost. */
static RARE const uint8_t *learn(const struct contract_table *table) {
    uint8_t *roles = memory_carve(table->function_count);
    if (!roles)
        return NULL;
    look_through(table, roles);
    for (unsigned i = 0; i < TABLES_MOST; i++) {
        const struct contract_table *none = NULL;
        if (!__atomic_compare_exchange_n(&known[i].table, &none, table, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) &&
            none != table)
            continue;
        __atomic_store_n(&known[i].roles, roles, __ATOMIC_RELEASE);
        return roles;
    }
    return NULL;
}

static const uint8_t *roles_of(const struct contract_table *table) {
    for (unsigned i = 0; i < TABLES_MOST && __atomic_load_n(&known[i].table, __ATOMIC_ACQUIRE); i++)
        if (known[i].table == table) {
            const uint8_t *roles = __atomic_load_n(&known[i].roles, __ATOMIC_ACQUIRE);
            return roles ? roles : learn(table);
        }
    return learn(table);
}

unsigned role_of(const struct registered *registered) {
    const uint8_t *roles = roles_of(registered->table);
    return roles ? roles[registered->function - registered->table->functions] : 0;
}

bool role_gives(const struct ffisan_contract_term *term) {
    return term && (term->word == FFISAN_WORD_OWNED || term->word == FFISAN_WORD_OUT_OWNED || term->word == FFISAN_WORD_FAMILY);
}

bool role_named(const struct registered *registered, const struct ffisan_contract_term *term, const char *name) {
    const struct ffisan_contract_function *function;
    for (uint32_t i = 0; term->word != FFISAN_WORD_FAMILY && i < term->count / 2; i++) {
        const char *named = term_function(registered, term, i, &function);
        if (named && strcmp(named, name) == 0)
            return true;
    }
    return false;
}

bool role_names(const struct registered *registered, const struct ffisan_contract_term *term, const struct registered *by) {
    const struct contract_table *table = by->table;
    if (registered->table != table || term->word == FFISAN_WORD_FAMILY)
        return role_named(registered, term, by->name);
    uint32_t function = (uint32_t)(by->function - table->functions);
    bool by_number = table->library_count == 1; /* one name is one function */
    for (uint32_t at = 1; at < term->count; at += 2) {
        uint32_t named = table->numbers[term->first + at];
        if (named == function)
            return true;
        by_number = by_number && named < table->function_count;
    }
    return !by_number && role_named(registered, term, by->name);
}

static bool drops_counts(const struct contract_table *table, const struct ffisan_contract_function *function) {
    for (uint32_t i = 0; i < function->count; i++)
        if (table->terms[function->first + i].word == FFISAN_WORD_UNREF)
            return true;
    return false;
}

bool role_counted(const struct registered *registered, const struct ffisan_contract_term *term) {
    const struct ffisan_contract_function *function;
    for (uint32_t i = 0; term && i < term->count / 2; i++)
        if (term_function(registered, term, i, &function) && function && drops_counts(registered->table, function))
            return true;
    return false;
}
