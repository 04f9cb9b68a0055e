/* SPDX-License-Identifier: Apache-2.0
 *
 * The table in the making: terms.c fills it, table.c writes it.
 */
#ifndef FFISAN_CLI_CONTRACT_BUILDER_H
#define FFISAN_CLI_CONTRACT_BUILDER_H

#include "code.h"
#include "contract.h"

struct built_code {
    uint32_t at, size;
};

struct builder {
    struct contract *contract;
    struct pool *pool;
    struct type_maker *maker;
    struct clang_types types;
    struct function **order; /* those that belong, by group and name: as they stand in the table */
    size_t order_count;
    struct ffisan_contract_function *functions;
    size_t function_count;
    struct ffisan_contract_term *terms;
    size_t term_count;
    uint32_t *numbers;
    size_t number_count;
    uint8_t *code;
    size_t code_size;
    struct built_code *codes;
    size_t code_count;
    struct ffisan_contract_library *libraries;
    size_t library_count;
    struct ffisan_contract_symbol *symbols;
    size_t symbol_count;
};

uint32_t builder_text(struct builder *builder, const char *text);
uint32_t builder_code(struct builder *builder, const struct code *code); /* its offset; equal code stands once */
void builder_number(struct builder *builder, uint32_t number);
/* The function's index in the table; UINT32_MAX: it is not there. */
uint32_t builder_function(const struct builder *builder, const struct function *function);

/* terms.c: libraries, functions, symbols, terms. Complains. */
void terms_build(struct builder *builder);
/* table.c: the file, malloc'd by the pool. NULL: there is no room. */
struct ffisan_contracts *table_make(struct builder *builder, size_t *size);

#endif
