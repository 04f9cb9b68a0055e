/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiled contracts as they are read, in the shim and in the judge. They may come from anywhere: contract_table_open holds every index, offset,
 * count and instruction against what is there, and refuses the whole otherwise; who reads one that was opened needs no checks of its own.
 */
#ifndef FFISAN_CORE_CONTRACT_TABLE_H
#define FFISAN_CORE_CONTRACT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/verdict.h"
#include "ffisan/contract_table.h"

struct contract_table {
    const struct ffisan_contract_library *libraries;
    const struct ffisan_contract_function *functions;
    const struct ffisan_contract_symbol *symbols;
    const struct ffisan_contract_term *terms;
    const uint32_t *numbers;
    const uint8_t *code;
    struct type_table types; /* all text is its */
    uint32_t library_count, function_count, symbol_count, term_count, number_count, code_size;
};

/* `bytes` stay where they are for as long as the table is used. */
bool contract_table_open(struct contract_table *table, const void *bytes, size_t size);
/* NULL: the library has no such function. */
const struct ffisan_contract_function *contract_table_function(const struct contract_table *table,
                                                               const struct ffisan_contract_library *library, const char *name);

/* What an expression is worked out with. Members answer false when it cannot be known. */
struct contract_inputs {
    bool (*argument)(const void *context, uint32_t index, uint64_t *value);
    bool (*result)(const void *context, uint64_t *value);
    bool (*load)(const void *context, uintptr_t address, void *to, size_t size);
    bool (*length)(const void *context, uintptr_t text, uint64_t *length); /* strlen */
};
/* False: it cannot be known. `code` is one of a table that was opened. */
bool contract_evaluate(const struct contract_table *table, uint32_t code, const struct contract_inputs *inputs,
                       const void *context, uint64_t *value);

#endif
