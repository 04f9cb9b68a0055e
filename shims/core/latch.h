/* SPDX-License-Identifier: Apache-2.0
 *
 * A lock for a book: held for some hundred instructions, with `self.busy` set, and never across a call out. Who cannot have it in good time goes without:
 * its holder may have been killed in the middle. Then nobody gets it any more, and the book is closed.
 */
#ifndef FFISAN_CORE_LATCH_H
#define FFISAN_CORE_LATCH_H

#include "core/types.h"

struct latch {
    uintptr_t holder; /* the address of its thread's `self`; 0: nobody */
    bool broken;
};

/* False: it cannot be had, now or ever. About 5 ns. */
bool latch_take(struct latch *latch);
void latch_give(struct latch *latch);
/* Whether the calling thread has it. */
bool latch_is_own(const struct latch *latch);
/* In a forked child, whose other threads are gone: free, but for a fork in a signal handler that came in the middle of a change, which will go on.
 * True: another thread was in the middle of one, and what it guards may be half done. */
bool latch_forked(struct latch *latch);

#endif
