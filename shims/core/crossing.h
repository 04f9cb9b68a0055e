/* SPDX-License-Identifier: Apache-2.0
 *
 * What a thread keeps of its crossings; what is done with them: crossings.h.
 */
#ifndef FFISAN_CORE_CROSSING_H
#define FFISAN_CORE_CROSSING_H

#include "core/types.h"

#define CROSSINGS_OPEN 16u /* nested deeper, they are counted and not kept */
#define CROSSINGS_LAST 16u /* of a thread */

struct callback;      /* callbacks.h */
struct ffi_call_seen; /* hooks/calls.h */
struct thread_calls;  /* contract/registered.c */

/* Where in managed code: the raw words that a checker turns into file and line as long as the code exists. */
struct managed_place {
    uintptr_t code, instruction; /* 0: no managed code, or not known */
};

struct crossing {
    uintptr_t cfa; /* the caller's stack pointer at the call; 0: free */
    uintptr_t ra;  /* what stood at cfa - 8 */
    uintptr_t function;
    uint64_t number;                  /* of this thread's crossings, from 0 */
    const struct ffi_call_seen *call; /* of a call through libffi: on the stack that it is made from, valid while it is open */
    const struct callback *callback;  /* of an upcall; NULL: a call */
};

/* --profile only, beside each open one. */
struct crossing_clock {
    uint64_t started, bytes, repeated;
};

struct last_crossing {
    uintptr_t function;
    struct managed_place place;
    bool up;
    bool open; /* as told by crossings_last */
};

#define CHECKER_ROOM 2560u
#define ENDING_ROOM  384u

/* What a call has changed in its thread's environment and may not have put back yet (checkers: environment.h). */
#define ENVIRONMENT_HANDLERS 4u
struct environment_changes {
    uint32_t known_modes; /* that somebody meant, or that were told */
    bool noted, has_mask;
    uint32_t handlers;
    uintptr_t stack; /* of the first change */
    uint64_t mask;   /* before it */
    struct {
        uintptr_t before;
        int signal;
    } handler[ENVIRONMENT_HANDLERS];
};

/* All that a thread keeps, in memory of its own from its first crossing on: thread-local memory is scarce for a preloaded library. */
struct boundary {
    uint32_t open_count;
    uint64_t crossings, told; /* made by this thread; and those of them that the header's count holds */
    struct crossing open[CROSSINGS_OPEN];
    struct last_crossing last[CROSSINGS_LAST];
    struct crossing_clock clocks[CROSSINGS_OPEN];
    struct thread_calls *registered; /* NULL until the first */
    /* Nanoseconds that the thread had been ready to run and without a processor, and at work, when it was last asked, and the time stamp of
     * that. */
    uint64_t waited, worked, waited_at;
    bool waited_known;
    uint64_t faults, faulted_at; /* pages that it had to wait for, and the time stamp when there were more of them than before */
    struct environment_changes changes;
    site_id attached;                     /* where this thread got its managed state (checkers: attached.c) */
    uintptr_t state;                      /* that it had when it began to end */
    uintptr_t asked;                      /* the upcall at this address is to be told when it ends (hooks/closures.h); 0: none */
    _Alignas(8) char ending[ENDING_ROOM]; /* what its checker will want to know then */
    _Alignas(16) char checker[CHECKER_ROOM]; /* the runtime checker's own; zeros at first */
};

#endif
