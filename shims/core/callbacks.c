/* SPDX-License-Identifier: Apache-2.0
 *
 * Two books. The pages: for each page that holds closures or their code, a leaf with a place for every eight bytes of it; the
 * leaves are found by a hash of the page's number, and neither ever goes away. The kept ones: a ring in the order of their
 * release; who comes in at one end puts the oldest out at the other.
 */
#include "core/callbacks.h"

#include <string.h>

#include "core/crossings.h"
#include "core/memory.h"
#include "core/modules.h"
#include "core/peek.h"

#define PAGE_BITS     12
#define STEP_BITS     3 /* closures and trampolines of every libffi lie on multiples of eight */
#define LEAF          (1u << (PAGE_BITS - STEP_BITS))
#define PAGE_LIMIT    (1u << 15)
#define RING          (2 * CALLBACKS_KEPT) /* wider than what is kept: a slow thread is not run over */
#define CLOSURE_WORDS 8                    /* of a closure up to its user_data, in every libffi */
#define CHUNK         (64u << 10)
#define TAG_SHIFT     48 /* addresses of programs are below (x86-64, 4-level paging; nothing of ours is mapped higher) */

static struct page {
    uintptr_t number; /* 0: free */
    struct callback **leaf;
} pages[PAGE_LIMIT];
static uint32_t page_count;

static struct callback *ring[RING];
static uint32_t head, tail; /* tail..head are kept, modulo RING */
static size_t kept_bytes;
static uint64_t discarded; /* the newest of a stack, with a tag above its address that changes with each change */

/* ---- by address ------------------------------------------------------------------------------------------------------------ */

static uint32_t page_start(uintptr_t number) {
    return (uint32_t)(number * 0x9e3779b97f4a7c15u >> 40) % PAGE_LIMIT;
}

static struct callback **place_in(struct callback **leaf, uintptr_t address) {
    return &leaf[address >> STEP_BITS & (LEAF - 1)];
}

/* Where the callback of this address would stand; NULL: there never was one in its page. */
static struct callback **place_of(uintptr_t address) {
    uintptr_t number = address >> PAGE_BITS;
    if (LIKELY(!__atomic_load_n(&page_count, __ATOMIC_ACQUIRE)))
        return NULL;
    for (uint32_t i = page_start(number);; i = (i + 1) % PAGE_LIMIT) {
        uintptr_t there = __atomic_load_n(&pages[i].number, __ATOMIC_ACQUIRE);
        if (!there)
            return NULL;
        if (there != number)
            continue;
        struct callback **leaf = __atomic_load_n(&pages[i].leaf, __ATOMIC_ACQUIRE);
        return leaf ? place_in(leaf, address) : NULL;
    }
}

