/* SPDX-License-Identifier: Apache-2.0
 *
 * Quarantine: freed blocks that are held back, filled with a pattern and, when large, made inaccessible, so that a late use
 * shows. A write is seen when the block leaves (the pattern is broken) or at once (a guard page); the program then goes on.
 *
 * What is held back is bounded (options.quarantine_size) and leaves oldest first. One short critical section, entered by trylock:
 * who does not get in frees at once. A forked child starts with an empty quarantine; what the parent held stays allocated there.
 */
#ifndef FFISAN_CORE_QUARANTINE_H
#define FFISAN_CORE_QUARANTINE_H

#include "core/blocks.h"

#define QUARANTINE_BYTE 0xf5u /* what held back memory is filled with */

/* Whether this block, just dead, is to be held back. */
bool quarantine_wants(const struct block *block);
/* Takes the block in; blocks that have to leave for it go to `release` (the real free). False: not taken, free it now. */
bool quarantine_take(const struct block *block, void (*release)(void *start));
/* Looks at everything that is still held (at the end of the process). */
void quarantine_check(void);
/* A memory fault at this address: was it a guard page of ours? Then it is reported, the pages are opened, and the access may be
 * tried again. */
bool quarantine_fault(uintptr_t address, const void *context);
/* The program is about to confine itself: opens all guard pages, since none could be opened when it is touched. No more are
 * made. */
void quarantine_unguard(void);
void quarantine_forked(void);

/* Whether a pointer is what a block in quarantine reads as. */
static inline bool quarantine_pattern(uintptr_t word) {
    return word == QUARANTINE_BYTE * (UINTPTR_MAX / 0xff);
}

#endif
