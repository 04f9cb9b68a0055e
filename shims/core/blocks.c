/* SPDX-License-Identifier: Apache-2.0
 *
 * The books on the heap, as two to four words of shadow a block. blocks.h has the layout's story; the exact bits are here.
 *
 *     word 0   state 0..1 | family 2..4 | huge 5 | crossed 6 | allocation site 7..31
 *     word 1   live:  size 2..31                       freed: size 2..6 (31: see word 2) | freeing site 7..31
 *     word 2   live, huge: size >> 30 at 2..31         freed: size at 2..31
 *     word 3                                           freed, huge: size >> 30 at 2..31
 *
 * The low two bits of words 1 to 3 are 0, which reads as "nothing known starts here": a pointer into a block is not taken for
 * another block. Behind them stand words of whatever was there before; a stale tombstone in there is told from a block by looking
 * whether a live block reaches over it.
 */
#include "core/blocks.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/shadow.h"
#include "ffisan/record.h"

#define STATE(word)    ((enum block_state)(3 & (word)))
#define FAMILY_SHIFT   2
#define FAMILY_MASK    (7u << FAMILY_SHIFT)
#define HUGE           (1u << 5)
#define CROSSED        (1u << 6)
#define SITE_SHIFT     7
#define SIZE_PIECE     30
#define SIZE_MASK      ((1ull << SIZE_PIECE) - 1)
#define SIZE_ELSEWHERE 31u /* in the five size bits of a tombstone's word 1 */

_Static_assert(SITE_SHIFT + SITE_BITS == 32, "a site's number fills word 0");
_Static_assert(FFISAN_FAMILIES <= 8, "a family fits in three bits");

/* glibc's own answer (2.32 and later) to whether there is one thread: then a death needs no locked instruction, which costs more
 * than the rest. */
static const char never_alone = 0;
const char *blocks_alone = &never_alone;

static uint64_t secret;
static uint64_t lost;
size_t block_minimum = BLOCK_MINIMUM;
bool blocks_bare;

