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
#include <stdbool.h>
#include <stdint.h>

#include "core/verdict.h"

struct debug_info;
struct pool;

/* `bias` is what the addresses of `dwarf`, which stays open as long, lack to the file's. */
struct debug_info *debug_info_new(Dwarf *dwarf, uint64_t bias);
void debug_info_free(struct debug_info *info); /* NULL is fine */

/* The function that begins at `value` (an address of the file): its index in *table, which is in the pool, and its name. 0: it is not
 * described; *why is set when it may be there and cannot be read. */
uint32_t debug_info_function(struct debug_info *info, struct pool *pool, uint64_t value, struct type_table *table,
                             const char **name, const char **why);

#endif
