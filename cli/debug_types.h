/* SPDX-License-Identifier: Apache-2.0
 *
 * From the entries (DIEs) of debug info to a type table: the inner half of debug_info.h.
 */
#ifndef FFISAN_CLI_DEBUG_TYPES_H
#define FFISAN_CLI_DEBUG_TYPES_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

#include "type_maker.h"

struct debug_types {
    struct type_maker *maker;
    int language;     /* of the unit: DW_LANG_... */
    uint64_t *budget; /* entries that may still be looked at; 0: no more */
    Dwarf_Die *dies;  /* of the maker's records */
    unsigned levels;  /* structs that lead to structs: what is further away stays without fields */
};

/* How a language is read. */
enum debug_language { DEBUG_NOT_READ, DEBUG_C, DEBUG_CXX, DEBUG_RUST };
enum debug_language debug_language(int language);

/* One entry of the budget; false: it is used up. */
bool debug_types_step(const struct debug_types *types);
/* The FUNCTION of a subprogram with all that it leads to; 0: not to be known. */
uint32_t debug_types_function(const struct debug_types *types, Dwarf_Die *subprogram);

#endif
