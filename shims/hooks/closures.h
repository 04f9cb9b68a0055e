/* SPDX-License-Identifier: Apache-2.0
 *
 * libffi's closures as they come and go, and as C calls them.
 */
#ifndef FFISAN_HOOKS_CLOSURES_H
#define FFISAN_HOOKS_CLOSURES_H

#include "core/callbacks.h"

/* Registers the gates; once, before the first module is looked at. */
void closures_start(void);
void closures_forked(void);

/* For a runtime that keeps closures in a pool of its own (cffi): it is about to take this one back, and will write into it.
 * Answers another piece of memory with the same user data, to be given to the pool in its place; the closure itself is kept as
 * a released callback. 0: it is none of ours, or there is nothing to give (noted): the pool takes its own. `origin`: who
 * releases it. */
uintptr_t callback_exchange(uintptr_t closure, const struct origin *origin);

#endif
