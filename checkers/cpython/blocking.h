/* SPDX-License-Identifier: Apache-2.0
 *
 * gil-held-blocking: calls that kept the GIL for longer than option `gil-threshold` says.
 *
 * A call is timed by the time-stamp counter at both ends. Time that the thread was ready to run and had no processor is nobody's fault: it is
 * taken off, as the kernel counts it (/proc/thread-self/schedstat). Asking the kernel is no affair of a call: each thread asks when it has not
 * done so for an eighth of the threshold, so that before a call that is too long it was asked not much before, and asks again after such a call.
 * What it waited in between is at least what it waited in the call; what is left is at most the time that the call was at work or asleep.
 *
 * An extension's function that is not watched closely is told of when it slept. In one that is, each stretch between two calls of the API is
 * timed: what lasts that long in between is the extension's own, whether it sleeps or computes, unless Python's memory was asked for or given
 * back meanwhile: then a slot was called directly, and Python code may have run.
 *
 * Who calls these has made sure that the GIL was not released in the call, and that no Python code ran in it.
 */
#ifndef FFISAN_CPYTHON_BLOCKING_H
#define FFISAN_CPYTHON_BLOCKING_H

#include "core/crossings.h"
#include "cpython/cpython.h"

struct ffi_call_seen; /* hooks/calls.h */
struct method_call;   /* methods.h */

/* Ticks that are never too long; UINT64_MAX: the rule is off. */
extern uint64_t blocking_limit;
static inline bool blocking_wanted(void) {
    return blocking_limit != UINT64_MAX;
}

void blocking_look(uint64_t now);
/* A call begins: what blocking_ended is to be given. Two clock reads a call, and a test at each end. */
static inline uint64_t blocking_begun(void) {
    uint64_t now = profile_now();
    const struct boundary *boundary = self.boundary;
    if (UNLIKELY(!boundary || now - boundary->waited_at > blocking_limit / 8))
        blocking_look(now);
    return now;
}
/* It ends: whether it is worth a closer look. */
static inline bool blocking_ended(uint64_t started) {
    return UNLIKELY(profile_now() - started > blocking_limit);
}

/* Takes off what was waited, and reports the call if that leaves more than the threshold. `busy` is held, errno is kept. */
struct blocked {
    uint64_t started;                 /* blocking_begun */
    const struct origin *origin;      /* of the call */
    const struct ffi_call_seen *call; /* through libffi; or NULL, and then: */
    const struct method_call
        *method; /* of an extension's function. Of these only the time counts that was slept: what they do all that time
                                       * may be Python's, which gives the GIL away when somebody asks for it */
    bool quiet;  /* it is not: nothing of Python's was at work */
};
RARE void blocking_report(const struct blocked *blocked);

/* Once, at the start: before the first module is looked at, and when all are known. */
void blocking_plan(void);
void blocking_start(void);

#endif
