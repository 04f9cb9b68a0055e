/* SPDX-License-Identifier: Apache-2.0
 *
 * Crossings: which foreign calls a thread is in the middle of, and which it made last.
 *
 * Each thread keeps the open ones in a small array, innermost last. A crossing is known by the stack address at which it was made
 * (its cfa). Its end need not be seen: an exception, a longjmp, a cancelled thread or a switched coroutine leaves it standing, and
 * it is dropped when a call is made at its address or further out. What is told about an open crossing (crossing_innermost,
 * crossings_each) was checked first: its return address still stands in its slot of the stack. So that what overlapping stacks
 * (greenlets) hold in the same place is not taken for it.
 *
 * The ring of the last ones holds what fits in a few words; names and lines are looked up when somebody asks.
 */
#ifndef FFISAN_CORE_CROSSINGS_H
#define FFISAN_CORE_CROSSINGS_H

#include "core/types.h"

#define CROSSINGS_OPEN 16u /* nested deeper, they are counted and not kept */
#define CROSSINGS_LAST 16u /* of a thread */

struct ffisan_record_python;
struct signature;     /* signatures.h */
struct callback;      /* callbacks.h */
struct ffi_call_seen; /* hooks/calls.h */

/* Where in managed code: the raw words that a checker turns into file and line as long as the code exists. */
struct managed_place {
    uintptr_t code, instruction; /* 0: no managed code, or not known */
};

struct crossing {
    uintptr_t cfa; /* the caller's stack pointer at the call; 0: free */
    uintptr_t ra;  /* what stood at cfa - 8 */
    uintptr_t function;
    uint64_t number;                  /* of this thread's crossings, from 0 */
    const struct ffi_call_seen *call; /* of a call through libffi: on the stack that it is made from, valid while it is open */
    const struct callback *callback;  /* of an upcall; NULL: a call */
    /* --profile only */
    uint64_t started, bytes, repeated;
};

struct last_crossing {
    uintptr_t function;
    struct managed_place place;
    bool up;
    bool open; /* as told by crossings_last */
};

/* On a thread's way into a call (callback NULL), or from C into a callback. Never fails; what is too deep is not kept. Fast path, about
 * 4 ns. */
void crossing_enter(const struct origin *origin, uintptr_t function, const struct ffi_call_seen *call,
                    const struct callback *callback);
/* And back. Does nothing when it was dropped meanwhile. */
void crossing_leave(uintptr_t cfa);
/* --profile: what the call that was just entered is handed (struct profiled). */
void crossing_carries(uint64_t bytes, uint64_t repeated);
/* Where managed code was when this thread last crossed. */
struct managed_place crossing_place(void);
/* The innermost open crossing of the calling thread that is certain; NULL: none. Signal-safe; `stack_pointer`: of the code that
 * asks (of the interrupted code, in a signal). */
const struct crossing *crossing_innermost(uintptr_t stack_pointer);
/* All of them, innermost first. */
void crossings_each(uintptr_t stack_pointer, bool (*each)(const struct crossing *crossing, void *context), void *context);
/* The last ones, newest first; answers how many (at most CROSSINGS_LAST). */
unsigned crossings_last(struct last_crossing *to);
/* The same as CROSSING items of a record, with their lines where they are still known; answers their size. Signal-safe. */
size_t crossings_write(void *to, size_t size);
/* The thread ends, or the process: what it has not told the header's `crossings` yet. */
void crossings_tell(void);
/* In a forked child: the header is a new one. */
void crossings_forked(void);

/* What turns a managed place into something to show; a checker registers them. All may be called anywhere but where noted. */
struct managed_places {
    /* Where the calling thread's managed code is now. Fast path, about 5 ns, no allocation; may be called without the runtime's lock. */
    struct managed_place (*here)(void);
    /* The place as a struct ffisan_record_python of one frame, of at most `size` bytes; 0: not known any more. Signal-safe. */
    size_t (*describe)(struct managed_place place, struct ffisan_record_python *item, size_t size);
    /* A number for what describe() would say now, that stays true when the code is gone: interned for ever. 0: not known. `line_of`
     * writes what was said. Both signal-safe; the first costs about 10 ns when the place was seen before. */
    uint32_t (*line)(struct managed_place place);
    size_t (*line_describe)(uint32_t line, struct ffisan_record_python *item, size_t size);
};
extern struct managed_places managed_places; /* members NULL: no managed runtime is known */

#endif
