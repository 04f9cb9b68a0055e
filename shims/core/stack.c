/* SPDX-License-Identifier: Apache-2.0
 *
 * The memo of walks. Each thread has its own, so nothing here is shared but two numbers.
 *
 * Why a memoised walk is exact. A walk is a computation: its input are the origin (cfa, return address, rbp), the rules of the
 * modules, and the stack slots that it reads; the address of each slot follows from what was read before it. An entry holds the
 * origin and every slot whose value the walk used, with that value. When the origin is the same and all of these slots hold the
 * same values, the walk done anew would, step by step, compute the same addresses, read the same values and so give the same
 * answer. A rbp that was restored but never used has no part in it and is not compared. Rules change only when modules come or
 * go; the number `epoch` then grows, and entries of another epoch are not looked at. Walks cut at the limit of frames or by code
 * of no module are memoised as such; walks that met something unreadable, or a module that may be about to go, are not.
 *
 * Why re-reading does not fault. On the thread's own stack every slot lies between the origin's cfa and the stack's top. The same
 * cfa, on the same thread, is on the same stack, and that stays mapped from a stack pointer in it to its top while the thread
 * lives. (Greenlets copy other contents to the same addresses: the values tell.) Any other stack, a coroutine's or a signal's,
 * may have been unmapped and a smaller one mapped there. An entry made on one is `foreign`: it is only used when all its slots
 * lie in the page of the return address, which the call has just written; else the walk is done anew, with its pages tested one
 * by one (unwind.c).
 *
 * Entries of a key (cfa, return address, row) that differ further out share a set of WAYS and push each other out in turn.
 */
#include "core/stack.h"

#include "core/memory.h"
#include "core/modules.h"
#include "core/sites.h"
#include "core/thread.h"
#include "core/unwind.h"

#define FRAMES_MOST 16U
#define WAYS        4U
#define SET_BITS    8U
#define SETS        (1U << SET_BITS)
#define PAGE_BITS   12U
#define RETRY       1024U
#define VALUE_MASK  (((uint64_t)1 << UNWIND_VALUE_BITS) - 1)
#define SLOTS_STEP  4U /* slots are compared four by four: an entry's last ones stand there twice */

struct memo {
    uintptr_t cfa; /* 0: empty */
    uintptr_t ra;
    row_id row;
    uint32_t epoch;
    site_id site;
    uint16_t count;
    bool uses_fp, foreign;
    uintptr_t frame_pointer;
    /* Of the slots; behind the last that there is room for, their distances from the cfa, in words, as uint16_t. */
    uint64_t values[];
};

/* Never given back, so that the counts of threads that have ended remain; used again by threads that begin. Padded, so that no
 * other thread's counts are in the same cache line, wherever this one begins. */
struct tally {
    struct tally *next;
    bool taken;
    char before[48];
    uint64_t hits, walks;
    char after[48];
};

struct stack_cache {
    struct tally *tally;
    uint32_t stride, capacity; /* bytes from entry to entry; slots in each */
    size_t size;
    uint8_t victims[SETS];
    char memos[] __attribute__((aligned(64)));
};

static unsigned frames_kept = 8;
static uint32_t epoch = 1, since;
static struct tally *tallies;
static uint64_t lost;

void stack_configure(unsigned frames) {
    frames_kept = frames < 1 ? 1 : frames > FRAMES_MOST ? FRAMES_MOST : frames;
}

/* ---- when modules change ---- */

/* The generation in which the last module went, that is, from which on an address has meant one thing. */
static uint32_t last_gone(void) {
    uint32_t gone = 0;
    const struct module *module;
    for (uint32_t id = 1; (module = module_by_id(id)); id++)
        if (module->gone > gone)
            gone = module->gone;
    return gone;
}

void stack_flush(bool unloading) {
    uint32_t gone = last_gone();
    if (gone != __atomic_exchange_n(&since, gone, __ATOMIC_ACQ_REL) || unloading)
        unwind_flush();
    __atomic_fetch_add(&epoch, 1, __ATOMIC_ACQ_REL);
}

/* ---- a thread's memo ---- */

