/* SPDX-License-Identifier: Apache-2.0
 *
 * What the wrappers around Python's memory domains (domains.c) tell to rules that ask: blocks of the mem and object domain that are made,
 * moved and given back on this thread.
 *
 * A listener wishes to hear on a thread from one moment to another: while a call is watched closely, for instance. As long as no thread has a
 * wish the wrappers cost what they cost without: the words that they test anyway say "slow way" instead. With one, each call costs some 10 ns
 * more, on all threads. A wish that was left on because something unwound through a call costs time, nothing else; a listener says
 * anew at each of its moments whether it wishes.
 *
 * A block of the object domain is not always an object's beginning: in front of one stand the collector's words (16 bytes, types with
 * Py_TPFLAGS_HAVE_GC) and from 3.11 on those of a managed dictionary and weak references (16 more); a long int or str has none.
 * Objects that go to a free list when they die (float, tuple, list, dict, frame, context, ...) and come from there again are not heard of.
 */
#ifndef FFISAN_CPYTHON_DOMAINS_H
#define FFISAN_CPYTHON_DOMAINS_H

#include "core/thread.h"
#include "cpython/cpython.h"

struct domain_event {
    uintptr_t start;
    size_t size; /* born, moved: what was asked for; dying: up to the block's end as far as that is known, else 0 */
    enum cpython_domain domain;
    const struct origin *origin; /* who called the domain's function; inside the interpreter, mostly */
};

enum domain_wish {
    DOMAIN_WISH_LEAK = 1,
    DOMAIN_WISH_INTERIOR = 2,
    DOMAIN_WISH_HELD = 4,
    DOMAIN_WISH_STORED = 8,
    DOMAIN_WISH_EVENTS = 16
};

/* All with `busy` held, errno kept; they may read objects, and call nothing of the interpreter's. NULL: not heard. */
struct domain_listener {
    enum domain_wish wish;
    void (*born)(const struct domain_event *event);
    /* `from` was there before and is not any more, unless it is event->start. */
    void (*moved)(uintptr_t from, const struct domain_event *event);
    /* About to be given back; what was in the object is still as its last function left it. Not 0: it is to be held back (held.h) until the
     * method's call with that cfa is over. A block that has to move, since more is asked for than it has room for, is asked about too, and
     * not 0 holds the old one back. */
    uintptr_t (*dying)(const struct domain_event *event);
};
void domains_listen(const struct domain_listener *listener); /* at the start; stays for ever; at most 8 */

/* On this thread. Does nothing when it is so already. */
void domains_wish(enum domain_wish wish, bool on);
/* In a forked child: the threads that wished are gone. */
void domains_forked(void);
/* The calling thread ends, and wishes nothing more. */
void domains_thread_end(void);

/* Gives a block back by the function that it was held back from. */
void domains_give_back(void *context, uintptr_t start, enum cpython_domain domain);

#endif
