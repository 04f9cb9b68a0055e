/* SPDX-License-Identifier: Apache-2.0
 *
 * Python objects as words, for code that holds the GIL and was handed the object: it is read directly.
 */
#ifndef FFISAN_CPYTHON_OBJECTS_H
#define FFISAN_CPYTHON_OBJECTS_H

#include "cpython/cpython.h"

static inline uintptr_t word(uintptr_t object, size_t offset) {
    return *(const uintptr_t *)(object + offset);
}
static inline uintptr_t type_of(uintptr_t object) {
    return word(object, OBJECT_TYPE);
}
/* `flag`: TYPE_IS_INT and its like, which its subclasses have too. */
static inline bool is_kind(uintptr_t object, uintptr_t flag) {
    return word(type_of(object), TYPE_FLAGS) & flag;
}
static inline size_t tuple_size(uintptr_t tuple) {
    return word(tuple, TUPLE_SIZE);
}
static inline uintptr_t tuple_item(uintptr_t tuple, size_t index) {
    return word(tuple, TUPLE_ITEMS + index * sizeof(uintptr_t));
}

/* A number that no other type has, nor this one after it was changed; 0: it has none now. */
static inline uint32_t type_version(uintptr_t type) {
    bool valid = cpython.layout->version >= 0x030d || word(type, TYPE_FLAGS) & TYPE_HAS_VERSION;
    return valid ? *(const uint32_t *)(type + TYPE_VERSION) : 0;
}

/* Of at most one digit, that is below 2^30. */
static inline bool int_is_small(uintptr_t number) {
    uintptr_t head = word(number, INT_HEAD);
    return cpython.layout->version < 0x030c ? head + 1 <= 2 : INT_COUNT(head) <= 1;
}

/* The value of an int of at most 64 bits; one below 0 as two's complement. False: it is larger. */
static inline bool int_value(uintptr_t number, int64_t *value) {
    intptr_t head = (intptr_t)word(number, INT_HEAD);
    bool below = cpython.layout->version < 0x030c ? head < 0 : INT_SIGN(head) == 2;
    size_t count = cpython.layout->version < 0x030c ? (size_t)(head < 0 ? -head : head) : (size_t)INT_COUNT(head);
    const uint32_t *digits = (const uint32_t *)(number + INT_DIGITS);
    if (count > 3 || (count == 3 && digits[2] >> 4))
        return false;
    uint64_t sum = 0;
    for (size_t i = count; i > 0; i--)
        sum = sum << 30 | digits[i - 1];
    *value = (int64_t)(below ? -sum : sum);
    return true;
}

#endif
