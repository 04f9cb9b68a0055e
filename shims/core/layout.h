/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether two structs lie in memory alike: the part of a verdict (verdict.h) that looks into structs. Pure, like the rest of it.
 */
#ifndef FFISAN_CORE_LAYOUT_H
#define FFISAN_CORE_LAYOUT_H

#include "core/verdict.h"

enum layout_kind {
    LAYOUT_AGREES,
    LAYOUT_FIELD,   /* a field lies elsewhere, or is something else */
    LAYOUT_SHORTER, /* all that is declared is right, and the declaration ends before the library's struct does */
    LAYOUT_LONGER,  /* the same, and it goes on behind its end */
};

struct layout {
    enum layout_kind kind;
    uint32_t declared_field, actual_field; /* LAYOUT_FIELD: index into fields + 1; 0: has none there */
    bool reserved;                         /* SHORTER, LONGER: only by what is there to be of any length */
    bool sizes_only;                       /* the fields of one of them are not known */
};

/* Both types are complete STRUCTs. */
struct layout layout_compare(const struct type_table *declared_table, uint32_t declared, const struct type_table *actual_table,
                             uint32_t actual);
/* Bytes that whoever is given a pointer to this type will surely want to find there; 0: nothing can be said. */
uint64_t layout_needed(const struct type_table *table, uint32_t type);

/* Whether a struct of at most 8 bytes travels in a floating-point register (System V ABI x86-64, 3.2.3). */
bool layout_floating(const struct type_table *table, uint32_t type);

/* Characters, and whatever else bytes are counted in. */
bool type_is_bytes(const struct ffisan_type *type);
/* Integers of all sorts: characters, bool, enumerations. */
bool type_is_integer(const struct ffisan_type *type);
/* What is left of it when it is asked what it is an array of. */
uint32_t type_element(const struct type_table *table, uint32_t type);

#endif