static struct tally *tally_take(void) {
    for (struct tally *tally = __atomic_load_n(&tallies, __ATOMIC_ACQUIRE); tally; tally = tally->next)
        if (!__atomic_load_n(&tally->taken, __ATOMIC_RELAXED) && !__atomic_exchange_n(&tally->taken, true, __ATOMIC_ACQUIRE))
            return tally;
    struct tally *fresh = memory_carve(sizeof *fresh);
    if (!fresh)
        return NULL;
    fresh->taken = true;
    fresh->next = __atomic_load_n(&tallies, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&tallies, &fresh->next, fresh, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
    return fresh;
}

/* Counters are written by their own thread only, and read by any. */
static inline void count_hit(struct tally *tally) {
    __atomic_store_n(&tally->hits, tally->hits + 1, __ATOMIC_RELAXED);
}
static inline void count_walk(struct tally *tally) {
    __atomic_store_n(&tally->walks, tally->walks + 1, __ATOMIC_RELAXED);
}

static RARE struct stack_cache *cache_open(void) {
    uintptr_t low, high;
    if (self.ending)
        return NULL;
    thread_stack(&low, &high);
    uint32_t capacity = (2 * frames_kept + SLOTS_STEP - 1) / SLOTS_STEP * SLOTS_STEP;
    uint32_t stride = (uint32_t)(sizeof(struct memo) + capacity * (sizeof(uint64_t) + sizeof(uint16_t)) + 63) & ~63U;
    size_t size = sizeof(struct stack_cache) + (size_t)SETS * WAYS * stride;
    struct tally *tally = tally_take();
    struct stack_cache *cache = tally ? memory_map(size) : NULL;
    if (!cache) {
        if (tally)
            __atomic_store_n(&tally->taken, false, __ATOMIC_RELEASE);
        return NULL;
    }
    *cache = (struct stack_cache){.tally = tally, .stride = stride, .capacity = capacity, .size = size};
    self.stacks = cache;
    return cache;
}

void stack_thread_end(void) {
    struct stack_cache *cache = self.stacks;
    self.stacks = NULL;
    if (!cache)
        return;
    __atomic_store_n(&cache->tally->taken, false, __ATOMIC_RELEASE);
    memory_unmap(cache, cache->size);
}

/* ---- looking up ---- */

static unsigned set_of(const struct origin *origin, row_id row) {
    uint64_t key = origin->cfa + (origin->ra << 9) + ((uint64_t)row << 40);
    return (unsigned)(key * 0x9e3779b97f4a7c15U >> (64 - SET_BITS));
}

static struct memo *memo_first(struct stack_cache *cache, unsigned set) {
    return (struct memo *)(cache->memos + (size_t)set * WAYS * cache->stride);
}

static struct memo *memo_next(const struct stack_cache *cache, const struct memo *memo) {
    return (struct memo *)((uintptr_t)memo + cache->stride);
}

static uint16_t *distances_of(const struct stack_cache *cache, const struct memo *memo) {
    return (uint16_t *)(uintptr_t)(memo->values + cache->capacity);
}

/* Every slot is read, without a branch in between: that is shorter than to stop at the first that differs, and it is known to be
 * there. */
static inline UNCHECKED_READS bool memo_holds(const struct memo *memo, const uint16_t *distances) {
    const uint64_t *base = (const uint64_t *)memo->cfa, *values = memo->values;
    uint64_t differs = 0;
    for (unsigned i = 0; i < memo->count; i += SLOTS_STEP)
        differs |= (base[distances[i]] ^ values[i]) | (base[distances[i + 1]] ^ values[i + 1]) |
                   (base[distances[i + 2]] ^ values[i + 2]) | (base[distances[i + 3]] ^ values[i + 3]);
    return differs == 0;
}

static RARE bool memo_in_page(const struct memo *memo, const uint16_t *distances) {
    uintptr_t page = (memo->cfa - 8) >> PAGE_BITS;
    for (unsigned i = 0; i < memo->count; i++)
        if ((memo->cfa + (uintptr_t)distances[i] * 8) >> PAGE_BITS != page)
            return false;
    return true;
}

static inline bool memo_matches(const struct stack_cache *cache, const struct memo *memo, const struct origin *origin, row_id row,
                                uint32_t now) {
    if (memo->cfa != origin->cfa || memo->ra != origin->ra || memo->row != row || memo->epoch != now)
        return false;
    if (memo->uses_fp && memo->frame_pointer != origin->frame_pointer)
        return false;
    const uint16_t *distances = distances_of(cache, memo);
    if (UNLIKELY(memo->foreign) && !memo_in_page(memo, distances))
        return false;
    return memo_holds(memo, distances);
}

/* ---- walking ---- */

static unsigned walk(struct unwind *unwind, uintptr_t *frames, unsigned limit, bool *complete) {
    unsigned depth = 0;
    *complete = false;
    if (limit == 0)
        return 0;
    frames[depth++] = unwind->pc;
    while (depth < limit && unwind_step(unwind))
        frames[depth++] = unwind->pc;
    *complete = unwind->complete || (depth == limit && unwind_at_end(unwind));
    return depth;
}

/* Written so that an interruption for ever (longjmp out of a signal handler) leaves an empty entry. */
static void memo_write(const struct stack_cache *cache, struct memo *memo, const struct origin *origin, const struct memo *head,
                       const struct unwind_log *log) {
    uint16_t *distances = distances_of(cache, memo);
    unsigned padded = (log->count + SLOTS_STEP - 1) / SLOTS_STEP * SLOTS_STEP;
    __atomic_store_n(&memo->cfa, 0, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    memo->ra = origin->ra;
    memo->row = head->row;
    memo->epoch = head->epoch;
    memo->site = head->site;
    memo->count = (uint16_t)padded;
    memo->uses_fp = log->uses_fp;
    memo->foreign = head->foreign;
    memo->frame_pointer = origin->frame_pointer;
    for (unsigned i = 0; i < padded; i++) {
        uint64_t slot = log->slots[i < log->count ? i : log->count - 1];
        memo->values[i] = slot & VALUE_MASK;
        distances[i] = (uint16_t)(slot >> UNWIND_VALUE_BITS);
    }
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(&memo->cfa, origin->cfa, __ATOMIC_RELAXED);
}

static RARE site_id site_walked(const struct origin *origin, row_id row, uint32_t now, struct stack_cache *cache, unsigned set) {
    uintptr_t frames[FRAMES_MOST];
    bool complete;
    struct unwind_log log;
    struct unwind unwind;
    uint32_t oldest = __atomic_load_n(&since, __ATOMIC_ACQUIRE), generation = modules_generation();
    unwind_from_origin(&unwind, origin);
    unwind_keep_log(&unwind, &log);
    unsigned depth = walk(&unwind, frames, frames_kept, &complete);
    site_id site = site_intern(row, generation, oldest, frames, depth, complete);
    if (!site)
        __atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
    if (!cache)
        return site;
    count_walk(cache->tally);
    if (UNLIKELY(!self.stack_high) && cache->tally->walks % RETRY == 0) {
        uintptr_t low, high;
        thread_stack(&low, &high); /* the first time it may have been asked on another stack */
    }
    if (site && !log.overflow && log.count <= cache->capacity) {
        struct memo head = {.row = row, .epoch = now, .site = site, .foreign = unwind.checked};
        struct memo *victim = memo_first(cache, set);
        for (unsigned way = cache->victims[set]++ % WAYS; way; way--)
            victim = memo_next(cache, victim);
        memo_write(cache, victim, origin, &head, &log);
    }
    return site;
}

static RARE site_id site_first(const struct origin *origin, row_id row, uint32_t now) {
    struct stack_cache *cache = cache_open();
    return site_walked(origin, row, now, cache, set_of(origin, row));
}

site_id stack_site(const struct origin *origin, row_id row) {
    uint32_t now =
        __atomic_load_n(&epoch, __ATOMIC_ACQUIRE); /* before anything is read: what changes later makes the entry stale */
    struct stack_cache *cache = self.stacks;
    if (UNLIKELY(!cache))
        return site_first(origin, row, now);
    unsigned set = set_of(origin, row);
    const struct memo *memo = memo_first(cache, set);
    for (unsigned way = 0; way < WAYS; way++, memo = memo_next(cache, memo))
        if (memo_matches(cache, memo, origin, row, now)) {
            count_hit(cache->tally);
            return memo->site;
        }
    return site_walked(origin, row, now, cache, set);
}

/* ---- without the memo ---- */

unsigned stack_walk(const struct origin *origin, uintptr_t *frames, unsigned limit, bool *complete) {
    struct unwind unwind;
    uintptr_t low, high;
    thread_stack(&low, &high);
    unwind_from_origin(&unwind, origin);
    return walk(&unwind, frames, limit, complete);
}

unsigned stack_walk_context(const void *ucontext, uintptr_t *frames, unsigned limit, bool *complete) {
    struct unwind unwind;
    unwind_from_context(&unwind, ucontext);
    return walk(&unwind, frames, limit, complete);
}

struct stack_counts stack_counts(void) {
    struct stack_counts counts = {.rules = unwind_rules(), .lost = __atomic_load_n(&lost, __ATOMIC_RELAXED)};
    for (struct tally *tally = __atomic_load_n(&tallies, __ATOMIC_ACQUIRE); tally; tally = tally->next) {
        counts.hits += __atomic_load_n(&tally->hits, __ATOMIC_RELAXED);
        counts.walks += __atomic_load_n(&tally->walks, __ATOMIC_RELAXED);
    }
    return counts;
}
