/* SPDX-License-Identifier: Apache-2.0
 *
 * The bitmaps and the flood.
 *
 * Which memory is accounted for: live blocks, what glibc says is free (glibc.h), and gaps of one granule between these, which
 * have no room for a block that the books do not know (none is smaller than block_minimum) and are the allocator's. Any larger
 * gap may be a block from before the books, or one that passed them by, and is a root. With other allocators, free memory is a
 * root, too: that hides some leaks.
 *
 * Everything is read through the survey's runs: blocks may have pages that are not there, or that the program has closed.
 *
 * Cost: one bit test for most words that are addresses of a start, in bitmaps that are a hundredth of the heap; two cache misses
 * for each block reached (its size, its memory) and one for each word that leads to it, which short queues in between hide.
 */
#include "core/marks.h"

#include "core/glibc.h"
#include "core/memory.h"
#include "core/peek.h"
#include "core/shadow.h"

#define REGION_BITS   SHADOW_CHUNK_BITS
#define REGION_SIZE   ((uintptr_t)1 << REGION_BITS)
#define LEAF_COUNT    (1u << SHADOW_LEAF_BITS)
#define ROOT_COUNT    (1u << SHADOW_ROOT_BITS)
#define GRANULE       16u
#define CELLS         (SHADOW_WORDS / 64)
#define COPY_SIZE     (64u << 10)
#define PIECE         (32u << 10) /* of a large block, before what it leads to is looked at: bounds the stack */
#define QUEUE         16u
#define USER_BITS     47 /* no address of a program has a bit above them */
#define STACK_FIRST   (64u << 10)
#define SPARE_BITMAPS 256u

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
    uintptr_t before;        /* the last live block that started below and ends in here; 0: none */
    uintptr_t covered_to;    /* accounted for from the beginning up to here */
    struct bitmaps *bitmaps; /* NULL: no block starts here */
};

struct task {
    uintptr_t at, end;
};

struct marks {
    struct survey *survey;
    struct region *leaves[ROOT_COUNT];
    struct bitmaps *bitmaps;
    size_t bitmaps_count, bitmaps_room, spare_used;
    uintptr_t lowest, span;         /* of all live blocks, ends included */
    struct block reach;             /* the live block that reaches furthest so far */
    struct block last;              /* the live block that was met last */
    uintptr_t heap_start, heap_end; /* of the allocator's heap that was asked for last; end 0: none */
    struct task *stack;
    size_t depth, stack_room;
    /* Both are rings: words that may be addresses, whose bits are on their way; blocks just reached, whose memory is. */
    uintptr_t words[QUEUE], queue[QUEUE];
    unsigned words_head, words_tail, head, tail;
    const uintptr_t *stops; /* blocks that are not looked through */
    size_t stops_count;
    struct marks_count count;
    bool failed;
    char copy[COPY_SIZE] __attribute__((aligned(16)));
};

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is shadow_each's */
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
    marks->bitmaps_room += SPARE_BITMAPS;
    marks->bitmaps = memory_map(marks->bitmaps_room * sizeof *marks->bitmaps);
    marks->stack = memory_map(STACK_FIRST * sizeof *marks->stack);
    marks->stack_room = STACK_FIRST;
    if (marks->bitmaps && marks->stack)
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

/* Where no block has ever stood there are no bitmaps; a few are kept for that. Without one, the rest of that MiB stays a root. */
static void cover_free(uintptr_t start, uintptr_t end, void *context) {
    struct marks *marks = context;
    struct region *region = region_make(marks, start);
    if (!region || (!region->bitmaps && marks->spare_used == SPARE_BITMAPS))
        return;
    marks->spare_used += !region->bitmaps;
    cover(marks, start, end, false);
}

/* What the allocator says of the memory between two live blocks, or between one and the end of its heap. The books' tombstones
 * alone would not do: they say what was freed, not what was given out again without them. */
