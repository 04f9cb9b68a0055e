/* SPDX-License-Identifier: Apache-2.0
 *
 * Pointers that are not plain aligned words (tagged, packed) would make an object look lost: before anything is said all bytes are
 * searched, with the low bits masked (words_hidden).
 */
#include "cpython/unheld.h"

#include "core/blocks.h"
#include "core/modules.h"
#include "cpython/objects.h"

#define HEADS 32u /* bytes in front of an object, at most: of the collector's, and those of its dict and weak references */

/* A freed block of malloc's may have any word where the count was: glibc's links are no addresses. */
static bool is_alive(uintptr_t object) {
    struct arena_view view = {0};
    struct block block;
    if (arena_holds(object))
        return !arena_is_free(object, &view);
    for (uintptr_t offset = 0; offset <= HEADS; offset += 16)
        if (block_at(object - offset, &block))
            return block.state == BLOCK_LIVE;
    return false;
}

bool unheld_is_there(uintptr_t object, uintptr_t type) {
    return object && is_alive(object) && object_is(object) && type_of(object) == type && object_count(object) != UINT64_MAX;
}

/* The interpreter's own data, and the block of its state. */
static bool is_interpreters(uintptr_t place) {
    struct block block;
    if (place - cpython.module->start < cpython.module->end - cpython.module->start)
        return true;
    uintptr_t state = cpython.main_interpreter ? (uintptr_t)cpython.main_interpreter() : 0;
    return block_at(state, &block) && block.state == BLOCK_LIVE && place - state < block.size;
}

/* Free lists that are arrays (list, dict) still name what was taken from them. No other data of the interpreter's has many objects of these
 * types that were made for an extension. */
void unheld_leave_out_free_lists(struct suspect *suspect) {
    uintptr_t type = type_of(suspect->object);
    if (type != module_symbol(cpython.module, "PyList_Type") && type != module_symbol(cpython.module, "PyDict_Type"))
        return;
    for (unsigned i = 0; i < HEAP_HOLDERS && suspect->places[i]; i++)
        suspect->words -= is_interpreters(suspect->places[i]);
}

static bool some_unheld(struct suspect *suspects, unsigned count) {
    bool some = false;
    for (unsigned i = 0; i < count; i++) {
        unheld_leave_out_free_lists(&suspects[i]);
        some = some || object_count(suspects[i].object) > suspects[i].words;
    }
    return some;
}

/* Nothing but plain words counts there; then every byte. */
bool unheld_count(struct suspect *suspects, unsigned count) {
    if (!words_count(suspects, count))
        return false;
    if (!some_unheld(suspects, count))
        return true;
    if (!words_hidden(suspects, count))
        return false;
    some_unheld(suspects, count);
    return true;
}
