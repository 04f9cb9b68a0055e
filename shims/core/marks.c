/* SPDX-License-Identifier: Apache-2.0
 *
 * The bitmaps and the flood.
 *
 * Which memory is accounted for. A tombstone is: what a freed block still holds leads nowhere. So is a gap of one granule between two known
 * blocks, which has no room for a block that the books do not know (none is smaller than block_minimum): it is the allocator's. Any
 * larger gap may be a block from before the books, or one that passed them by, and is a root. A tombstone that a live block reaches
 * into is none: its memory was given out again in other pieces, some of which may not be in the books. Nor is one whose memory may have gone
 * back to the kernel, which large blocks do when they are freed: a thread's stack or a managed heap may stand there by now.
 *
 * Everything is read through the survey's runs: blocks may have pages that are not there, or that the program has closed.
 *
 * Cost: one bit test for most words that are addresses of a start, in bitmaps that are a hundredth of the heap; two cache misses for each block
 * reached (its size, its memory), which a short queue between finding a block and reading it hides.
 */
#include "core/marks.h"

#include "core/memory.h"
#include "core/peek.h"
#include "core/shadow.h"

#define REGION_BITS SHADOW_CHUNK_BITS
#define REGION_SIZE ((uintptr_t)1 << REGION_BITS)
#define LEAF_COUNT  (1u << SHADOW_LEAF_BITS)
#define ROOT_COUNT  (1u << SHADOW_ROOT_BITS)
#define GRANULE     16u
#define CELLS       (SHADOW_WORDS / 64)
#define COPY_SIZE   (64u << 10)
#define PIECE       (32u << 10) /* of a large block, before what it leads to is looked at: bounds the stack */
#define QUEUE       16u
#define STACK_FIRST (64u << 10)

struct cell {
    uint64_t live, reached;
};

struct bitmaps {
    uintptr_t base;
    uint64_t some[CELLS / 64]; /* which cells have a live block */
    struct cell cells[CELLS];
    uint64_t covered[CELLS]; /* later: what marks_remember keeps */
};

/* A MiB. */
struct region {
    uintptr_t before;     /* the last live block that started below and ends in here; 0: none */
    uintptr_t covered_to; /* accounted for from the beginning up to here */
    struct bitmaps *bitmaps; /* NULL: no block starts here */
};

struct task {
    uintptr_t at, end;
};

struct marks {
    struct survey *survey;
    struct region *leaves[ROOT_COUNT];
    struct bitmaps *bitmaps;
    size_t bitmaps_count, bitmaps_room;
    uintptr_t lowest, span; /* of all live blocks, ends included */
    struct block reach;     /* the live block that reaches furthest so far */
    struct task dead;       /* a tombstone, not yet known to be whole */
    struct task *stack;
    size_t depth, stack_room;
    uintptr_t queue[QUEUE];
    unsigned head, tail;
    struct marks_count count;
    bool failed;
    char copy[COPY_SIZE] __attribute__((aligned(16)));
};

static bool count_chunk(uintptr_t address, uint32_t *words, void *context) {
    (void)address;
    (void)words;
    ++*(size_t *)context;
    return true;
}

struct marks *marks_open(struct survey *survey) {
    struct marks *marks = memory_map(sizeof *marks);
    if (!marks)
        return NULL;
    marks->survey = survey;
    shadow_each(count_chunk, &marks->bitmaps_room);
    if (marks->bitmaps_room)
        marks->bitmaps = memory_map(marks->bitmaps_room * sizeof *marks->bitmaps);
    marks->stack = memory_map(STACK_FIRST * sizeof *marks->stack);
    marks->stack_room = STACK_FIRST;
    if ((marks->bitmaps || !marks->bitmaps_room) && marks->stack)
        return marks;
    marks_release(marks);
    return NULL;
}

