/* SPDX-License-Identifier: Apache-2.0
 *
 * C's types as libclang knows them, put into a type table (type_maker.h). For the prototype file (prototypes/) and for
 * contracts (cli/contract/).
 */
#ifndef FFISAN_CLI_CLANG_TYPES_H
#define FFISAN_CLI_CLANG_TYPES_H

#include <clang-c/Index.h>
#include <stdbool.h>
#include <stdint.h>

#include "type_maker.h"

/* What is read now: types of libclang live as long as their translation unit. */
struct clang_types {
    struct type_maker *maker;
    CXType *records; /* by the maker's records */
};

/* For one translation unit. False: no memory. */
bool clang_types_start(struct clang_types *types, struct type_maker *maker);
void clang_types_end(struct clang_types *types);

uint32_t clang_types_of(struct clang_types *types, CXType type);
/* `declaration`: who names the parameters; may be the null cursor. 0: it cannot be said. */
uint32_t clang_types_function(struct clang_types *types, CXType type, CXCursor declaration, uint32_t name);
/* The fields of all structs that were met, before the translation unit goes. */
void clang_types_fill(struct clang_types *types);

#endif
