/* SPDX-License-Identifier: Apache-2.0
 *
 * When a loss is told: memory or a callback that the host took away while C had it (KEPT_LOST). With the first of
 *
 *   - a call that works on its owner: C may use it now. Detected there; the taking away is the stack `freed`;
 *   - the end of its registration, or of the process: C could have used it until then. Detected where it was taken away.
 *
 * Silent at its end: what a callback alone is handed (USER_DATA), which C does not read itself; what another takes the place
 * of, in passing; and what was taken apart in one go, where the managed code is still at the instruction that took it away:
 * variables that die together, whose finalizers close; a function in C that frees and then closes. Of a runtime whose
 * instructions nobody knows, nothing is said at the end.
 */
#ifndef FFISAN_CONTRACT_LOSSES_H
#define FFISAN_CONTRACT_LOSSES_H

#include "contract/kept.h"

#define LOSSES_MOST 4u /* told at one occasion */

/* Taken out of the book, to be told when its lock is free again. */
struct losses {
    struct kept found[LOSSES_MOST];
    unsigned count;
};

/* The moment at which the calling thread takes something away. */
struct kept_loss loss_here(const struct origin *origin, row_id row, const char *function);

/* ---- with the lock held ---- */

/* Out of the book. */
void losses_take(struct losses *losses, struct kept *kept);
/* The same for a registration that ends, lost or not. */
void losses_let_go(struct losses *losses, struct kept *kept);

/* ---- without ---- */

void losses_tell_use(const struct losses *losses, const struct registered_call *call);
void losses_tell_end(const struct losses *losses);
/* All that are left: the process ends. */
void losses_end(void);

#endif
