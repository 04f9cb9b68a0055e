/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions as debug info (DWARF 2 to 5) describes them. It comes from wherever the program came from, and may be broken, hostile or
 * endless: every walk through it is counted, every chain is bounded, and what is not understood becomes a type that nobody
 * concludes anything from. C and C++ are read in full; of Rust only what crosses as a number or a pointer; of other languages,
 * whose calling conventions are their own, nothing.
 */
#ifndef FFISAN_CLI_DEBUG_INFO_H
#define FFISAN_CLI_DEBUG_INFO_H

#include <elfutils/libdw.h>
#include <stddef.h>
#include <stdint.h>

#include "core/verdict.h"

struct debug_info;
struct pool;

/* Entries that are looked at, in all questions about one file together: a few seconds. */
#define DEBUG_INFO_BUDGET (UINT64_C(100) << 20)

/* In the pool, but to be freed. `bias` is what the addresses of `dwarf`, which stays open as long, lack to the file's. */
struct debug_info *debug_info_new(struct pool *pool, Dwarf *dwarf, uint64_t bias, uint64_t budget);
void debug_info_free(struct debug_info *info); /* NULL is fine */

/* A function that may be the one at an address. */
struct described {
    const char *name; /* as the linker has it; raw */
    const struct type_table *table;
    uint32_t function; /* its index there */
};

/* What the unit with code at `value` (an address of the file) says: the function that begins there, and those that have one of these
 * names and no place of their own, because the compiler found them to be the same code. All of it in the pool. Answers how many, at
 * most `limit`; *why is set when something may be there and cannot be read. */
size_t debug_info_functions(struct debug_info *info, struct pool *pool, uint64_t value, const char *const *names,
                            size_t name_count, struct described *found, size_t limit, const char **why);

#endif
