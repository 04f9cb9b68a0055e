/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects as the collector sees them.
 */
#include "cpython/heap.h"

#include <string.h>

#include "core/blocks.h"
#include "core/peek.h"

#define COUNT_MOST ((uint64_t)1 << 40) /* of references; from 3.12 on the immortal ones are below it, too */

static bool word_at(uintptr_t address, uintptr_t *word) {
    return address && address % sizeof *word == 0 && peek(word, address, sizeof *word);
}

static bool is_type(uintptr_t type) {
    uintptr_t meta, flags;
    return word_at(type + OBJECT_TYPE, &meta) && word_at(meta + TYPE_FLAGS, &flags) && flags & TYPE_IS_TYPE;
}

bool object_is(uintptr_t object) {
    uintptr_t count, type;
    return word_at(object, &count) && count && count < COUNT_MOST && word_at(object + OBJECT_TYPE, &type) && is_type(type);
}

void object_type_name(uintptr_t object, char *to, size_t size) {
    uintptr_t type, name;
    to[0] = 0;
    if (word_at(object + OBJECT_TYPE, &type) && word_at(type + TYPE_NAME, &name) && !peek_text(to, name, size))
        to[0] = 0;
}
