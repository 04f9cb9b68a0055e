/* SPDX-License-Identifier: Apache-2.0
 *
 * Callbacks: closures that a runtime made of its functions, so that C can call them.
 *
 *   live      its code leads through us to the runtime's handler
 *   released  the runtime gave it back. Its memory is kept, its code leads to us: a late call is reported with the stacks of its creation
 *             and its release, and answers zeros
 *   dropped   too many were released after it: its memory went the way that the runtime had meant it to go, and nothing is known
 *
 * Released ones are kept in the order of their release, as many as memory allows: CALLBACKS_KEPT, or KEPT_BYTES.
 */
#ifndef FFISAN_CORE_CALLBACKS_H
#define FFISAN_CORE_CALLBACKS_H

#include "core/types.h"
#include "ffisan/record.h"

#define CALLBACKS_KEPT 16384u

enum callback_state { CALLBACK_LIVE, CALLBACK_RELEASED, CALLBACK_DROPPED };

struct callback {
    uintptr_t code;    /* what C calls */
    uintptr_t closure; /* libffi's ffi_closure, writable side */
    uintptr_t handler, data; /* the runtime's, while live */
    uint32_t state;    /* enum callback_state; atomic */
    uint32_t binding;  /* enum ffisan_binding */
    site_id created, released;
    uint32_t created_line, released_line; /* managed_places.line */
    const struct ffisan_types *types;     /* type 1: the FUNCTION that its runtime takes it for; deep copy, ours */
    void *cif;                            /* deep copy, for the closure's second life; ours */
    /* The last foreign call that it was handed to. */
    uintptr_t lent_function;
    uint32_t lent_argument, lent_line;
    uint64_t calls;    /* since its release: late ones */
};

/* The callback whose code stands at this address, live or released; NULL: none of ours. Lock-free, about 5 ns for a miss. */
struct callback *callback_at(uintptr_t code);

#endif
