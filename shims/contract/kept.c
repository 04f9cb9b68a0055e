/* SPDX-License-Identifier: Apache-2.0
 *
 * Registrations lie in one mapping and are linked by number, in a list of each index that has a key for them. Beside the lists the filter of
 * pages is kept (memory.h), with a count for each of its bits.
 */
#include "contract/kept.h"

#include <string.h>

#include "contract/memory.h"
#include "core/contract_table.h"
#include "core/latch.h"
#include "core/memory.h"

#define BUCKETS 4096u
#define PAGE    12u
#define FACTOR  UINT64_C(0x9e3779b97f4a7c15)

uint32_t memory_kept_count;
uint64_t memory_filter[1u << (MEMORY_FILTER_BITS - 6)];
uint32_t kept_losses, kept_pendings;

static struct kept *book; /* [0] is nobody's */
static uint32_t used;     /* numbers given out so far */
static uint32_t spare;    /* the first of those that may be used again, linked by KEPT_BY_OWNER */
static uint32_t heads[KEPT_INDEXES][BUCKETS];
static uint16_t counts[1u << MEMORY_FILTER_BITS];
static uint64_t newest, lost;
static struct latch latch;
static bool closed;

/* ---- the lock ---- */

bool kept_enter(void) {
    if (UNLIKELY(__atomic_load_n(&closed, __ATOMIC_RELAXED)))
        return false;
    if (LIKELY(latch_take(&latch)))
        return true;
    kept_close();
    return false;
}

void kept_leave(void) {
    if (UNLIKELY(__atomic_load_n(&closed, __ATOMIC_RELAXED)))
        kept_close();
    latch_give(&latch);
}

void kept_close(void) {
    __atomic_store_n(&closed, true, __ATOMIC_RELAXED);
    __atomic_store_n(&memory_kept_count, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&kept_losses, 0, __ATOMIC_RELAXED);
}

/* ---- the filter ---- */

static uint32_t bit_of(uint64_t page) {
    return (uint32_t)(page * FACTOR >> (64 - MEMORY_FILTER_BITS));
}

/* A count that is full stays so: its bit is then set for ever. */
static void filter_add(uint64_t page) {
    uint32_t bit = bit_of(page);
    if (counts[bit] != UINT16_MAX && ++counts[bit] == 1)
        __atomic_fetch_or(&memory_filter[bit >> 6], (uint64_t)1 << (bit & 63), __ATOMIC_RELAXED);
}

static void filter_remove(uint64_t page) {
    uint32_t bit = bit_of(page);
    if (counts[bit] != UINT16_MAX && --counts[bit] == 0)
        __atomic_fetch_and(&memory_filter[bit >> 6], ~((uint64_t)1 << (bit & 63)), __ATOMIC_RELAXED);
}

/* ---- the lists ---- */

/* 0: it is not in that index. */
static uint64_t key_of(const struct kept *kept, enum kept_index index) {
    switch (index) {
    case KEPT_BY_OWNER:
        return kept->owner;
    case KEPT_BY_PAGE:
        return kept->start >> PAGE;
    case KEPT_BY_OWNER_PAGE:
        return kept->owner >> PAGE;
    case KEPT_BY_CALLBACK:
        return kept->callback;
    case KEPT_BY_NOTIFY:
        return kept->notify;
    case KEPT_BY_DONE:
        return kept->done;
    case KEPT_BY_ONCE:
        return kept->once;
    case KEPT_BY_CALL:
        return kept->state == KEPT_PENDING ? kept->cfa : 0;
    default:
        return 0;
    }
}

/* Registrations without an owner are found under 0. */
static bool is_in(const struct kept *kept, enum kept_index index) {
    return index == KEPT_BY_OWNER || key_of(kept, index);
}

static uint32_t *head_of(enum kept_index index, uint64_t key) {
    return &heads[index][key * FACTOR >> 52];
}

static void link_in(struct kept *kept, enum kept_index index) {
    if (!is_in(kept, index))
        return;
    uint32_t *head = head_of(index, key_of(kept, index)), number = (uint32_t)(kept - book);
    kept->links[index] = (struct kept_link){.next = *head};
    book[*head].links[index].previous = number;
    *head = number;
}

static void link_out(struct kept *kept, enum kept_index index) {
    if (!is_in(kept, index))
        return;
    struct kept_link link = kept->links[index];
    if (link.previous)
        book[link.previous].links[index].next = link.next;
    else
        *head_of(index, key_of(kept, index)) = link.next;
    book[link.next].links[index].previous = link.previous;
}

/* ---- in and out ---- */

static struct kept *take_free(void) {
    if (!book && !(book = memory_map(KEPT_MOST * sizeof *book)))
        return NULL;
    struct kept *kept = &book[spare];
    if (spare)
        spare = kept->links[KEPT_BY_OWNER].next;
    else
        kept = used + 1 < KEPT_MOST ? &book[++used] : NULL;
    return kept;
}