void marks_release(struct marks *marks) {
    for (unsigned i = 0; i < ROOT_COUNT; i++)
        if (marks->leaves[i])
            memory_unmap(marks->leaves[i], LEAF_COUNT * sizeof(struct region));
    if (marks->bitmaps)
        memory_unmap(marks->bitmaps, marks->bitmaps_room * sizeof *marks->bitmaps);
    if (marks->stack)
        memory_unmap(marks->stack, marks->stack_room * sizeof *marks->stack);
    memory_unmap(marks, sizeof *marks);
}

/* ---- regions ---- */

static inline struct region *region_of(const struct marks *marks, uintptr_t address) {
    if (UNLIKELY(address >= SHADOW_ADDRESSES))
        return NULL;
    struct region *leaf = marks->leaves[address >> (REGION_BITS + SHADOW_LEAF_BITS)];
    return leaf ? &leaf[(address >> REGION_BITS) & (LEAF_COUNT - 1)] : NULL;
}

static struct region *region_make(struct marks *marks, uintptr_t address) {
    if (address >= SHADOW_ADDRESSES)
        return NULL;
    struct region **leaf = &marks->leaves[address >> (REGION_BITS + SHADOW_LEAF_BITS)];
    if (!*leaf)
        *leaf = memory_map(LEAF_COUNT * sizeof **leaf);
    if (!*leaf)
        marks->failed = true;
    return region_of(marks, address);
}

static struct bitmaps *bitmaps_make(struct marks *marks, uintptr_t address) {
    struct region *region = region_make(marks, address);
    if (!region)
        return NULL;
    if (!region->bitmaps) {
        if (marks->bitmaps_count == marks->bitmaps_room) {
            marks->failed = true;
            return NULL;
        }
        region->bitmaps = &marks->bitmaps[marks->bitmaps_count++];
        region->bitmaps->base = address & ~(REGION_SIZE - 1);
    }
    return region->bitmaps;
}

static inline size_t granule_of(uintptr_t address) {
    return (address & (REGION_SIZE - 1)) / GRANULE;
}

/* ---- taking blocks in ---- */

static void set_bits(uint64_t *words, size_t first, size_t end) {
    for (size_t at = first; at < end;) {
        size_t stop = (at | 63) + 1 < end ? (at | 63) + 1 : end;
        uint64_t bits = stop - at == 64 ? ~0ull : ((1ull << (stop - at)) - 1) << (at & 63);
        words[at >> 6] |= bits;
        at = stop;
    }
}

/* `start` is where a known block starts, so its region has bitmaps. `live`: the block is, and pointers into it are looked for. */
static void cover(struct marks *marks, uintptr_t start, uintptr_t end, bool live) {
    struct bitmaps *bitmaps = bitmaps_make(marks, start);
    if (!bitmaps)
        return;
    uintptr_t next = bitmaps->base + REGION_SIZE, stop = end < next ? end : next;
    set_bits(bitmaps->covered, granule_of(start), (stop - bitmaps->base + GRANULE - 1) / GRANULE);
    for (; next < end && next < SHADOW_ADDRESSES; next += REGION_SIZE) {
        struct region *region = region_make(marks, next);
        if (!region)
            return;
        region->covered_to = end < next + REGION_SIZE ? end : next + REGION_SIZE;
        if (live)
            region->before = start;
    }
}

static void settle_tombstone(struct marks *marks, uintptr_t limit) {
    uintptr_t end = marks->dead.end < limit ? marks->dead.end : limit;
    if (marks->dead.at < end && survey_is_allocators(marks->survey, marks->dead.at, end))
        cover(marks, marks->dead.at, end, false);
    marks->dead = (struct task){0};
}

static void push_block(struct marks *marks, uintptr_t start);

static bool reach_bit(struct bitmaps *bitmaps, size_t granule) {
    struct cell *cell = &bitmaps->cells[granule >> 6];
    uint64_t bit = 1ull << (granule & 63);
    bool fresh = !(cell->reached & bit);
    cell->reached |= bit;
    return fresh;
}

static void trust_not(struct marks *marks, uintptr_t start) {
    struct region *region = region_of(marks, start);
    if (region && region->bitmaps && reach_bit(region->bitmaps, granule_of(start)))
        push_block(marks, start);
}

