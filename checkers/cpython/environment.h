/* SPDX-License-Identifier: Apache-2.0
 *
 * thread-state-leak: what a foreign call left changed in its thread, or in the process, for all that comes after it: how floating point works,
 * which signals are blocked, a signal handler of the interpreter's that is another's now.
 *
 * Floating point is compared at both ends of each call. Of the others the changes themselves are seen, and what there was before the first
 * of a call is noted then; at the call's end the kernel is asked once more. Who calls libc's own function for it by way of its binding means
 * it, and so does a function whose name says that it does that (set_flush_denormal). What changes and restores is never told.
 *
 * A thread that ends while it is still attached to the interpreter: attached.c.
 */
#ifndef FFISAN_CPYTHON_ENVIRONMENT_H
#define FFISAN_CPYTHON_ENVIRONMENT_H

#include "abi/x86_64/modes.h"
#include "core/crossings.h"

struct ffi_call_seen;
struct method_call;

/* Set once, at the start. */
extern bool environment_wanted;

/* Whether signals were changed by a call whose frames lie below `cfa`. */
static inline bool environment_has_changes(uintptr_t cfa) {
    const struct boundary *boundary = self.boundary;
    return UNLIKELY(boundary && boundary->changes.noted && boundary->changes.stack < cfa);
}
/* A call begins, whose frames lie below `cfa`: what was noted below there is over. */
static inline void environment_settle(uintptr_t cfa) {
    if (environment_has_changes(cfa))
        self.boundary->changes.noted = false;
}
/* Likewise: what environment_differs is to be given. */
static inline uint32_t environment_begun(uintptr_t cfa) {
    environment_settle(cfa);
    return modes_now();
}

/* It ends: whether it is worth a closer look. */
static inline bool environment_differs(uintptr_t cfa, uint32_t before) {
    return UNLIKELY(modes_now() != before || environment_has_changes(cfa));
}

struct environment_call {
    uintptr_t cfa;
    uint32_t before;
    const struct origin *origin;      /* NULL: where the method was called from is known by its cfa alone */
    const struct ffi_call_seen *call; /* through libffi; or NULL, and then: */
    const struct method_call *method;
};
/* `busy` is held, errno is kept. */
RARE void environment_look(const struct environment_call *call);

/* Once, at the start, before the first module is looked at. attached.c likewise. */
void environment_start(void);
void attached_start(void);

#endif