bool kept_add(const struct kept *given) {
    struct kept *kept = take_free();
    if (!kept) {
        lost++;
        return false;
    }
    *kept = *given;
    kept->number = ++newest;
    for (enum kept_index index = 0; index < KEPT_INDEXES; index++)
        link_in(kept, index);
    if (kept->state == KEPT_PENDING)
        __atomic_fetch_add(&kept_pendings, 1, __ATOMIC_RELAXED);
    if (kept->start)
        filter_add(kept->start >> PAGE);
    if (kept->owner >> PAGE)
        filter_add(kept->owner >> PAGE);
    __atomic_fetch_add(&memory_kept_count, 1, __ATOMIC_RELAXED);
    return true;
}

void kept_remove(struct kept *kept) {
    for (enum kept_index index = 0; index < KEPT_INDEXES; index++)
        link_out(kept, index);
    if (kept->start)
        filter_remove(kept->start >> PAGE);
    if (kept->owner >> PAGE)
        filter_remove(kept->owner >> PAGE);
    if (kept->state == KEPT_LOST)
        __atomic_fetch_sub(&kept_losses, 1, __ATOMIC_RELAXED);
    if (kept->state == KEPT_PENDING)
        __atomic_fetch_sub(&kept_pendings, 1, __ATOMIC_RELAXED);
    kept->state = KEPT_FREE;
    kept->links[KEPT_BY_OWNER].next = spare;
    spare = (uint32_t)(kept - book);
    __atomic_fetch_sub(&memory_kept_count, 1, __ATOMIC_RELAXED);
}

void kept_confirm(struct kept *kept) {
    link_out(kept, KEPT_BY_CALL);
    kept->state = KEPT_HELD;
    __atomic_fetch_sub(&kept_pendings, 1, __ATOMIC_RELAXED);
}

void kept_lose(struct kept *kept, const struct kept_loss *loss) {
    kept->loss = *loss;
    kept->loss.callback = kept->callback != 0;
    kept->loss.address = kept->callback ? kept->callback : kept->start;
    link_out(kept, KEPT_BY_PAGE);
    link_out(kept, KEPT_BY_CALLBACK);
    if (kept->start)
        filter_remove(kept->start >> PAGE);
    kept->start = kept->callback = 0;
    kept->state = KEPT_LOST;
    __atomic_fetch_add(&kept_losses, 1, __ATOMIC_RELAXED);
}

bool kept_ended_by(const struct kept *kept, const struct registered *registered) {
    if (!kept->ends || kept->registered->table != registered->table)
        return false;
    if (kept->ends->flags & FFISAN_TERM_REPLACES && kept->registered->function == registered->function)
        return true;
    const struct contract_table *table = registered->table;
    const uint32_t *numbers = &table->numbers[kept->ends->first];
    for (uint32_t i = 1; i < kept->ends->count; i += 2)
        if (numbers[i] == (uint32_t)(registered->function - table->functions))
            return true;
    return false;
}

static bool blocks(const struct registered *registered) {
    for (uint32_t i = 0; i < registered->function->count; i++)
        if (registered->terms[i].word == FFISAN_WORD_BLOCKS)
            return true;
    return false;
}

bool kept_dropped_by(const struct kept *kept, const struct registered *registered) {
    return kept_ended_by(kept, registered) && !blocks(registered);
}

void kept_each(enum kept_index index, uint64_t key, bool (*each)(struct kept *kept, void *context), void *context) {
    for (uint32_t number = *head_of(index, key), next; number; number = next) {
        struct kept *kept = &book[number];
        next = kept->links[index].next;
        if (key_of(kept, index) == key && !each(kept, context))
            return;
    }
}

void kept_each_of_all(bool (*each)(struct kept *kept, void *context), void *context) {
    for (uint32_t number = 1; number <= used; number++)
        if (book[number].state != KEPT_FREE && !each(&book[number], context))
            return;
}

uint64_t kept_newest(void) {
    return __atomic_load_n(&newest, __ATOMIC_RELAXED);
}

uint64_t kept_lost(void) {
    return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}

/* What another thread was just changing may be half done: it all begins anew. Not where this one was, and a signal handler forked: it goes on with that. */
void kept_forked(void) {
    if (latch_is_own(&latch))
        kept_close();
    latch_forked(&latch);
    if (!newest || latch_is_own(&latch))
        return;
    memset(heads, 0, sizeof heads);
    memset(counts, 0, sizeof counts);
    memset(memory_filter, 0, sizeof memory_filter);
    used = spare = 0;
    memory_kept_count = kept_losses = kept_pendings = 0;
}
