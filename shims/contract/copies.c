/* SPDX-License-Identifier: Apache-2.0
 *
 * Regions, each with a queue of slots that were taken away and a lock that is held for a few instructions. Who does not get in does without: an
 * argument is then lent as it is. A slot whose call never comes back (longjmp, a thread that ended) is lost.
 */
#include "contract/copies.h"

#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include "core/memory.h"
#include "core/thread.h"
#include "hooks/with.h"

#define PAGE        4096u
#define LINE        64u
#define SMALLEST    6u  /* 2 to this */
#define REGIONS     16u /* up to 1 MiB, and the guarded one */
#define GUARDED     (REGIONS - 1)
#define GUARD_SIZE  (4u * PAGE) /* the largest that may be guarded */
#define REGION_SIZE ((size_t)512 << 10)
#define SLOTS_LEAST 4u
#define GUARDS      256u
#define TRIES       1000u
#define STRANGE     0xa5
#define PATTERN     0xf6f6f6f6f6f6f6f6u /* no address that could be used */

struct region {
    uintptr_t start;
    size_t half;          /* of a slot */
    uint32_t slots, used; /* how many there are, and have ever been given out */
    uint32_t *queue;      /* of slots that were taken away, from head to tail, modulo slots */
    uint32_t head, tail;
    struct copy *copies; /* one for each slot */
    bool locked;
};
static struct region regions[REGIONS];
static void (*tell_written)(struct copy *copy, size_t offset);

static bool enter(struct region *region) {
    for (unsigned i = 0; i < TRIES; i++)
        if (!__atomic_exchange_n(&region->locked, true, __ATOMIC_ACQUIRE))
            return true;
    return false;
}

static void leave(struct region *region) {
    __atomic_store_n(&region->locked, false, __ATOMIC_RELEASE);
}

static void let_use(const struct copy *copy) {
    if (with_memory.allow)
        with_memory.allow(copy->start & ~(uintptr_t)(LINE - 1), regions[copy->region].half);
}

/* ---- the pattern ----------------------------------------------------------------------------------------------------------- */

/* The whole lines that the copy touches, so that a write beside it shows as well. */
static uintptr_t lines_of(const struct copy *copy, size_t *words) {
    uintptr_t first = copy->start & ~(uintptr_t)(LINE - 1),
              end = (copy->start + copy->size + copy->extra + LINE - 1) & ~(uintptr_t)(LINE - 1);
    *words = (end - first) / sizeof(uint64_t);
    return first;
}

static void fill(const struct copy *copy) {
    size_t words;
    uint64_t *at = (uint64_t *)lines_of(copy, &words);
    memset(at, (int)(PATTERN & 0xff), words * sizeof *at);
}

/* A line at a time, in the processor's wide registers. */
typedef uint64_t wide __attribute__((vector_size(16), aligned(1), may_alias));
#define WIDES (LINE / sizeof(wide))

static inline bool is_zero(wide sum) {
    return (sum[0] | sum[1]) == 0;
}

static bool is_whole(const uint64_t *at, size_t words) {
    const wide pattern = {PATTERN, PATTERN}, *line = (const wide *)at;
    wide sum = {0};
    for (const wide *end = (const wide *)(at + words); line < end; line += WIDES)
        sum |= (line[0] ^ pattern) | (line[1] ^ pattern) | (line[2] ^ pattern) | (line[3] ^ pattern);
    return is_zero(sum);
}

static bool lines_are_equal(const uint8_t *a, const uint8_t *b) {
    const wide *left = (const wide *)a, *right = (const wide *)b;
    return is_zero((left[0] ^ right[0]) | (left[1] ^ right[1]) | (left[2] ^ right[2]) | (left[3] ^ right[3]));
}

static RARE void tell(struct copy *copy, const uint8_t *bytes, size_t count) {
    size_t at = 0;
    while (at < count && bytes[at] == (PATTERN & 0xff))
        at++;
    size_t offset = (uintptr_t)bytes + at - copy->start;
    copy->told = true;
    tell_written(copy, offset);
}

/* One that was taken away, before somebody else gets it. Valgrind has seen every access and said so. */
static void check(struct copy *copy) {
    if (with_memory.name)
        return;
    size_t words;
    const uint64_t *at = (const uint64_t *)lines_of(copy, &words);
    if (!copy->guarded && !copy->told && UNLIKELY(!is_whole(at, words)))
        tell(copy, (const uint8_t *)at, words * sizeof *at);
}