static void meet_live(struct marks *marks, const struct block *block, bool doubtful) {
    uintptr_t end = block->start + block->size + CANARY_SIZE;
    struct bitmaps *bitmaps = bitmaps_make(marks, block->start);
    if (!bitmaps)
        return;
    size_t granule = granule_of(block->start);
    bitmaps->cells[granule >> 6].live |= 1ull << (granule & 63);
    bitmaps->some[granule >> 12] |= 1ull << (granule >> 6 & 63);
    if (!marks->lowest)
        marks->lowest = block->start;
    if (end - marks->lowest > marks->span)
        marks->span = end - marks->lowest;
    uintptr_t reach = marks->reach.start + marks->reach.size + CANARY_SIZE;
    bool overlaps = marks->reach.start && block->start < reach;
    if (overlaps)
        trust_not(marks, marks->reach.start);
    if (overlaps || doubtful)
        trust_not(marks, block->start);
    if (!overlaps || end > reach)
        marks->reach = *block;
    cover(marks, block->start, end, true);
}

void marks_meet(struct marks *marks, const struct block *block, bool doubtful) {
    if (block->state == BLOCK_LIVE) {
        if (marks->dead.end > block->start)
            marks->dead = (struct task){0};
        settle_tombstone(marks, block->start);
        meet_live(marks, block, doubtful);
        return;
    }
    settle_tombstone(marks, block->start);
    if (block->start >= marks->reach.start + marks->reach.size + CANARY_SIZE && bitmaps_make(marks, block->start))
        marks->dead = (struct task){block->start, block->start + block->size + CANARY_SIZE};
}

/* ---- from a word to a block ---- */

/* The last live block that starts at or below this granule of the region; 0: none. */
static uintptr_t start_below(const struct region *region, size_t granule) {
    const struct bitmaps *bitmaps = region->bitmaps;
    if (!bitmaps)
        return region->before;
    size_t cell = granule >> 6;
    uint64_t bits = bitmaps->cells[cell].live & (~0ull >> (63 - (granule & 63)));
    if (!bits) {
        size_t group = cell >> 6;
        uint64_t some = bitmaps->some[group] & ((1ull << (cell & 63)) - 1);
        while (!some && group > 0)
            some = bitmaps->some[--group];
        if (!some)
            return region->before;
        cell = (group << 6) + 63 - (size_t)__builtin_clzll(some);
        bits = bitmaps->cells[cell].live;
    }
    return bitmaps->base + (cell * 64 + 63 - (size_t)__builtin_clzll(bits)) * GRANULE;
}

/* Not the start of a block: perhaps its inside, or its end. */
static __attribute__((noinline)) void mark_inner(struct marks *marks, const struct region *region, uintptr_t word) {
    uintptr_t start = start_below(region, granule_of(word));
    const struct region *home = start ? region_of(marks, start) : NULL;
    if (!home || !home->bitmaps)
        return;
    size_t granule = granule_of(start);
    struct block block;
    if (home->bitmaps->cells[granule >> 6].reached >> (granule & 63) & 1)
        return;
    if (block_at(start, &block) && word <= start + block.size && reach_bit(home->bitmaps, granule))
        push_block(marks, start);
}

static inline void mark(struct marks *marks, uintptr_t word) {
    if (LIKELY(word - marks->lowest >= marks->span))
        return;
    struct region *region = region_of(marks, word);
    if (!region)
        return;
    struct bitmaps *bitmaps = region->bitmaps;
    size_t granule = granule_of(word);
    if (LIKELY(bitmaps && (bitmaps->cells[granule >> 6].live >> (granule & 63) & 1) && !(word & (GRANULE - 1)))) {
        if (reach_bit(bitmaps, granule))
            push_block(marks, word);
    } else if (bitmaps || region->before) {
        mark_inner(marks, region, word);
    }
}

/* ---- the flood ---- */

