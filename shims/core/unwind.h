/* SPDX-License-Identifier: Apache-2.0
 *
 * One walk outwards over the stack of the calling thread, frame by frame, and the process-wide memory of unwind rules.
 *
 * Where a walk may read. A thread's own stack is mapped, without a hole, from any stack pointer in it up to its top, as long as
 * the thread lives: there a slot is read directly. On any other stack (signal stack, coroutine) and wherever a signal's context
 * leads (a stack may have overflowed), each new page is first read through the kernel (peek.h).
 */
#ifndef FFISAN_CORE_UNWIND_H
#define FFISAN_CORE_UNWIND_H

#include "core/types.h"

/* What the answer of a walk depends on: the stack slots whose values it used, each packed as (distance from the first cfa in
 * words, value). */
#define UNWIND_LOG        48
#define UNWIND_VALUE_BITS 48
struct unwind_log {
    uintptr_t base; /* the first cfa */
    unsigned count;
    bool overflow; /* something did not fit: this walk cannot be memoised */
    bool uses_fp;  /* also used: rbp as it was at the origin */
    uint64_t slots[UNWIND_LOG];
};

enum unwind_fp_source { UNWIND_FP_ORIGIN, UNWIND_FP_SLOT, UNWIND_FP_LOGGED, UNWIND_FP_LOST };

struct unwind {
    uintptr_t pc, sp, fp; /* of the frame that the walk is at; fp as far as fp_source says */
    bool complete;        /* there is nothing further out */
    bool exact;           /* pc is no return address: the walk began there, or a signal did */
    bool checked;         /* pages are peeked at before they are read */
    uint8_t fp_source;    /* enum unwind_fp_source */
    uintptr_t fp_slot;
    uintptr_t low, high;        /* slots are in [low, high) */
    uintptr_t page;             /* checked: the last page that could be read */
    const long long *registers; /* all of them, in ucontext_t's order; NULL: only pc, sp and fp are known */
    struct unwind_log *log;     /* NULL: not wanted */
};

/* Starts at the caller of an intercepted function. */
void unwind_from_origin(struct unwind *unwind, const struct origin *origin);
/* Starts in the middle of things. */
void unwind_from_context(struct unwind *unwind, const void *ucontext);
/* Where the frame that made the call ends: what lies between the origin's cfa and here is the caller's own, and holds all that it passes on the
 * stack. 0: not known. Told from registers alone, nothing is read; about 4 ns when asked before. Signal-safe. */
uintptr_t unwind_frame_end(const struct origin *origin);
/* From here on, writes down what the walk depends on; such a walk ends at a signal's frame. */
void unwind_keep_log(struct unwind *unwind, struct unwind_log *log);
/* One frame outwards: pc, sp and fp become the caller's. False: there is no caller, or it cannot be found. Signal-safe. */
bool unwind_step(struct unwind *unwind);
/* Whether the walk is at the outermost frame: what a step would find out, without the step. */
bool unwind_at_end(const struct unwind *unwind);

/* Forgets all rules. A walk under way in another thread may go on with what it has read. */
void unwind_flush(void);
uint64_t unwind_rules(void); /* parsed so far */

#endif