static uint32_t load(const uint32_t *word) {
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *word, uint32_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

bool blocks_open(void) {
    if (syscall(SYS_getrandom, &secret, sizeof secret, 0) != sizeof secret)
        secret = (uintptr_t)&secret * 0x9e3779b97f4a7c15u ^ (uint64_t)getpid();
    return true;
}

size_t block_request(size_t size) {
    if (UNLIKELY(blocks_bare || size > PTRDIFF_MAX - CANARY_SIZE))
        return size;
    size += CANARY_SIZE;
    return size < block_minimum ? block_minimum : size;
}

/* Differs from block to block, so that a neighbour's canary copied over it shows. Every byte is in 0x80..0xbf: not a NUL, not
 * ASCII, not 0xff. */
static inline uint64_t canary_of(uintptr_t start) {
    uint64_t mixed = (start ^ secret) * 0x9e3779b97f4a7c15u;
    return (mixed & 0x3f3f3f3f3f3f3f3fu) | 0x8080808080808080u;
}

void block_birth(void *start, size_t size, unsigned family, site_id site) {
    uintptr_t address = (uintptr_t)start;
    uint32_t *word = shadow_make(address);
    if (UNLIKELY(!word || (address & 15))) {
        __atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
        return;
    }
    if (LIKELY(!blocks_bare)) {
        uint64_t canary = canary_of(address);
        memcpy((char *)start + size, &canary, sizeof canary);
    }
    uint32_t first = BLOCK_LIVE | family << FAMILY_SHIFT | site << SITE_SHIFT;
    store(word + 1, (uint32_t)(size & SIZE_MASK) << 2);
    if (UNLIKELY(size > SIZE_MASK)) {
        first |= HUGE;
        store(word + 2, (uint32_t)(size >> SIZE_PIECE) << 2);
    }
    __atomic_store_n(word, first, __ATOMIC_RELEASE);
}

void block_forget(const void *start) {
    uint32_t *word = shadow_word((uintptr_t)start);
    if (word && *word)
        __atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

static size_t live_size(const uint32_t *word, uint32_t first) {
    size_t size = load(word + 1) >> 2;
    return UNLIKELY(first & HUGE) ? size | (size_t)(load(word + 2) >> 2) << SIZE_PIECE : size;
}

static size_t freed_size(const uint32_t *word, uint32_t first) {
    size_t size = load(word + 1) >> 2 & 31;
    if (size != SIZE_ELSEWHERE)
        return size;
    size = load(word + 2) >> 2;
    return first & HUGE ? size | (size_t)(load(word + 3) >> 2) << SIZE_PIECE : size;
}

static void fill(struct block *block, uintptr_t start, const uint32_t *word, uint32_t first) {
    block->start = start;
    block->state = STATE(first);
    block->family = (uint8_t)((first & FAMILY_MASK) >> FAMILY_SHIFT);
    block->crossed = (first & CROSSED) != 0;
    block->allocated = first >> SITE_SHIFT;
    bool live = block->state == BLOCK_LIVE;
    block->size = live ? live_size(word, first) : freed_size(word, first);
    block->freed = live ? 0 : load(word + 1) >> SITE_SHIFT;
}

static void write_tombstone(uint32_t *word, size_t size, site_id freed) {
    uint32_t small = size < SIZE_ELSEWHERE ? (uint32_t)size : SIZE_ELSEWHERE;
    store(word + 1, freed << SITE_SHIFT | small << 2);
    if (LIKELY(small != SIZE_ELSEWHERE))
        return;
    /* More than 30 bytes: with the canary three granules at least. */
    store(word + 2, (uint32_t)(size & SIZE_MASK) << 2);
    if (UNLIKELY(size > SIZE_MASK))
        store(word + 3, (uint32_t)(size >> SIZE_PIECE) << 2);
}

/* From live to dead in one step. *first is what was found there when it fails. */
static inline bool die(uint32_t *word, uint32_t *first) {
    uint32_t dead = (*first & ~3u) | BLOCK_FREED;
    if (LIKELY(*blocks_alone)) {
        store(word, dead);
        return true;
    }
    return __atomic_compare_exchange_n(word, first, dead, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static RARE enum block_state not_alive(uintptr_t address, const uint32_t *word, uint32_t first, struct block *block) {
    fill(block, address, word, first);
    return STATE(first);
}

enum block_state block_death(const void *start, site_id freed, struct block *block) {
    uintptr_t address = (uintptr_t)start;
    uint32_t *word = LIKELY(!(address & 15)) ? shadow_word(address) : NULL;
    if (UNLIKELY(!word))
        return BLOCK_UNKNOWN;
    uint32_t first = load(word);
    if (UNLIKELY(STATE(first) != BLOCK_LIVE))
        return not_alive(address, word, first, block);
    block->start = address;
    block->size = live_size(word, first);
    block->state = BLOCK_LIVE;
    block->family = (uint8_t)((first & FAMILY_MASK) >> FAMILY_SHIFT);
    block->crossed = (first & CROSSED) != 0;
    block->allocated = first >> SITE_SHIFT;
    block->freed = 0;
    if (UNLIKELY(!die(word, &first))) /* another thread freed it in this instant */
        return not_alive(address, word, first, block);
    write_tombstone(word, block->size, freed);
    return BLOCK_LIVE;
}

void block_revive(const struct block *block) {
    uint32_t *word = shadow_word(block->start);
    store(word + 1, (uint32_t)(block->size & SIZE_MASK) << 2);
    if (block->size > SIZE_MASK)
        store(word + 2, (uint32_t)(block->size >> SIZE_PIECE) << 2);
    __atomic_store_n(word, (load(word) & ~3u) | BLOCK_LIVE, __ATOMIC_RELEASE);
}

static void set_state(uintptr_t start, enum block_state state) {
    uint32_t *word = shadow_word(start);
    if (word)
        __atomic_store_n(word, (load(word) & ~3u) | state, __ATOMIC_RELEASE);
}

void block_quarantine(const struct block *block) {
    set_state(block->start, BLOCK_QUARANTINED);
}

void block_leave_quarantine(uintptr_t start) {
    set_state(start, BLOCK_FREED);
}

bool block_at(uintptr_t start, struct block *block) {
    uint32_t *word = start & 15 ? NULL : shadow_word(start);
    uint32_t first = word ? load(word) : 0;
    if (STATE(first) == BLOCK_UNKNOWN)
        return false;
    fill(block, start, word, first);
    return true;
}

enum block_state block_cross(uintptr_t start, struct block *block) {
    uint32_t *word = start & 15 ? NULL : shadow_word(start);
    uint32_t first = word ? load(word) : 0;
    if (LIKELY(STATE(first) == BLOCK_UNKNOWN))
        return BLOCK_UNKNOWN;
    while (STATE(first) == BLOCK_LIVE && !(first & CROSSED))
        if (__atomic_compare_exchange_n(word, &first, first | CROSSED, true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            first |= CROSSED;
    fill(block, start, word, first);
    return block->state;
}

/* Looks back from `address` granule by granule, over MiBs without a chunk in one step. Live blocks end the search; the first
 * tombstone that reaches is kept in case none comes. */
bool block_around(uintptr_t address, size_t reach, struct block *block) {
    uintptr_t lowest = reach && reach < address ? address - reach : 16;
    bool found = false;
    for (uintptr_t at = address & ~(uintptr_t)15; at >= lowest && at < SHADOW_ADDRESSES;) {
        uint32_t *word = shadow_word(at);
        if (!word) { /* no block starts in this MiB; one that starts before it has its chunk there */
            at = (at & ~(uintptr_t)((1u << SHADOW_CHUNK_BITS) - 1)) - 16;
            if (!reach && !shadow_chunk(at) && address - at > (64ull << 30))
                break;
            continue;
        }
        uint32_t first = load(word);
        if (STATE(first) != BLOCK_UNKNOWN) {
            struct block here;
            fill(&here, at, word, first);
            bool reaches = address < at + here.size + CANARY_SIZE;
            if (here.state == BLOCK_LIVE) {
                if (reaches)
                    *block = here;
                return found || reaches;
            }
            if (reaches && !found) {
                *block = here;
                found = true;
            }
        }
        at -= 16;
    }
    return found;
}

bool block_before(uintptr_t address, struct block *block) {
    for (uintptr_t at = address & ~(uintptr_t)15; at >= 16 && at < SHADOW_ADDRESSES; at -= 16) {
        uint32_t *word = shadow_word(at);
        if (!word) {
            at = (at & ~(uintptr_t)((1u << SHADOW_CHUNK_BITS) - 1));
            if (address - at > (64ull << 30))
                return false;
            continue;
        }
        if (!block_at(at, block))
            continue;
        uintptr_t end = block->start + block->size;
        if (end <= address && address - end < 4096)
            return true;
        if (block->state == BLOCK_LIVE)
            return false;
    }
    return false;
}

static inline void change_family(uint32_t *word, uint32_t first, unsigned family) {
    while (STATE(first) == BLOCK_LIVE) {
        uint32_t changed = (first & ~FAMILY_MASK) | family << FAMILY_SHIFT;
        if (LIKELY(*blocks_alone)) {
            store(word, changed);
            return;
        }
        if (__atomic_compare_exchange_n(word, &first, changed, true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return;
    }
}

void block_set_family(const void *start, unsigned family) {
    uint32_t *word = shadow_word((uintptr_t)start);
    if (word)
        change_family(word, load(word), family);
}

bool block_adopt(const void *start, size_t size, unsigned family) {
    uintptr_t address = (uintptr_t)start;
    uint32_t *word = LIKELY(!(address & 15)) ? shadow_word(address) : NULL;
    uint32_t first = word ? load(word) : 0;
    if (STATE(first) != BLOCK_LIVE || live_size(word, first) != size)
        return false;
    if ((first & FAMILY_MASK) != family << FAMILY_SHIFT)
        change_family(word, first, family);
    return true;
}

void block_disown(uintptr_t start) {
    uint32_t *word = shadow_word(start);
    uint32_t first = word ? load(word) : 0;
    while (STATE(first) == BLOCK_LIVE)
        if (__atomic_compare_exchange_n(word, &first, first & ((1u << SITE_SHIFT) - 1), true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return;
}

bool block_overflowed(const struct block *block, size_t *offset, uint8_t *byte) {
    if (UNLIKELY(blocks_bare))
        return false;
    uint64_t canary = canary_of(block->start), found;
    memcpy(&found, (const void *)(block->start + block->size), sizeof found);
    if (LIKELY(found == canary))
        return false;
    unsigned first = (unsigned)__builtin_ctzll(found ^ canary) / 8;
    *offset = block->size + first;
    *byte = (uint8_t)(found >> (8 * first));
    return true;
}

struct visit {
    bool (*each)(const struct block *block, void *context);
    void *context;
};

static bool visit_live(uintptr_t address, uint32_t *words, void *context) {
    const struct visit *visit = context;
    for (uint32_t i = 0; i < SHADOW_WORDS; i++) {
        if (LIKELY(STATE(words[i]) != BLOCK_LIVE))
            continue;
        struct block block;
        fill(&block, address + (uintptr_t)i * 16, words + i, words[i]);
        if (block.state == BLOCK_LIVE && !visit->each(&block, visit->context))
            return false;
    }
    return true;
}

void blocks_each(bool (*each)(const struct block *block, void *context), void *context) {
    struct visit visit = {each, context};
    shadow_each(visit_live, &visit);
}

static bool visit_known(uintptr_t address, uint32_t *words, void *context) {
    const struct visit *visit = context;
    for (uint32_t i = 0; i < SHADOW_WORDS; i++) {
        if (LIKELY(STATE(words[i]) == BLOCK_UNKNOWN))
            continue;
        struct block block;
        fill(&block, address + (uintptr_t)i * 16, words + i, words[i]);
        if (!visit->each(&block, visit->context))
            return false;
    }
    return true;
}

void blocks_each_known(bool (*each)(const struct block *block, void *context), void *context) {
    struct visit visit = {each, context};
    shadow_each(visit_known, &visit);
}

static bool count_one(const struct block *block, void *context) {
    (void)block;
    ++*(uint64_t *)context;
    return true;
}

uint64_t blocks_live(void) {
    uint64_t count = 0;
    blocks_each(count_one, &count);
    return count;
}

static bool forget_tombstones(uintptr_t address, uint32_t *words, void *context) {
    (void)address;
    (void)context;
    for (uint32_t i = 0; i < SHADOW_WORDS; i++) {
        uint32_t first = load(words + i);
        if (STATE(first) == BLOCK_FREED)
            __atomic_compare_exchange_n(words + i, &first, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    }
    return true;
}

void blocks_forget_tombstones(void) {
    shadow_each(forget_tombstones, NULL);
}

uint64_t blocks_lost(void) {
    return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}
