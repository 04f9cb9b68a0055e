/* SPDX-License-Identifier: Apache-2.0
 *
 * The books on the heap. For every 16 bytes of address space that the heap has used there is a shadow word of 4 bytes, mapped on
 * demand (shadow.h). A block's first two words say everything about it:
 *
 *     word 0   state, family, huge, crossed, allocation site
 *     word 1   live: size as asked for (huge: more of it in word 2)
 *              freed: freeing site and size (a size above 30 is in word 2, and 3 when huge)
 *
 * That needs two granules, so the shim never asks an allocator for fewer than 24 bytes (glibc gives 32 with its header). A
 * tombstone costs nothing: it stays until the allocator gives out the address again. Behind the size asked for stand 8 bytes of
 * canary; none of them can be a NUL, an ASCII character or 0xff. The size is not in the block itself, so an overflow cannot take
 * it away, and malloc_usable_size answers with it: a program that uses the slack it is told of does not meet the canary.
 *
 * Lock-free: a death is one compare-and-swap of word 0, so that of two frees of one block exactly one wins, on however many
 * threads. Cost: two cached loads for the chunk's address, one or two stores.
 */
#ifndef FFISAN_CORE_BLOCKS_H
#define FFISAN_CORE_BLOCKS_H

#include "core/types.h"

#define CANARY_SIZE   8u
#define BLOCK_MINIMUM 24u /* with glibc behind; 32 with another allocator, whose small classes need not be 16-aligned */

extern bool blocks_bare; /* another checker watches the memory around blocks: no canary; set once, before the first block */
extern const char *blocks_alone; /* leads to 1 while the process has one thread; set once, before the first block */
extern size_t block_minimum;     /* what is asked for at least; set once, before the first block */

enum block_state { BLOCK_UNKNOWN, BLOCK_LIVE, BLOCK_FREED, BLOCK_QUARANTINED };

struct block {
    uintptr_t start;
    size_t size; /* as asked for */
    enum block_state state;
    uint8_t family; /* enum ffisan_family */
    bool crossed;
    site_id allocated, freed;
};

/* Once, before the first block. False: no memory, books stay closed. */
bool blocks_open(void);

/* What to ask the real allocator for, so that `size` bytes and the canary fit. `size` itself when that would overflow: the
 * allocator then refuses as it would have. */
size_t block_request(size_t size);

/* A block was given out. Writes its canary. */
void block_birth(void *start, size_t size, unsigned family, site_id site);
/* An allocation that the books do not cover took this address: whatever stood there before is forgotten. */
void block_forget(const void *start);
/* The first step of a free: live becomes freed, in one step; fills *block with what it was. Answers the state that it had:
 * BLOCK_LIVE: it was alive and is now dead; anything else: nothing was changed (a second free; or nothing known at this
 * address). */
enum block_state block_death(const void *start, site_id freed, struct block *block);
/* Undoes a death, when the real realloc refused: the block lives on. */
void block_revive(const struct block *block);
/* Between free and the real free: frees that are held back. */
void block_quarantine(const struct block *block);
void block_leave_quarantine(uintptr_t start);

/* What stands at exactly this address. False: nothing known. */
bool block_at(uintptr_t start, struct block *block);
/* The block that starts here takes part in a foreign call: fills *block, and a live one is marked for ever. BLOCK_UNKNOWN: no block
 * starts here. About 4 ns. */
enum block_state block_cross(uintptr_t start, struct block *block);
/* The block whose memory (canary included) holds this address; a live one is preferred to a tombstone. Looks back through the
 * shadow, up to `reach` bytes (0: as far as it takes): for rare paths. */
bool block_around(uintptr_t address, size_t reach, struct block *block);
/* The block that ends nearest below this address, within a page. */
bool block_before(uintptr_t address, struct block *block);
void block_set_family(const void *start, unsigned family);
/* The same for a live block of exactly this size; false when there is none. */
bool block_adopt(const void *start, size_t size, unsigned family);
/* The block is nobody's from now on: what is wrong with it was reported, and it is not to be found lost as well. */
void block_disown(uintptr_t start);

/* Where the canary behind the block is not as it was written: offset of the first changed byte from the block's start, and the
 * byte. False: whole. */
bool block_overflowed(const struct block *block, size_t *offset, uint8_t *byte);

/* Calls `each` for every live block, lowest address first; stops when it answers false. The caller sees to it that nothing
 * changes meanwhile, or can live with what it gets. */
void blocks_each(bool (*each)(const struct block *block, void *context), void *context);
/* The same for everything that is known, tombstones and quarantined blocks too. Tombstones may be stale: what lies under them may
 * have been given out again, in other pieces. */
void blocks_each_known(bool (*each)(const struct block *block, void *context), void *context);
/* Another allocator's calls may have passed us by: no tombstone is to be believed any more. */
void blocks_forget_tombstones(void);
uint64_t blocks_live(void); /* counted by looking at all of them */
uint64_t blocks_lost(void); /* blocks that are in no book for want of memory */

#endif
