/* SPDX-License-Identifier: Apache-2.0
 *
 * What counts
 *   a parameter of void *, of     harmless: memory, of no type
 *   bytes, structs, functions
 *   integers for integers of      harmless, whatever their sign; also for an enumeration, a bool, a wide character
 *   their size
 *   64-bit integers for pointers  and the reverse: harmless
 *   complex numbers for their     and the reverse: harmless, C has them as pairs
 *   parts
 *   halves for 16-bit integers    harmless: C has no other type for them
 *   another size or class,        array-layout
 *   the other byte order
 *   elements with gaps            array-layout, when the call does not say how they lie (FFISAN_ARGUMENT_STRIDED)
 */
#include "core/elements.h"

#include "core/layout.h"

static bool is_integer(unsigned kind) {
    return kind == FFISAN_TYPE_BOOL || kind == FFISAN_TYPE_INTEGER || kind == FFISAN_TYPE_WIDE || kind == FFISAN_TYPE_ENUM;
}

static bool is_counted(const struct ffisan_type *type) {
    bool scalar = is_integer(type->kind) || type->kind == FFISAN_TYPE_FLOAT || type->kind == FFISAN_TYPE_COMPLEX ||
                  type->kind == FFISAN_TYPE_POINTER;
    return scalar && type->size && !type_is_bytes(type);
}

/* The parts of the one are the other. */
static bool are_pairs(unsigned whole, unsigned whole_size, unsigned part, unsigned part_size) {
    return whole == FFISAN_TYPE_COMPLEX && part == FFISAN_TYPE_FLOAT && whole_size == 2 * part_size;
}

static bool is_taken(unsigned kind, unsigned size, const struct ffisan_type *as) {
    if (are_pairs(kind, size, as->kind, as->size) || are_pairs(as->kind, as->size, kind, size))
        return true;
    bool words = (is_integer(kind) || kind == FFISAN_TYPE_POINTER) && (is_integer(as->kind) || as->kind == FFISAN_TYPE_POINTER);
    bool half = kind == FFISAN_TYPE_FLOAT && size == 2 && is_integer(as->kind);
    return size == as->size && (kind == as->kind || words || half);
}

bool elements_disagree(const struct ffisan_record_argument *argument, const struct type_table *table, uint32_t type) {
    const struct ffisan_type *here = &table->types[type];
    if (!(argument->flags & FFISAN_ARGUMENT_ARRAY) || (here->kind != FFISAN_TYPE_POINTER && here->kind != FFISAN_TYPE_ARRAY))
        return false;
    const struct ffisan_type *as =
        &table->types[here->kind == FFISAN_TYPE_ARRAY ? type_element(table, type) : type_element(table, here->to)];
    return is_counted(as) && (!is_taken(argument->element_kind, argument->element_size, as) ||
                              (argument->flags & (FFISAN_ARGUMENT_STRIDED | FFISAN_ARGUMENT_SWAPPED)));
}