static void cover_between(struct marks *marks, uintptr_t from, uintptr_t to) {
    if (from < marks->heap_start || from >= marks->heap_end)
        marks->heap_end = glibc_heap_end(marks->survey, from, &marks->heap_start);
    if (!marks->heap_end)
        return;
    uintptr_t stop = to < marks->heap_end ? to : marks->heap_end;
    if (stop - from > GRANULE)
        glibc_free_chunks(marks->survey, from, stop, marks->heap_end, cover_free, marks);
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
    if (marks->last.start &&
        block->start > ((marks->last.start + marks->last.size + CANARY_SIZE + GRANULE - 1) & ~15ul) + GRANULE)
        cover_between(marks, marks->last.start, block->start);
    marks->last = *block;
    meet_live(marks, block, doubtful);
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

/* `word` is in a region. */
static void mark_now(struct marks *marks, uintptr_t word) {
    struct region *region = region_of(marks, word);
    struct bitmaps *bitmaps = region->bitmaps;
    size_t granule = granule_of(word);
    if (LIKELY(bitmaps && (bitmaps->cells[granule >> 6].live >> (granule & 63) & 1) && !(word & (GRANULE - 1)))) {
        if (reach_bit(bitmaps, granule))
            push_block(marks, word);
    } else if (bitmaps || region->before) {
        mark_inner(marks, region, word);
    }
}

static inline void mark_oldest(struct marks *marks) {
    mark_now(marks, marks->words[marks->words_tail++ % QUEUE]);
}

static inline void mark_address(struct marks *marks, uintptr_t word) {
    struct region *region = region_of(marks, word);
    if (!region || !(region->bitmaps || region->before))
        return;
    if (LIKELY(region->bitmaps != NULL))
        __builtin_prefetch(&region->bitmaps->cells[granule_of(word) >> 6], 1);
    if (marks->words_head - marks->words_tail == QUEUE)
        mark_oldest(marks);
    marks->words[marks->words_head++ % QUEUE] = word;
}

static inline bool is_heap(const struct marks *marks, uintptr_t word) {
    return word - marks->lowest < marks->span;
}

/* Two pointers of four bytes, as GLib's hash tables keep them where heaps begin below 4 GiB (programs that are no PIE). */
static RARE void mark_halves(struct marks *marks, uintptr_t word) {
    uintptr_t halves[] = {(uint32_t)word, word >> 32};
    for (unsigned i = 0; i < 2; i++)
        if (is_heap(marks, halves[i]))
            mark_address(marks, halves[i]);
}

static inline void mark(struct marks *marks, uintptr_t word) {
    if (UNLIKELY(is_heap(marks, word)))
        mark_address(marks, word);
    else if (UNLIKELY(word >> USER_BITS) && marks->lowest <= UINT32_MAX)
        mark_halves(marks, word);
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
    __builtin_prefetch((const void *)(start + 64));
    __builtin_prefetch((const void *)(start + 128));
    marks->queue[marks->head++ % QUEUE] = start;
}

/* CPython's int keeps its digits of 30 bits behind their number (Include/cpython/longintrepr.h; from 3.12 on the number is times 8, with
 * the sign). An address in an int is what ctypes makes of a c_void_p result: one digit or two. */
#define DIGIT_BITS   30
#define DIGIT        ((1u << DIGIT_BITS) - 1)
#define DIGIT_COUNTS (1u << 1 | 1u << 2 | 1u << 8 | 1u << 16)

static inline bool is_digit_count(uintptr_t word) {
    return word <= 16 && (DIGIT_COUNTS >> word & 1);
}

static RARE void mark_digits(struct marks *marks, uintptr_t count, uintptr_t digits) {
    bool two = count == 2 || count == 16;
    uintptr_t number = (digits & DIGIT) | (two ? (digits >> 32 & DIGIT) << DIGIT_BITS : 0);
    if (is_heap(marks, number))
        mark_address(marks, number);
}

static UNCHECKED_READS void mark_words(struct marks *marks, uintptr_t at, uintptr_t end) {
    uintptr_t before = 0;
    for (; at + sizeof(uintptr_t) <= end; at += sizeof(uintptr_t)) {
        uintptr_t word = *(const uintptr_t *)at;
        mark(marks, word);
        if (UNLIKELY(is_digit_count(before)))
            mark_digits(marks, before, word);
        before = word;
    }
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

void marks_stop_at(struct marks *marks, const uintptr_t *starts, size_t count) {
    marks->stops = starts;
    marks->stops_count = count;
}

static RARE bool is_stop(const struct marks *marks, uintptr_t start) {
    size_t low = 0, high = marks->stops_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (marks->stops[middle] < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low < marks->stops_count && marks->stops[low] == start;
}

/* A block the first time: its size is asked for. Later pieces know where they end. */
static void run_task(struct marks *marks, struct task task) {
    if (!task.end) {
        struct block block;
        if (!block_at(task.at, &block) || (UNLIKELY(marks->stops_count) && is_stop(marks, task.at)))
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
        unsigned waiting = marks->head - marks->tail;
        if (waiting < QUEUE / 2 && marks->depth && !marks->stack[marks->depth - 1].end)
            push_block(marks, marks->stack[--marks->depth].at);
        else if (waiting)
            run_task(marks, (struct task){marks->queue[marks->tail++ % QUEUE], 0});
        else if (marks->depth)
            run_task(marks, marks->stack[--marks->depth]);
        else if (marks->words_head != marks->words_tail)
            mark_oldest(marks);
        else
            return;
    }
}

void marks_met(struct marks *marks) {
    if (marks->last.start)
        cover_between(marks, marks->last.start, UINTPTR_MAX);
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
