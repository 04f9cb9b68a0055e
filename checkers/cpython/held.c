/* SPDX-License-Identifier: Apache-2.0
 *
 * The books of what is held back: one a thread, taken from a pool when something is to be held, and put back when nothing is. A thread that is
 * switched between stacks (greenlets) may lose its holds early; that only makes the rules see less.
 */
#include "cpython/held.h"

#include <string.h>

#include "core/crossings.h"
#include "core/findings.h"
#include "core/memory.h"
#include "core/stack.h"
#include "cpython/cpython.h"
#include "cpython/methods.h"
#include "hooks/hooks.h"

#define ASKED_MOST 32u /* addresses that wait for their block's end */
#define POOL_SIZE  32u

struct held_book {
    uint32_t count, asked_count;
    size_t bytes;
    uintptr_t low, high; /* around everything in `list`; may be wider */
    struct held list[HELD_MOST];
    struct {
        uintptr_t address, cfa;
    } asked[ASKED_MOST];
};

static struct held_book *pool[POOL_SIZE];

static struct held_book *book_take(void) {
    for (unsigned i = 0; i < POOL_SIZE; i++) {
        struct held_book *book = __atomic_exchange_n(&pool[i], NULL, __ATOMIC_ACQ_REL);
        if (book)
            return book;
    }
    return memory_map(sizeof(struct held_book));
}

static void book_put(struct held_book *book) {
    book->count = book->asked_count = 0;
    book->bytes = 0;
    for (unsigned i = 0; i < POOL_SIZE; i++) {
        struct held_book *none = NULL;
        if (__atomic_compare_exchange_n(&pool[i], &none, book, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return;
    }
    memory_unmap(book, sizeof *book);
}

static struct held_book *book_here(void) {
    if (!self.held)
        self.held = book_take();
    return self.held;
}

static void book_close(void) {
    if (!self.held || self.held->count || self.held->asked_count)
        return;
    book_put(self.held);
    self.held = NULL;
}

/* ---- giving back ---- */

static void now_held(struct held_book *book) {
    self.watched = book->count;
    if (book->count)
        return;
    book->low = UINTPTR_MAX;
    book->high = 0;
}

/* As if the program did it now: with the books, which do nothing while the shim is at work. */
static void give_back(const struct held *held) {
    uint32_t busy = self.busy;
    self.busy = 0;
    domains_give_back(held->context, held->start, held->domain);
    self.busy = busy;
}

static void drop(struct held_book *book, unsigned index) {
    struct held held = book->list[index];
    memmove(&book->list[index], &book->list[index + 1], (book->count - index - 1) * sizeof *book->list);
    book->count--;
    book->bytes -= held.size;
    now_held(book);
    give_back(&held);
}

/* Until there is room for one more; those that were asked for stay. */
static bool make_room(struct held_book *book, size_t size) {
    for (unsigned i = 0; i < book->count && (book->count == HELD_MOST || book->bytes + size > HELD_BYTES);)
        if (book->list[i].asked)
            i++;
        else
            drop(book, i);
    return book->count < HELD_MOST && book->bytes + size <= HELD_BYTES;
}

/* From 3.12 on each interpreter of the process may have arenas of its own (Objects/obmalloc.c, get_state), and takes a block of another's for
 * one of malloc's. So nothing is held but in the main one, with the GIL, and it is given back there. */
static bool in_main_interpreter(void) {
    return cpython.current_thread_state && cpython.current_thread_state() && cpython.current_interpreter &&
           cpython.main_interpreter && cpython.current_interpreter() == cpython.main_interpreter();
}

/* The calls up to that one are over: what lies deeper was left by a jump. */
static void end(struct held_book *book, const struct method_call *call) {
    for (unsigned i = 0; i < book->asked_count;)
        if (book->asked[i].cfa <= call->cfa)
            book->asked[i] = book->asked[--book->asked_count];
        else
            i++;
    domains_wish(DOMAIN_WISH_HELD, book->asked_count);
    if (!in_main_interpreter())
        return; /* later */
    for (unsigned i = book->count; i > 0; i--)
        if (book->list[i - 1].cfa <= call->cfa)
            drop(book, i - 1);
    book_close();
}

void held_end(const struct method_call *call) {
    struct inside inside = inside_enter();
    if (self.held)
        end(self.held, call);
    inside_leave(inside);
}

/* ---- taking ---- */

struct held *memory_held(uintptr_t address) {
    struct held_book *book = self.held;
    if (LIKELY(!book || !book->count || address < book->low || address >= book->high))
        return NULL;
    for (unsigned i = 0; i < book->count; i++)
        if (address - book->list[i].start < book->list[i].size)
            return &book->list[i];
    return NULL;
}

static uintptr_t asked_in(const struct held_book *book, uintptr_t start, size_t size) {
    for (unsigned i = 0; book && i < book->asked_count; i++)
        if (book->asked[i].address - start < size)
            return book->asked[i].address;
    return 0;
}

/* A block that is held already is being freed again: the first one was its end, and memory_held says so to who wants to report it. */
bool held_take(void *context, const struct domain_event *event, uintptr_t cfa) {
    if (memory_held(event->start))
        return true;
    struct held_book *book = event->size && in_main_interpreter() ? book_here() : NULL;
    if (!book || !make_room(book, event->size))
        return false;
    if (!book->count)
        now_held(book);
    uintptr_t asked = asked_in(book, event->start, event->size);
    book->list[book->count++] = (struct held){.start = event->start,
                                              .size = event->size,
                                              .object = asked ? asked : event->start,
                                              .cfa = cfa,
                                              .site = stack_site(event->origin, 0),
                                              .line = managed_places.line ? managed_places.line(place_here()) : 0,
                                              .domain = event->domain,
                                              .context = context,
                                              .asked = asked != 0};
    book->bytes += event->size;
    book->low = event->start < book->low ? event->start : book->low;
    book->high = event->start + event->size > book->high ? event->start + event->size : book->high;
    self.watched = book->count;
    return true;
}

/* ---- asking beforehand ---- */

bool memory_hold(uintptr_t address, uintptr_t cfa) {
    struct held_book *book = book_here();
    if (!book)
        return false;
    for (unsigned i = 0; i < book->asked_count; i++)
        if (book->asked[i].address == address) {
            book->asked[i].cfa = cfa > book->asked[i].cfa ? cfa : book->asked[i].cfa;
            return true;
        }
    if (book->asked_count == ASKED_MOST)
        return false;
    book->asked[book->asked_count].address = address;
    book->asked[book->asked_count++].cfa = cfa;
    domains_wish(DOMAIN_WISH_HELD, true);
    return true;
}

static uintptr_t asked_dies(const struct domain_event *event) {
    uintptr_t cfa = 0;
    for (unsigned i = 0; self.held && i < self.held->asked_count; i++)
        if (self.held->asked[i].address - event->start < event->size && self.held->asked[i].cfa > cfa)
            cfa = self.held->asked[i].cfa;
    return cfa;
}

/* ---- start and end ---- */

static const struct domain_listener of_domains = {.wish = DOMAIN_WISH_HELD, .dying = asked_dies};

void held_start(void) {
    domains_listen(&of_domains);
}

void held_forget(void) {
    if (self.held)
        book_put(self.held);
    self.held = NULL;
    self.watched = 0;
    domains_wish(DOMAIN_WISH_HELD, false);
}
