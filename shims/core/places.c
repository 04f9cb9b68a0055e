/* SPDX-License-Identifier: Apache-2.0
 *
 * What lies at an address.
 */
#include "core/places.h"

#include "core/confined.h"
#include "core/modules.h"
#include "core/peek.h"
#include "core/thread.h"

#define PAGE          4096u
#define CHUNK_LEAST   32u /* glibc, malloc/malloc.c: MINSIZE */
#define CHUNK_MMAPPED 2u
#define CHUNK_FLAGS   7u

static bool (*managed)(uintptr_t address), (*identity)(uintptr_t address);

void places_on_managed(bool (*owns)(uintptr_t address)) {
    managed = owns;
}

bool place_is_managed(uintptr_t address) {
    return managed && managed(address);
}

void places_on_identity(bool (*is)(uintptr_t address)) {
    identity = is;
}

bool place_is_identity(uintptr_t address) {
    return identity && identity(address);
}

static bool readable(uintptr_t address) {
    char byte;
    return peek(&byte, address, 1);
}

static bool on_own_stack(uintptr_t address, enum ffisan_place *place) {
    uintptr_t low, high;
    if (!thread_stack(&low, &high))
        return false;
    bool guard = address < low && low - address <= 16 * PAGE && !confined();
    *place = guard ? FFISAN_PLACE_STACK_GUARD : FFISAN_PLACE_STACK;
    return guard ? !readable(address) : address >= low && address < high;
}

static enum ffisan_place place_of_block(uintptr_t address, const struct block *block) {
    if (block->state != BLOCK_LIVE)
        return FFISAN_PLACE_FREED_BLOCK;
    return address < block->start + block->size || block->size == 0 ? FFISAN_PLACE_LIVE_BLOCK : FFISAN_PLACE_BEHIND_BLOCK;
}

enum ffisan_place place_of(uintptr_t address, struct block *block, bool *known) {
    enum ffisan_place place;
    *known = false;
    if (address < PAGE)
        return FFISAN_PLACE_NULL;
    if (block_around(address, 0, block)) {
        *known = true;
        return place_of_block(address, block);
    }
    if (on_own_stack(address, &place))
        return place;
    if (module_at(address))
        return FFISAN_PLACE_MODULE;
    if (place_is_managed(address))
        return FFISAN_PLACE_PYTHON_ARENA;
    if (block_before(address, block)) {
        *known = true;
        return FFISAN_PLACE_BEHIND_BLOCK;
    }
    if (confined())
        return FFISAN_PLACE_UNKNOWN;
    return readable(address) ? FFISAN_PLACE_MAPPED : FFISAN_PLACE_UNMAPPED;
}

/* glibc's free() looks at the size in front of the pointer and ends the process when it cannot be one (malloc/malloc.c,
 * _int_free: "invalid pointer", "invalid size"). What does not pass that cannot have come from it. */
static bool glibc_would_refuse(uintptr_t address) {
    size_t size;
    if (address & 15)
        return true;
    if (!peek(&size, address - 8, sizeof size))
        return !confined();
    if (size & CHUNK_MMAPPED) /* checked otherwise: may be a large block from before us */
        return false;
    size &= ~(size_t)CHUNK_FLAGS;
    return size < CHUNK_LEAST || (size & 15) || address - 16 > -size;
}

bool place_cannot_be_freed(uintptr_t address, bool glibc, enum ffisan_place *place, struct block *block, bool *known) {
    *place = place_of(address, block, known);
    switch (*place) {
    case FFISAN_PLACE_NULL:
    case FFISAN_PLACE_LIVE_BLOCK: /* not its start, which the books would have known */
    case FFISAN_PLACE_STACK:
    case FFISAN_PLACE_STACK_GUARD:
    case FFISAN_PLACE_PYTHON_ARENA:
    case FFISAN_PLACE_UNMAPPED:
        return true;
    case FFISAN_PLACE_MODULE:
        /* An allocator other than glibc's, or the loader's own early one, may hand out static memory. */
        return glibc && !(module_at(address)->kind & MODULE_LOADER);
    default:
        return glibc && glibc_would_refuse(address);
    }
}
