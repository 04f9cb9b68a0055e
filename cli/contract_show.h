/* SPDX-License-Identifier: Apache-2.0
 *
 * A compiled contract, read back: as declarations with their words, and as JSON.
 */
#ifndef FFISAN_CLI_CONTRACT_SHOW_H
#define FFISAN_CLI_CONTRACT_SHOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/contract_table.h"

struct pool;

/* An expression as C, in the names of that function. "" for 0. */
const char *contract_expression(struct pool *pool, const struct contract_table *table,
                                const struct ffisan_contract_function *function, uint32_t code);
/* What words call a place of the function: "buf", "ret", "library". */
const char *contract_place(const struct contract_table *table, const struct ffisan_contract_function *function, uint32_t place);
/* "FFISAN_OUT(n)", with its conditions around it. */
const char *contract_term(struct pool *pool, const struct contract_table *table, const struct ffisan_contract_function *function,
                          const struct ffisan_contract_term *term);

/* Which functions are shown: all, or those of these names. */
struct contract_shown {
    char *const *functions;
    size_t count;
};
bool contract_is_shown(const struct contract_shown *shown, const char *name);
/* How many functions were shown. */
size_t contract_show(FILE *stream, struct pool *pool, const struct contract_table *table, const struct contract_shown *shown);
size_t contract_show_json(FILE *stream, struct pool *pool, const struct contract_table *table,
                          const struct contract_shown *shown);

#endif
