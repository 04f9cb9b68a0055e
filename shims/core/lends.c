/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lends.h"

#include "core/crossings.h"
#include "core/memory.h"
#include "core/modules.h"

#define LENDS_BITS 13

static struct lend *lends;

static struct lend *place_of(uintptr_t start) {
    return &lends[start * 0x9e3779b97f4a7c15u >> (64 - LENDS_BITS)];
}

static RARE bool open_table(void) {
    size_t size = sizeof *lends << LENDS_BITS;
    struct lend *table = memory_map(size), *none = NULL;
    if (table && !__atomic_compare_exchange_n(&lends, &none, table, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        memory_unmap(table, size);
    return lends != NULL;
}

static bool says_the_same(const struct lend *lend, const struct block *block, uintptr_t function, uint32_t argument,
                          struct managed_place place) {
    return lend->start == block->start && lend->function == function && lend->argument == argument &&
           lend->allocated == block->allocated && lend->place.code == place.code && lend->place.instruction == place.instruction;
}

/* `start` is written last, and taken away first: of two threads at one place neither leaves a mixture that is believed for long. */
static RARE void write_lend(struct lend *lend, const struct block *block, uintptr_t function, uint32_t argument,
                            struct managed_place place) {
    __atomic_store_n(&lend->start, 0, __ATOMIC_RELEASE);
    lend->function = function;
    lend->generation = modules_generation();
    lend->place = place;
    lend->line = managed_places.line && place.code ? managed_places.line(place) : 0;
    lend->argument = argument;
    lend->allocated = block->allocated;
    __atomic_store_n(&lend->start, block->start, __ATOMIC_RELEASE);
}

void lend_note(const struct block *block, uintptr_t function, uint32_t argument) {
    if (UNLIKELY(!lends) && !open_table())
        return;
    struct lend *lend = place_of(block->start);
    struct managed_place place = crossing_place();
    if (UNLIKELY(!says_the_same(lend, block, function, argument, place)))
        write_lend(lend, block, function, argument, place);
}

bool lend_of(const struct block *block, struct lend *lend) {
    if (!lends || !block->crossed)
        return false;
    const struct lend *there = place_of(block->start);
    *lend = *there;
    return lend->start == block->start && lend->allocated == block->allocated &&
           __atomic_load_n(&there->start, __ATOMIC_ACQUIRE) == block->start;
}
