/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory of dead objects, held back: what was freed is not given out again before the method's call that it was freed in is over. So a
 * pointer to it is a stale one for certain, and what the object held can still be looked at.
 *
 * Two ways lead here. A listener of the domains says so of a block that dies (domains.h); and whoever knows an address whose block may die
 * soon asks for it beforehand (memory_hold). The memory keeps what it had when it was given back. At most HELD_MOST blocks and
 * HELD_BYTES a thread; with more than that the oldest which nobody asked for by name go.
 *
 * What does not go back to its allocator is not held: objects of types with free lists live on in those (see domains.h).
 */
#ifndef FFISAN_CPYTHON_HELD_H
#define FFISAN_CPYTHON_HELD_H

#include "core/types.h"
#include "cpython/domains.h"

struct method_call; /* methods.h */

#define HELD_MOST  256u
#define HELD_BYTES ((size_t)4 << 20)

struct held {
    uintptr_t start;
    size_t size;
    uintptr_t object; /* what lay there, as far as somebody said (memory_hold: the address; else the start) */
    uintptr_t cfa;    /* of the method's call at whose end it goes */
    site_id site;     /* where it was given back; 0: not taken */
    uint32_t line;
    enum cpython_domain domain;
    void *context; /* of the domain's function */
    bool asked;    /* by memory_hold */
    bool told;     /* its use was reported */
};

/* The block around the address is not given back until the method's call with that cfa is over, should it be freed before. False: it cannot be
 * done (no call of that kind, no room). About 20 ns; asking twice is as good as once. */
bool memory_hold(uintptr_t address, uintptr_t cfa);
/* The dead block around the address that this thread holds back; NULL: none. Valid until the method's end. About 2 ns when there is none. */
struct held *memory_held(uintptr_t address);

/* For domains.c: the block was freed, and somebody wants it held until then. False: it has to go. */
bool held_take(void *context, const struct domain_event *event, uintptr_t cfa);
/* For methods.c: the call is over, and all rules have seen that. */
void held_end(const struct method_call *call);
void held_start(void);
/* The interpreter has gone, with all its memory. */
void held_forget(void);

#endif
