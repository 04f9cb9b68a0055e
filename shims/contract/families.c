/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/families.h"

#include <string.h>

#include "core/contract_table.h"

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
    return at && contract_read(&function, at, sizeof function) && function && module_at(function) != definer;
}

bool family_is_malloc(const struct registered *made) {
    const struct contract_table *table = made->table;
    for (uint32_t i = 0; *family_of(made) && i < table->symbol_count; i++)
        if (strcmp(type_text(&table->types, table->symbols[i].family), family_of(made)) == 0 &&
            leads_out(made->definer, type_text(&table->types, table->symbols[i].name)))
            return true;
    return false;
}
