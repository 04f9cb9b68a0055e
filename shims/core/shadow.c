/* SPDX-License-Identifier: Apache-2.0
 *
 * The shadow's tree: a root in .bss, leaves and chunks mapped when first needed. Chunks are cut from batches, since one mapping
 * for each MiB of heap would be many.
 */
#include "core/shadow.h"

#include "core/memory.h"

#define CHUNK_BYTES ((SHADOW_WORDS + SHADOW_SPARE) * sizeof(uint32_t))
#define BATCH       16u

uint32_t **shadow_root[1u << SHADOW_ROOT_BITS];

/* The batch being cut: its start, or'ed with how many chunks of it are given out (mappings are page-aligned). */
static uintptr_t batch;

static uint32_t *chunk_new(void) {
    for (;;) {
        uintptr_t now = __atomic_load_n(&batch, __ATOMIC_ACQUIRE);
        uintptr_t given = now & 4095;
        if (now && given < BATCH) {
            if (__atomic_compare_exchange_n(&batch, &now, now + 1, true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
                return (uint32_t *)((now & ~(uintptr_t)4095) + given * CHUNK_BYTES);
            continue;
        }
        uintptr_t fresh = (uintptr_t)memory_map(BATCH * CHUNK_BYTES);
        if (!fresh) /* a whole batch may be too much where one chunk still fits */
            return memory_map(CHUNK_BYTES);
        if (!__atomic_compare_exchange_n(&batch, &now, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            memory_unmap((void *)fresh, BATCH * CHUNK_BYTES);
    }
}

/* Publishes `fresh` at `slot` unless somebody was faster. */
static void *publish(void *slot, void *fresh) {
    void *there = NULL;
    return __atomic_compare_exchange_n((void **)slot, &there, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) ? fresh : there;
}

static RARE uint32_t *chunk_make(uintptr_t address) {
    uint32_t ***root = &shadow_root[address >> (SHADOW_CHUNK_BITS + SHADOW_LEAF_BITS)];
    uint32_t **leaf = __atomic_load_n(root, __ATOMIC_ACQUIRE);
    if (!leaf) {
        uint32_t **fresh = memory_map(sizeof(uint32_t *) << SHADOW_LEAF_BITS);
        if (!fresh)
            return NULL;
        leaf = publish(root, fresh);
        if (leaf != fresh)
            memory_unmap(fresh, sizeof(uint32_t *) << SHADOW_LEAF_BITS);
    }
    uint32_t *fresh = chunk_new();
    /* A chunk that loses the race is not given back: it may be part of a batch. It was never touched. */
    return fresh ? publish(&leaf[(address >> SHADOW_CHUNK_BITS) & ((1u << SHADOW_LEAF_BITS) - 1)], fresh) : NULL;
}

uint32_t *shadow_make(uintptr_t address) {
    uint32_t *word = shadow_word(address);
    if (LIKELY(word != NULL))
        return word;
    if (address >= SHADOW_ADDRESSES)
        return NULL;
    uint32_t *chunk = chunk_make(address);
    return chunk ? chunk + ((address >> 4) & (SHADOW_WORDS - 1)) : NULL;
}

void shadow_each(bool (*each)(uintptr_t address, uint32_t *words, void *context), void *context) {
    for (uintptr_t i = 0; i < 1u << SHADOW_ROOT_BITS; i++) {
        uint32_t **leaf = __atomic_load_n(&shadow_root[i], __ATOMIC_ACQUIRE);
        for (uintptr_t j = 0; leaf && j < 1u << SHADOW_LEAF_BITS; j++) {
            uint32_t *words = __atomic_load_n(&leaf[j], __ATOMIC_ACQUIRE);
            if (words && !each((i << (SHADOW_CHUNK_BITS + SHADOW_LEAF_BITS)) + (j << SHADOW_CHUNK_BITS), words, context))
                return;
        }
    }
}