/* Not by libc's function, which may be another checker's: what the contract says is what is looked at, and who reads it is C, not we. */
static void copy_bytes(uintptr_t to, uintptr_t from, size_t size) {
    if (LIKELY(!with_memory.forbid))
        memcpy((void *)to, (const void *)from, size);
    else
        __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

/* Another checker has something to say of what is behind: it is not looked at, and what C writes there shows all the same. */
static size_t known_extra(size_t extra) {
    return with_memory.forbid ? 0 : extra;
}

/* ---- slots ----------------------------------------------------------------------------------------------------------------- */

static uint16_t region_for(size_t size, bool guarded) {
    if (guarded && size <= GUARD_SIZE - 2 * LINE)
        return GUARDED;
    unsigned power = size > 1u << SMALLEST ? 64 - (unsigned)__builtin_clzl(size - 1) : SMALLEST;
    return (uint16_t)(power - SMALLEST);
}

/* The oldest that was taken away when all have been used; -1: all are open. Those of the first round come from memory that was never touched. */
static int64_t next_slot(struct region *region) {
    if (region->used < region->slots)
        return region->used++;
    return region->head != region->tail ? (int64_t)region->queue[region->head++ % region->slots] : -1;
}

static int64_t get_slot(struct region *region) {
    if (!enter(region))
        return -1;
    int64_t slot = next_slot(region);
    leave(region);
    return slot;
}

static void make_accessible(struct copy *copy) {
    if (copy->guarded)
        copy_open_again(copy);
    copy->guarded = false;
}

static void reuse(struct copy *copy) {
    if (copy->state != COPY_TAKEN)
        return;
    if (copy->mark && with_memory.unname)
        with_memory.unname(copy->mark - 1);
    let_use(copy);
    bool guarded = copy->guarded;
    make_accessible(copy);
    if (!guarded)
        check(copy);
}

struct copy *copy_make(uintptr_t original, size_t size, size_t extra, unsigned how) {
    uint16_t index = size <= COPY_MOST ? region_for(size, how & COPY_GUARDED) : REGIONS;
    if (index >= REGIONS || !regions[index].start)
        return NULL;
    struct region *region = &regions[index];
    int64_t slot = get_slot(region);
    if (slot < 0)
        return NULL;
    struct copy *copy = &region->copies[slot];
    reuse(copy);
    uintptr_t start = region->start + (size_t)slot * 2 * region->half + original % LINE;
    *copy = (struct copy){.start = start,
                          .before = start + region->half,
                          .original = original,
                          .size = size,
                          .extra = extra,
                          .region = index,
                          .constant = how & COPY_CONSTANT,
                          .guarded = index == GUARDED};
    copy_bytes(start, original, size + known_extra(extra));
    memset((void *)(start + size + known_extra(extra)), STRANGE, extra - known_extra(extra));
    if (!copy->constant)
        copy_bytes(copy->before, start, size + extra);
    __atomic_store_n(&copy->state, COPY_OPEN, __ATOMIC_RELEASE);
    return copy;
}

size_t copy_changed(const struct copy *copy, size_t from) {
    const uint8_t *now = (const uint8_t *)copy->start, *before = (const uint8_t *)copy->before;
    size_t size = copy->size + copy->extra;
    if (copy->constant)
        return size;
    while (from < size && now[from] == before[from])
        from += from + LINE <= size && lines_are_equal(now + from, before + from) ? LINE : 1;
    return from;
}

void copy_take_away(struct copy *copy) {
    struct region *region = &regions[copy->region];
    uint32_t slot = (uint32_t)(copy - region->copies);
    if (!copy->guarded)
        fill(copy);
    else if (with_memory.forbid || mprotect((void *)(copy->start & ~(uintptr_t)(PAGE - 1)), region->half, PROT_NONE) != 0)
        copy->guarded = false, fill(copy);
    __atomic_store_n(&copy->state, COPY_TAKEN, __ATOMIC_RELEASE);
    if (with_memory.forbid)
        with_memory.forbid(copy->start & ~(uintptr_t)(LINE - 1), region->half);
    for (unsigned i = 0; !enter(region); i++) {
        if (i == TRIES)
            return; /* lost */
        sched_yield();
    }
    region->queue[region->tail++ % region->slots] = slot;
    leave(region);
}

struct copy *copy_at(uintptr_t address) {
    for (unsigned i = 0; i < REGIONS; i++) {
        const struct region *region = &regions[i];
        size_t size = 2 * region->half * region->slots;
        if (!region->start || address - region->start >= size)
            continue;
        struct copy *copy = &region->copies[(address - region->start) / (2 * region->half)];
        return address < copy->before ? copy : NULL;
    }
    return NULL;
}

bool copy_open_again(struct copy *copy) {
    return mprotect((void *)(copy->start & ~(uintptr_t)(PAGE - 1)), regions[copy->region].half, PROT_READ | PROT_WRITE) == 0;
}

void copies_check(void) {
    for (unsigned i = 0; i < REGIONS; i++)
        for (uint32_t slot = 0; slot < regions[i].used; slot++) {
            struct copy *copy = &regions[i].copies[slot];
            if (__atomic_load_n(&copy->state, __ATOMIC_ACQUIRE) == COPY_TAKEN && !copy->guarded) {
                let_use(copy);
                check(copy);
            }
        }
}

/* Whole pages, so that a guarded one has its own. */
static bool open_region(struct region *region, size_t largest, uint32_t slots, size_t alignment) {
    region->half = (largest + COPY_EXTRA + LINE + alignment - 1) & ~(alignment - 1);
    region->slots = slots;
    region->queue = memory_map(slots * sizeof *region->queue);
    region->copies = memory_map(slots * sizeof *region->copies);
    /* The program's: what C has put there leads to its blocks. */
    region->start = (uintptr_t)memory_map_theirs(2 * region->half * slots, false);
    return region->queue && region->copies && region->start;
}

bool copies_start(void (*written)(struct copy *copy, size_t offset)) {
    tell_written = written;
    for (unsigned i = 0; i < GUARDED; i++) {
        size_t largest = (size_t)1 << (SMALLEST + i);
        uint32_t slots = (uint32_t)(REGION_SIZE / (2 * largest));
        if (!open_region(&regions[i], largest, slots < SLOTS_LEAST ? SLOTS_LEAST : slots, LINE))
            return false;
    }
    return open_region(&regions[GUARDED], GUARD_SIZE - 2 * LINE, GUARDS, PAGE);
}

void copies_forked(void) {
    for (unsigned i = 0; i < REGIONS; i++)
        regions[i].locked = false;
}
