/* SPDX-License-Identifier: Apache-2.0
 *
 * From the tree of an expression to code (ffisan/contract_table.h).
 */
#ifndef FFISAN_CLI_CONTRACT_CODE_H
#define FFISAN_CLI_CONTRACT_CODE_H

#include "contract.h"

struct code {
    uint8_t *bytes; /* without END */
    size_t size;
    unsigned depth, deepest;
    bool looks_at_result;
    bool reads[256];    /* what the parameter of that index points to */
    unsigned uses[256]; /* parameters, in the order in which they are met */
    size_t use_count;
};

/* What the names in an expression stand for: the function's arguments; or the fields of a struct, at the address that `base`
 * comes to. */
struct code_names {
    const struct function *function;
    const struct record *record;
    const struct code *base;
};

/* False: it cannot be said in code, and was complained about. */
bool code_expression(struct pool *pool, const struct expression *expression, const struct code_names *names, struct code *code);
/* The parts that expressions are made of. */
void code_argument(struct pool *pool, struct code *code, size_t index);
void code_result(struct pool *pool, struct code *code);
void code_load(struct pool *pool, struct code *code, unsigned size,
               size_t use); /* address on top: what was used from `use` on led to it */
void code_add(struct pool *pool, struct code *code, uint64_t number);
void code_scale(struct pool *pool, struct code *code, uint64_t number); /* times it */
void code_append(struct pool *pool, struct code *code, const struct code *more);
/* A field of the struct whose address is on top becomes its value; an array, its address. False: it is neither number nor
 * pointer. */
bool code_field(struct pool *pool, struct code *code, const struct field *field, size_t use);
/* `code` becomes "other, and code" where the second is only looked at when the first holds. */
void code_both(struct pool *pool, struct code *code, const struct code *other);
/* A number that stands there; false: it is no constant. */
bool expression_constant(const struct expression *expression, uint64_t *value);

#endif
