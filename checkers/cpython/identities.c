/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses of objects that stand for them. id(self), handed to C as user data, is mostly a key for a dictionary in Python: that the object dies
 * first is no mistake of memory. Handles of cffi are meant as what they are.
 */
#include <string.h>

#include "core/peek.h"
#include "cpython/cpython.h"

#define COUNT_MOST ((uint64_t)1 << 40) /* of references; from 3.12 on the immortal ones are below it, too */

/* The word may be anything: each step has to be readable, and in the end there is a type of types. */
static uintptr_t type_at(uintptr_t address) {
    uint64_t count;
    uintptr_t type, meta;
    uint64_t flags;
    bool is = peek(&count, address, sizeof count) && count && count < COUNT_MOST &&
              peek(&type, address + OBJECT_TYPE, sizeof type) && peek(&meta, type + OBJECT_TYPE, sizeof meta) &&
              peek(&flags, meta + TYPE_FLAGS, sizeof flags) && flags & TYPE_IS_TYPE;
    return is ? type : 0;
}

static bool is_handle(uintptr_t type) {
    static const char prefix[] = "_cffi_backend.";
    char name[sizeof prefix];
    uintptr_t text;
    return peek(&text, type + TYPE_NAME, sizeof text) && peek_text(name, text, sizeof name) && strcmp(name, prefix) == 0;
}

bool cpython_identity(uintptr_t address) {
    if (!cpython.module || address % sizeof(uintptr_t))
        return false;
    uintptr_t type = type_at(address);
    return type && !is_handle(type);
}
