/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies: memory that stands in for what was lent to C for one call. While the call is open a copy is C's to use; then it is taken away: filled
 * with a pattern and kept for a while, some of them behind pages without access, and given out again, oldest first. A write to one that was taken
 * away shows when it is given out again (the pattern is broken) or at once (the page).
 *
 * Slots of fixed sizes, from 64 bytes to 1 MiB, each size with a region of its own, small enough to stay in the processor's cache. A slot has two
 * halves: what C is shown, and what it looked like when the call began, so that what C has written is known byte for byte.
 */
#ifndef FFISAN_CONTRACT_COPIES_H
#define FFISAN_CONTRACT_COPIES_H

#include "contract/registered.h"
#include "contract/report.h"

#define COPY_MOST  ((size_t)1 << 20)
#define COPY_EXTRA 64u /* bytes behind the lent ones that may be copied along, in case that the contract says too little */

struct copy {
    uintptr_t start;    /* what C is given */
    uintptr_t before;   /* the same as it was */
    uintptr_t original; /* whose place it takes */
    size_t size, extra; /* bytes lent, and copied along */
    uint64_t number;    /* of the function's calls */
    struct moment moment;
    const struct registered *registered;
    const struct ffisan_contract_term *term; /* that says how much is lent */
    uint32_t argument, generation;
    uint64_t mark; /* Valgrind's own handle of the range, and 1; 0: none */
    uint16_t region;
    bool guarded, constant, told;
    uint32_t state;    /* atomic, enum copy_state */
    struct copy *next; /* of the same call */
};
enum copy_state { COPY_FREE, COPY_OPEN, COPY_TAKEN };

enum copy_how {
    COPY_GUARDED = 1 << 0,  /* it is to be made inaccessible when taken away */
    COPY_CONSTANT = 1 << 1, /* by contract and type C writes nothing there: nothing is carried back */
};
/* Room for `size` bytes and `extra` behind them, aligned as `original` is, with what stands there; `how`: enum copy_how, or'ed. NULL: it is too large, or there is no room, or another thread is at it. What was written to the one that was there before is
 * told to `written` first. */
struct copy *copy_make(uintptr_t original, size_t size, size_t extra, unsigned how);
/* The first byte in which it differs from what it was, from `from` on; size + extra: none. */
size_t copy_changed(const struct copy *copy, size_t from);
void copy_take_away(struct copy *copy);
/* The copy whose slot holds this address, in whatever state. NULL: none. Signal-safe. */
struct copy *copy_at(uintptr_t address);
/* Opens the page of one that was taken away, for an access that was reported. */
bool copy_open_again(struct copy *copy);
/* Calls `written` for each that was taken away and written to since, once. */
void copies_check(void);
/* False: no memory. `written` is called with a byte's offset. */
bool copies_start(void (*written)(struct copy *copy, size_t offset));
void copies_forked(void);

#endif
