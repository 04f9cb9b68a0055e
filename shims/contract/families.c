/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/families.h"

#include <string.h>

#include "contract/roles.h"
#include "core/contract_table.h"
#include "hooks/gates.h"

static const char *family_of(const struct registered *registered) {
    return term_text(registered, registered->function->family);
}

bool family_agrees(const struct registered *made, const struct registered *by) {
    return *family_of(made) && strcmp(family_of(made), family_of(by)) == 0;
}

bool family_differs(const struct registered *made, const struct registered *by) {
    return *family_of(made) && *family_of(by) && strcmp(family_of(made), family_of(by)) != 0;
}

static bool leads_out(const struct module *definer, const char *variable) {
    uintptr_t at = module_symbol(definer, variable), function;
    return at && contract_read(&function, at, sizeof function) && function && module_at(gates_behind(function)) != definer;
}

static bool is_about(const struct registered *made, const struct ffisan_contract_term *term,
                     const struct ffisan_contract_symbol *symbol) {
    const char *family = type_text(&made->table->types, symbol->family);
    return (*family && strcmp(family, family_of(made)) == 0) ||
           role_named(made, term, type_text(&made->table->types, symbol->name));
}

static bool is_malloc_now(const struct registered *made, const struct ffisan_contract_term *term) {
    const struct contract_table *table = made->table;
    for (uint32_t i = 0; i < table->symbol_count; i++)
        if (is_about(made, term, &table->symbols[i]) &&
            leads_out(made->definer, type_text(&table->types, table->symbols[i].name)))
            return true;
    return false;
}

bool family_allows_free(const struct registered *made, const struct ffisan_contract_term *term) {
    const char *family = family_of(made);
    bool names = term->count && term->word != FFISAN_WORD_FAMILY;
    return strcmp(family, "malloc") == 0 || (!*family && !names) || is_malloc_now(made, term);
}
