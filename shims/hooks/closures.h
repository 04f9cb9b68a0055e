/* SPDX-License-Identifier: Apache-2.0
 *
 * libffi's closures as they come and go, and as C calls them.
 */
#ifndef FFISAN_HOOKS_CLOSURES_H
#define FFISAN_HOOKS_CLOSURES_H

#include "core/callbacks.h"
#include "hooks/libffi.h"

/* Registers the gates; once, before the first module is looked at. */
void closures_start(void);
void closures_forked(void);

/* For a runtime that keeps closures in a pool of its own (cffi): it is about to take this one back, and will write into it.
 * Answers another piece of memory with the same user data, to be given to the pool in its place; the closure itself is kept as
 * a released callback. 0: it is none of ours, or there is nothing to give (noted): the pool takes its own. `origin`: who
 * releases it. */
uintptr_t callback_exchange(uintptr_t closure, const struct origin *origin);

/* The CALL item of an upcall, without arguments, for a finding about it; its name is cut when it is long. */
struct closure_call {
    union {
        struct ffisan_record_call call;
        uint64_t room[32];
    };
};
void closure_call_of(struct closure_call *to, const struct callback *callback); /* by the name that its function has */
void closure_call_named(struct closure_call *to, uintptr_t code, uint32_t binding, const char *name);

/* A runtime's checker asks for the end of the callback that was called at `cfa`, and that this thread is inside of: then `ended` is called,
 * with `busy` held, before C gets the result. It does not come when something unwinds through the callback. */
typedef void closure_ended(const struct callback *callback, const struct libffi_type *type, const void *result,
                           const struct origin *origin);
void closures_on_end(closure_ended *ended);
void closure_ask(uintptr_t cfa);

#endif
