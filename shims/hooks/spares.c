/* SPDX-License-Identifier: Apache-2.0
 *
 * A stack of free pieces, linked through their first word, the newest on top with a tag above its address that changes with each
 * change.
 */
#include "hooks/spares.h"

#include "core/memory.h"
#include "core/records.h"

#define CHUNK     (16u << 10)
#define TAG_SHIFT 48

static uint64_t top;
static bool refused;

static uintptr_t untagged(uint64_t tagged) {
    return (uintptr_t)(tagged & (((uint64_t)1 << TAG_SHIFT) - 1));
}

static uint64_t tagged(uintptr_t memory, uint64_t before) {
    return memory | ((before >> TAG_SHIFT) + 1) << TAG_SHIFT;
}

void spare_add(uintptr_t memory) {
    uint64_t before = __atomic_load_n(&top, __ATOMIC_RELAXED);
    do
        __atomic_store_n((uintptr_t *)memory, untagged(before), __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&top, &before, tagged(memory, before), true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
}

/* The first word of what another thread was quicker to take may be anything: then the exchange fails. */
static uintptr_t take_top(void) {
    uint64_t before = __atomic_load_n(&top, __ATOMIC_ACQUIRE);
    uintptr_t memory;
    do
        if (!(memory = untagged(before)))
            return 0;
    while (!__atomic_compare_exchange_n(&top, &before, tagged(__atomic_load_n((uintptr_t *)memory, __ATOMIC_RELAXED), before),
                                        true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    return memory;
}

static RARE uintptr_t map_more(void) {
    if (__atomic_load_n(&refused, __ATOMIC_RELAXED))
        return 0;
    uintptr_t fresh = (uintptr_t)memory_map_theirs(CHUNK, true);
    if (!fresh && !__atomic_exchange_n(&refused, true, __ATOMIC_RELAXED))
        record_note(FFISAN_NOTE_CLOSURES, "");
    for (uintptr_t at = fresh + SPARE_SIZE; fresh && at < fresh + CHUNK; at += SPARE_SIZE)
        spare_add(at);
    return fresh;
}

uintptr_t spare_take(void) {
    uintptr_t memory = take_top();
    return memory ? memory : map_more();
}