static void push(struct marks *marks, uintptr_t at, uintptr_t end) {
    if (UNLIKELY(marks->depth == marks->stack_room)) {
        struct task *larger = memory_map(2 * marks->stack_room * sizeof *larger);
        if (!larger) {
            marks->failed = true;
            return;
        }
        __builtin_memcpy(larger, marks->stack, marks->depth * sizeof *larger);
        memory_unmap(marks->stack, marks->stack_room * sizeof *larger);
        marks->stack = larger;
        marks->stack_room *= 2;
    }
    marks->stack[marks->depth++] = (struct task){at, end};
}

static RARE void unqueue_oldest(struct marks *marks) {
    push(marks, marks->queue[marks->tail++ % QUEUE], 0);
}

/* A block just reached; its size and memory are on their way when its turn comes. */
static inline void push_block(struct marks *marks, uintptr_t start) {
    if (UNLIKELY(marks->head - marks->tail == QUEUE))
        unqueue_oldest(marks);
    uint32_t *word = shadow_word(start);
    __builtin_prefetch(word);
    __builtin_prefetch((const void *)start);
    marks->queue[marks->head++ % QUEUE] = start;
}

static UNCHECKED_READS void mark_words(struct marks *marks, uintptr_t at, uintptr_t end) {
    for (; at + sizeof(uintptr_t) <= end; at += sizeof(uintptr_t))
        mark(marks, *(const uintptr_t *)at);
}

/* In pieces of a page where the whole cannot be had. */
static void mark_careful(struct marks *marks, uintptr_t at, uintptr_t end) {
    while (at < end) {
        size_t size = end - at < COPY_SIZE ? end - at : COPY_SIZE;
        if (!peek(marks->copy, at, size)) {
            size_t page = 4096 - at % 4096;
            size = size < page ? size : page;
            if (!peek(marks->copy, at, size)) {
                at += size;
                continue;
            }
        }
        mark_words(marks, (uintptr_t)marks->copy, (uintptr_t)marks->copy + size);
        at += size;
    }
}

static void look_through(struct marks *marks, uintptr_t start, uintptr_t end) {
    start = (start + sizeof(uintptr_t) - 1) & ~(sizeof(uintptr_t) - 1);
    while (start < end) {
        const struct run *run = survey_run(marks->survey, start);
        if (!run || run->start >= end)
            return;
        uintptr_t at = run->start > start ? run->start : start, stop = run->end < end ? run->end : end;
        marks->count.looked_at += stop - at;
        if (run->careful)
            mark_careful(marks, at, stop);
        else
            mark_words(marks, at, stop);
        start = stop;
    }
}

/* A block the first time: its size is asked for. Later pieces know where they end. */
static void run_task(struct marks *marks, struct task task) {
    if (!task.end) {
        struct block block;
        if (!block_at(task.at, &block))
            return;
        task.end = task.at + block.size;
        marks->count.blocks++;
        marks->count.bytes += block.size;
    }
    if (task.end - task.at > PIECE) {
        push(marks, task.at + PIECE, task.end);
        task.end = task.at + PIECE;
    }
    look_through(marks, task.at, task.end);
}

static void flood(struct marks *marks) {
    while (!marks->failed) {
        if (marks->head != marks->tail)
            run_task(marks, (struct task){marks->queue[marks->tail++ % QUEUE], 0});
        else if (marks->depth)
            run_task(marks, marks->stack[--marks->depth]);
        else
            return;
    }
}

void marks_met(struct marks *marks) {
    settle_tombstone(marks, UINTPTR_MAX);
    flood(marks);
}

void marks_word(struct marks *marks, uintptr_t word) {
    mark(marks, word);
    flood(marks);
}

void marks_memory(struct marks *marks, uintptr_t start, uintptr_t end) {
    while (start < end) {
        uintptr_t stop = end - start < PIECE ? end : start + PIECE;
        look_through(marks, start, stop);
        flood(marks);
        start = stop;
    }
}

