/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a function finds its arguments (System V ABI, AMD64, 3.2.3), told once from its type, so that at a call each integer and pointer is
 * one load. Floating arguments and structs by value take their places and are not looked at themselves. Behind an argument whose type is not
 * known nothing is known.
 */
#ifndef FFISAN_ABI_ARGUMENTS_H
#define FFISAN_ABI_ARGUMENTS_H

#include "core/verdict.h"

#define PASSED_MOST 24u /* arguments; further ones are not looked at */

enum passed_place {
    PASSED_NOWHERE,            /* its value is not known: floating, behind something unknown */
    PASSED_REGISTER,           /* the n-th of rdi rsi rdx rcx r8 r9 */
    PASSED_ON_STACK,           /* so many bytes from the caller's stack pointer at the call */
    PASSED_STRUCT_IN_REGISTER, /* a struct by value, from the n-th on: one, or two in a row; what is in vector registers is NOWHERE */
    PASSED_STRUCT_ON_STACK,
};

/* A value of up to 64 bits, and how it is extended to them; or a struct's first byte. */
struct passed_value {
    uint8_t place; /* enum passed_place */
    uint8_t size;  /* of a struct in registers 8 or 16, of one on the stack 8 */
    bool is_signed, is_pointer;
    uint16_t at; /* register, or bytes */
};

struct passed {
    struct passed_value arguments[PASSED_MOST]; /* of a variadic function with the first one behind the named ones, as 64 bits */
    struct passed_value result;                 /* place: REGISTER or NOWHERE */
    uint32_t count;
    uint32_t stack_bytes; /* all that the named arguments take there */
    bool whole;           /* every argument's place is known */
};

/* `function`: index of a FUNCTION. */
void passed_by(const struct type_table *types, uint32_t function, struct passed *to);

static inline uint64_t passed_extend(const struct passed_value *value, uint64_t raw) {
    if (value->size >= 8)
        return raw;
    unsigned spare = 64 - 8u * value->size;
    return value->is_signed ? (uint64_t)((int64_t)(raw << spare) >> spare) : raw << spare >> spare;
}

#endif
