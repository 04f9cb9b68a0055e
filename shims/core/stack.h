/* SPDX-License-Identifier: Apache-2.0
 *
 * Stacks. A walk follows .eh_frame from an origin outwards. It is memoised per thread and exact: a memoised walk is used only
 * after every stack slot that the walk had read was read again and held the same value, so that the answer is what a walk from
 * nothing would give. Nothing here allocates, locks, calls libc or faults; a walk that cannot go on ends there and says so.
 */
#ifndef FFISAN_CORE_STACK_H
#define FFISAN_CORE_STACK_H

#include "core/types.h"

/* How much of a stack is kept of each allocation and each free; once, before the first walk. 1..16. */
void stack_configure(unsigned frames);

/* The site of a call: `row` and the innermost frames, memoised. The hot path: with a hit about 5 ns at 8 frames. 0 when out of
 * memory or out of numbers, which is counted. The thread's `busy` must be held. */
site_id stack_site(const struct origin *origin, row_id row);

/* A walk without the memo, for rare paths: up to `limit` return addresses, innermost first (frames[0] is origin->ra). *complete
 * is set when the outermost frame was reached (no unwind information further out by design: the entry point, a thread's start
 * routine), false when cut. Signal-safe. */
unsigned stack_walk(const struct origin *origin, uintptr_t *frames, unsigned limit, bool *complete);
/* The same, starting in the middle of a function, from the registers of a signal's ucontext_t (frames[0] is the program counter
 * itself). Signal frames (the kernel's return trampoline) are crossed. */
unsigned stack_walk_context(const void *ucontext, uintptr_t *frames, unsigned limit, bool *complete);

/* Modules came or went: memoised walks, and with `unloading` the unwind rules too, may not hold any more. To be called with true
 * before dlclose unmaps (after modules_closing: until the refresh no rule is then learnt from what may vanish), and after every
 * refresh that changed the list (with true after a dlclose). Lock-free: caches notice by number. */
void stack_flush(bool unloading);
/* Gives back the calling thread's cache. */
void stack_thread_end(void);

struct stack_counts {
    uint64_t hits, walks; /* of all threads so far */
    uint64_t rules;       /* unwind rules parsed */
    uint64_t lost;        /* sites refused for want of memory or numbers */
};
struct stack_counts stack_counts(void);

#endif