void marks_block(struct marks *marks, uintptr_t start) {
    trust_not(marks, start);
    flood(marks);
}

/* ---- roots that may be heap ---- */

/* The granules of this cell that nothing accounts for, less gaps of one. */
static uint64_t gaps_of(const uint64_t *covered, size_t cell) {
    uint64_t here = covered[cell];
    uint64_t below = cell > 0 ? covered[cell - 1] >> 63 : 0, above = cell + 1 < CELLS ? covered[cell + 1] << 63 : 0;
    return ~here & ~((here << 1 | below) & (here >> 1 | above));
}

static void mark_gaps(struct marks *marks, const struct bitmaps *bitmaps, uintptr_t start, uintptr_t end) {
    uintptr_t open = 0; /* where the current gap begins; 0: not in one */
    uintptr_t at = start & ~(uintptr_t)(GRANULE - 1);
    while (at < end) {
        size_t granule = granule_of(at);
        uint64_t gaps = gaps_of(bitmaps->covered, granule >> 6) >> (granule & 63);
        size_t left = 64 - (granule & 63);
        size_t same = gaps & 1 ? (~gaps ? (size_t)__builtin_ctzll(~gaps) : 64) : (gaps ? (size_t)__builtin_ctzll(gaps) : 64);
        if ((gaps & 1) && !open)
            open = at > start ? at : start;
        if (!(gaps & 1) && open) {
            marks_memory(marks, open, at);
            open = 0;
        }
        at += GRANULE * (same < left ? same : left);
    }
    if (open)
        marks_memory(marks, open, end);
}

void marks_root(struct marks *marks, const struct run *part) {
    for (uintptr_t at = part->start; at < part->end && !marks->failed;) {
        uintptr_t next = (at & ~(REGION_SIZE - 1)) + REGION_SIZE, stop = next < part->end ? next : part->end;
        const struct region *region = region_of(marks, at);
        uintptr_t from = region && region->covered_to > at ? region->covered_to : at;
        if (from < stop && region && region->bitmaps)
            mark_gaps(marks, region->bitmaps, from, stop);
        else if (from < stop)
            marks_memory(marks, from, stop);
        at = stop;
    }
}

/* ---- what was not reached ---- */

bool marks_reached(const struct marks *marks, uintptr_t start) {
    const struct region *region = region_of(marks, start);
    size_t granule = granule_of(start);
    return !region || !region->bitmaps || (region->bitmaps->cells[granule >> 6].reached >> (granule & 63) & 1);
}

void marks_unreached(struct marks *marks, void (*each)(uintptr_t start, void *context), void *context) {
    for (size_t i = 0; i < marks->bitmaps_count; i++) {
        const struct bitmaps *bitmaps = &marks->bitmaps[i];
        for (size_t cell = 0; cell < CELLS; cell++) {
            const struct cell *now = &bitmaps->cells[cell];
            uint64_t turn = ~0ull, left;
            while ((left = now->live & ~now->reached & turn)) {
                size_t bit = (size_t)__builtin_ctzll(left);
                turn = bit == 63 ? 0 : ~0ull << (bit + 1);
                each(bitmaps->base + (cell * 64 + bit) * GRANULE, context);
            }
        }
    }
}

void marks_remember(struct marks *marks) {
    for (size_t i = 0; i < marks->bitmaps_count; i++)
        for (size_t cell = 0; cell < CELLS; cell++) {
            const struct cell *now = &marks->bitmaps[i].cells[cell];
            marks->bitmaps[i].covered[cell] = now->live & ~now->reached;
        }
}

void marks_recall(struct marks *marks) {
    for (size_t i = 0; i < marks->bitmaps_count; i++)
        for (size_t cell = 0; cell < CELLS; cell++)
            marks->bitmaps[i].cells[cell].reached &= ~marks->bitmaps[i].covered[cell];
}

struct marks_count marks_count(const struct marks *marks) {
    return marks->count;
}

bool marks_failed(const struct marks *marks) {
    return marks->failed;
}
