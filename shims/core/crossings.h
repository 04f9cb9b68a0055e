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

#include "core/crossing.h"
#include "core/profile.h"
#include "core/thread.h"
#include "core/types.h"

struct ffisan_record_python;

#define CROSSINGS_TELL 64u /* crossings that a thread makes before it tells the header */

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
    /* Of a callback with this binding (enum ffisan_binding) and user data: the line at which the managed function behind it begins. */
    uint32_t (*callback_line)(uint32_t binding, uintptr_t data);
    /* The numbers of the lines at which the calling thread's managed frames are, innermost first; answers how many. About 15 ns each. */
    unsigned (*lines_around)(uint32_t *to, unsigned limit);
    /* Whether one of the calling thread's managed frames is at this very instruction, or may be. */
    bool (*stands_at)(struct managed_place place);
};
extern struct managed_places managed_places; /* members NULL: no managed runtime is known */

/* The calling thread's; NULL: no memory, or the thread ends. */
RARE struct boundary *boundary_make(void);
static inline struct boundary *boundary_here(void) {
    return LIKELY(self.boundary != NULL) ? self.boundary : boundary_make();
}
void boundary_thread_end(void);

/* The thread ends, or the process: what it has not told the header's `crossings` yet. */
void crossings_tell(void);
/* `edge` is called at both ends of each crossing, before it begins and before it ends; `in_call`: C code was at work. Once, at the start. */
extern void (*crossing_edge)(uintptr_t stack_pointer, bool in_call);
static inline void crossings_on_edge(void (*edge)(uintptr_t stack_pointer, bool in_call)) {
    crossing_edge = edge;
}
void crossing_clock_start(unsigned index);
void crossing_clock_stop(unsigned index);

static inline struct managed_place place_here(void) {
    return managed_places.here ? managed_places.here() : (struct managed_place){0};
}

static inline void crossing_count(struct boundary *boundary, uintptr_t function, bool up, struct managed_place place) {
    struct last_crossing *last = &boundary->last[boundary->crossings % CROSSINGS_LAST];
    last->function = function;
    last->up = up;
    last->place = place;
    if (UNLIKELY(++boundary->crossings - boundary->told == CROSSINGS_TELL))
        crossings_tell();
}

/* On a thread's way into a call (callback NULL), or from C into a callback. Never fails; what is too deep is not kept. What stands at the
 * new one's address or further in was left without its end being seen. Fast path, 3 to 4 ns. */
static inline void crossing_enter(const struct origin *origin, uintptr_t function, const struct ffi_call_seen *call,
                                  const struct callback *callback, struct managed_place place) {
    struct boundary *boundary = boundary_here();
    if (UNLIKELY(!boundary))
        return;
    if (UNLIKELY(crossing_edge != NULL))
        crossing_edge(origin->cfa, callback != NULL);
    unsigned open = boundary->open_count;
    while (UNLIKELY(open && boundary->open[open - 1].cfa <= origin->cfa))
        open--;
    if (LIKELY(open < CROSSINGS_OPEN)) {
        boundary->open[open] = (struct crossing){origin->cfa, origin->ra, function, boundary->crossings, call, callback};
        if (profiling())
            crossing_clock_start(open);
        open++;
    }
    boundary->open_count = open;
    crossing_count(boundary, function, callback != NULL, place);
}

/* A call whose end nobody will see: it counts as one, and is not kept. */
static inline void crossing_pass(uintptr_t function, struct managed_place place) {
    struct boundary *boundary = boundary_here();
    if (LIKELY(boundary != NULL))
        crossing_count(boundary, function, false, place);
}

/* And back. Does nothing when it was dropped meanwhile. */
static inline void crossing_leave(uintptr_t cfa) {
    struct boundary *boundary = self.boundary;
    if (UNLIKELY(!boundary))
        return;
    if (UNLIKELY(crossing_edge != NULL))
        crossing_edge(cfa - 8, true);
    unsigned open = boundary->open_count;
    while (UNLIKELY(open && boundary->open[open - 1].cfa < cfa))
        open--;
    bool ours = LIKELY(open && boundary->open[open - 1].cfa == cfa);
    if (profiling() && ours)
        crossing_clock_stop(open - 1);
    boundary->open_count = ours ? open - 1 : open;
}

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
/* In a forked child: the header is a new one. */
void crossings_forked(void);

#endif
