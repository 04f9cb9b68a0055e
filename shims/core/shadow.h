/* SPDX-License-Identifier: Apache-2.0
 *
 * The shadow: one 4-byte word for every 16 bytes of address space that a block has ever stood in, found in two steps, mapped on
 * demand, one chunk of words for each MiB. Only blocks.c gives the words a meaning.
 *
 * A chunk has a few words more than its MiB needs, so that the words of a block that starts in its last granules stay beside one
 * another. Lock-free; a chunk once there stays for ever.
 */
#ifndef FFISAN_CORE_SHADOW_H
#define FFISAN_CORE_SHADOW_H

#include "core/types.h"

#define SHADOW_CHUNK_BITS 20
#define SHADOW_WORDS      (1u << (SHADOW_CHUNK_BITS - 4))
#define SHADOW_SPARE      16u /* words behind a chunk's own */
#define SHADOW_ROOT_BITS  13
#define SHADOW_LEAF_BITS  14
#define SHADOW_ADDRESSES  (1ull << (SHADOW_CHUNK_BITS + SHADOW_LEAF_BITS + SHADOW_ROOT_BITS)) /* 2^47: user space on x86-64 */

extern uint32_t **shadow_root[1u << SHADOW_ROOT_BITS];

/* The chunk of words for the MiB of this address, or NULL when no block ever stood there. */
static inline uint32_t *shadow_chunk(uintptr_t address) {
    if (UNLIKELY(address >= SHADOW_ADDRESSES))
        return NULL;
    uint32_t **leaf = __atomic_load_n(&shadow_root[address >> (SHADOW_CHUNK_BITS + SHADOW_LEAF_BITS)], __ATOMIC_ACQUIRE);
    if (UNLIKELY(!leaf))
        return NULL;
    return __atomic_load_n(&leaf[(address >> SHADOW_CHUNK_BITS) & ((1u << SHADOW_LEAF_BITS) - 1)], __ATOMIC_ACQUIRE);
}

/* The word of this address, or NULL. */
static inline uint32_t *shadow_word(uintptr_t address) {
    uint32_t *chunk = shadow_chunk(address);
    return LIKELY(chunk != NULL) ? chunk + ((address >> 4) & (SHADOW_WORDS - 1)) : NULL;
}

/* The same, made when it is not there. NULL: no memory. */
uint32_t *shadow_make(uintptr_t address);
/* Calls `each` for every chunk there is, lowest address first; stops when it answers false. */
void shadow_each(bool (*each)(uintptr_t address, uint32_t *words, void *context), void *context);

#endif