/* A quarter stays free, so that a search comes to an end soon. */
static bool page_taken(uintptr_t *place, uintptr_t number) {
    uintptr_t before = 0;
    if (__atomic_load_n(&page_count, __ATOMIC_RELAXED) >= PAGE_LIMIT / 4 * 3)
        return false;
    if (!__atomic_compare_exchange_n(place, &before, number, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return before == number;
    __atomic_fetch_add(&page_count, 1, __ATOMIC_RELEASE);
    return true;
}

static struct callback **leaf_open(struct page *page) {
    struct callback **leaf = __atomic_load_n(&page->leaf, __ATOMIC_ACQUIRE), **fresh;
    if (leaf)
        return leaf;
    fresh = memory_carve(LEAF * sizeof(void *));
    if (!fresh || __atomic_compare_exchange_n(&page->leaf, &leaf, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    return leaf;
}

static RARE struct callback **place_new(uintptr_t address) {
    uintptr_t number = address >> PAGE_BITS;
    for (uint32_t i = page_start(number), seen = 0; seen < PAGE_LIMIT; i = (i + 1) % PAGE_LIMIT, seen++) {
        uintptr_t there = __atomic_load_n(&pages[i].number, __ATOMIC_ACQUIRE);
        if (there != number && (there || !page_taken(&pages[i].number, number)))
            continue;
        struct callback **leaf = leaf_open(&pages[i]);
        return leaf ? place_in(leaf, address) : NULL;
    }
    return NULL;
}

static struct callback *at(uintptr_t address) {
    struct callback **place = place_of(address);
    return place ? __atomic_load_n(place, __ATOMIC_ACQUIRE) : NULL;
}

static enum callback_state state_of(const struct callback *callback) {
    return __atomic_load_n(&callback->state, __ATOMIC_ACQUIRE);
}

/* Memory that nobody tells us about may be something else by now: it has to look as libffi left it. */
static RARE bool looks_whole(const struct callback *callback) {
    uint64_t words[CLOSURE_WORDS];
    uint32_t cif = callback->data_offset / sizeof *words - 2;
    return callback->data_offset >= 3 * sizeof *words && callback->data_offset <= sizeof words &&
           peek(words, callback->closure, callback->data_offset) && words[0] == callback->head &&
           words[cif] == (uintptr_t)callback->cif;
}

struct callback *callback_at(uintptr_t code) {
    struct callback *callback = at(code);
    if (LIKELY(!callback) || callback->code != code)
        return NULL;
    enum callback_state state = state_of(callback);
    if (state != CALLBACK_LIVE && state != CALLBACK_RELEASED)
        return NULL;
    return state == CALLBACK_LIVE && callback->foreign && !looks_whole(callback) ? NULL : callback;
}

struct callback *callback_of(uintptr_t closure) {
    struct callback *callback = at(closure);
    return callback && callback->closure == closure && state_of(callback) != CALLBACK_DROPPED ? callback : NULL;
}

/* ---- those that are made use of again -------------------------------------------------------------------------------------- */

static struct callback *untagged(uint64_t tagged) {
    return (struct callback *)(uintptr_t)(tagged & (((uint64_t)1 << TAG_SHIFT) - 1));
}

static uint64_t tagged(const struct callback *callback, uint64_t before) {
    return (uintptr_t)callback | ((before >> TAG_SHIFT) + 1) << TAG_SHIFT;
}

void callback_discard(struct callback *callback) {
    uint64_t before = __atomic_load_n(&discarded, __ATOMIC_RELAXED);
    __atomic_store_n(&callback->state, CALLBACK_DROPPED, __ATOMIC_RELEASE);
    do
        __atomic_store_n(&callback->next, untagged(before), __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&discarded, &before, tagged(callback, before), true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
}

static struct callback *take_discarded(void) {
    uint64_t before = __atomic_load_n(&discarded, __ATOMIC_ACQUIRE);
    struct callback *callback;
    do
        if (!(callback = untagged(before)))
            return NULL;
    while (!__atomic_compare_exchange_n(&discarded, &before, tagged(__atomic_load_n(&callback->next, __ATOMIC_RELAXED), before),
                                        true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    return callback;
}

/* More of them. The cifs that runtimes gave us may be known to nobody else: the search for leaks has to see them here. */
static RARE struct callback *map_more(void) {
    struct callback *fresh = memory_map_theirs(CHUNK, false);
    for (size_t i = 1; fresh && i < CHUNK / sizeof *fresh; i++)
        callback_discard(&fresh[i]);
    return fresh;
}

struct callback *callback_new(void) {
    struct callback *callback = take_discarded();
    if (UNLIKELY(!callback))
        return map_more();
    memset(callback, 0, sizeof *callback);
    return callback;
}

/* ---- in and out ------------------------------------------------------------------------------------------------------------ */

static void leave(struct callback *callback, uintptr_t address) {
    struct callback **place = place_of(address), *there = callback;
    if (place)
        __atomic_compare_exchange_n(place, &there, NULL, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void leave_books(struct callback *callback) {
    leave(callback, callback->code);
    leave(callback, callback->closure);
}

static size_t cost_of(const struct callback *callback) {
    return sizeof *callback + callback->size;
}

/* What stands in the way, left by a thread that was slow by a whole lap, stays as it is for ever. */
static void keep(struct callback *callback) {
    __atomic_fetch_add(&kept_bytes, cost_of(callback), __ATOMIC_RELAXED);
    uint32_t place = __atomic_fetch_add(&head, 1, __ATOMIC_ACQ_REL);
    __atomic_store_n(&ring[place % RING], callback, __ATOMIC_RELEASE);
}

/* Nobody can be on the way through one that was only reserved; any other is kept for a while, as it is. */
void callback_forget(struct callback *callback) {
    uint32_t state = CALLBACK_LIVE;
    leave_books(callback);
    if (__atomic_compare_exchange_n(&callback->state, &state, CALLBACK_REPLACED, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        keep(callback);
    else if (state == CALLBACK_RESERVED)
        callback_discard(callback);
    else if (state == CALLBACK_RELEASED)
        __atomic_compare_exchange_n(&callback->state, &state, CALLBACK_REPLACED, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void make_room(struct callback **place, const struct callback *fresh) {
    struct callback *there = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    if (there && there != fresh)
        callback_forget(there);
}

bool callback_enter(struct callback *callback, enum callback_state state) {
    struct callback **by_code = place_new(callback->code), **by_closure = place_new(callback->closure);
    if (!by_code || !by_closure || (callback->code | callback->closure) & ((1u << STEP_BITS) - 1))
        return false;
    make_room(by_code, callback);
    make_room(by_closure, callback);
    __atomic_store_n(&callback->state, state, __ATOMIC_RELEASE);
    __atomic_store_n(by_code, callback, __ATOMIC_RELEASE);
    __atomic_store_n(by_closure, callback, __ATOMIC_RELEASE);
    return true;
}

bool callback_release(struct callback *callback, const struct callback_release *release) {
    uint32_t state = state_of(callback);
    if (state != CALLBACK_LIVE)
        return false;
    callback->released = release->site; /* first: from the next step on it is called late */
    callback->released_line = release->line;
    memcpy(callback->released_outer, release->outer, sizeof callback->released_outer);
    callback->give_back = release->give_back;
    callback->giver = module_at((uintptr_t)release->give_back);
    if (!__atomic_compare_exchange_n(&callback->state, &state, CALLBACK_RELEASED, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return false;
    keep(callback);
    return true;
}

/* ---- the oldest ------------------------------------------------------------------------------------------------------------ */

static bool too_many(uint32_t from, uint32_t to) {
    return to - from > CALLBACKS_KEPT || (to != from && __atomic_load_n(&kept_bytes, __ATOMIC_RELAXED) > CALLBACKS_KEPT_BYTES);
}

/* Out of the ring; NULL: there are not too many. */
static struct callback *take_oldest(void) {
    uint32_t from = __atomic_load_n(&tail, __ATOMIC_ACQUIRE);
    while (too_many(from, __atomic_load_n(&head, __ATOMIC_ACQUIRE))) {
        if (!__atomic_compare_exchange_n(&tail, &from, from + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            continue;
        struct callback *oldest = __atomic_exchange_n(&ring[from % RING], NULL, __ATOMIC_ACQ_REL);
        if (oldest) {
            __atomic_fetch_sub(&kept_bytes, cost_of(oldest), __ATOMIC_RELAXED);
            return oldest;
        }
        from++;
    }
    return NULL;
}

struct callback *callback_overdue(void) {
    struct callback *oldest;
    while ((oldest = take_oldest())) {
        uint32_t state = CALLBACK_RELEASED;
        if (__atomic_compare_exchange_n(&oldest->state, &state, CALLBACK_DROPPED, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            leave_books(oldest);
            return oldest;
        }
        if (state == CALLBACK_REPLACED)
            callback_discard(oldest);
    }
    return NULL;
}

uint32_t callbacks_kept(void) {
    return __atomic_load_n(&head, __ATOMIC_RELAXED) - __atomic_load_n(&tail, __ATOMIC_RELAXED);
}

RARE void callback_know(struct callback *callback) {
    uintptr_t data;
    if (callback->function_line || !callback->data_offset)
        return;
    memcpy(&data, (const void *)(callback->closure + callback->data_offset), sizeof data);
    uint32_t line = managed_places.callback_line ? managed_places.callback_line(callback->binding, data) : 0;
    callback->function_line = line ? line : CALLBACK_NO_LINE;
}
