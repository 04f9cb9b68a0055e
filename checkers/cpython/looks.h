/* SPDX-License-Identifier: Apache-2.0
 *
 * One look through the heap for holders: what heap.c (containers) and locals.c (frames) share while it lasts. On the stack of who looks.
 *
 * Each reference is counted once. Containers that the collector tracks are met once, in its lists. Those that it does not track (a tuple
 * of numbers, a dict of texts) are met by each reference to them: `met` remembers the last ones, whatever was in them, and `counted` all in
 * which a suspect was found.
 */
#ifndef FFISAN_CPYTHON_LOOKS_H
#define FFISAN_CPYTHON_LOOKS_H

#include "cpython/heap.h"

#define LOOK_SLOTS   256u /* a power of two, and several times HEAP_SUSPECTS */
#define LOOK_MET     512u
#define LOOK_COUNTED 64u
#define LOOK_PAGES   256u
#define LOOK_DEPTH   16u

struct look {
    struct suspect *suspects;
    unsigned count, counted_count, depth;
    bool failed; /* a table is full: the numbers are of no meaning */
    struct looked {
        uintptr_t container;
        uint64_t held;               /* bit n: suspect n was found in it */
        bool foreign, once, refused; /* its traverse is an extension's; it is not tracked; and was counted before */
    } in;
    uint8_t slots[LOOK_SLOTS]; /* 1 + number of the suspect; 0: none */
    uintptr_t met[LOOK_MET], counted[LOOK_COUNTED], pages[LOOK_PAGES];
};
_Static_assert(HEAP_SUSPECTS <= 64, "a suspect is a bit");

/* One reference to `object`, which may be anything, stands at `where`. */
void look_found(struct look *look, uintptr_t object, const struct holder *holder);
/* The object is led to by something that is there: looked into, if it is a container that nothing else leads to. */
void look_into(struct look *look, uintptr_t object);
/* Whether the two first words of the object can be read. */
bool look_can_read(struct look *look, uintptr_t object);

/* Calls `each` for what tp_traverse of the object visits. The object is alive. */
void object_traverse(uintptr_t object, int (*each)(void *object, void *context), void *context);

/* locals.c: variables of the frames of all threads, and constants of their code; the arguments of `call` on the value stack. */
void locals_look(struct look *look, const struct method_call *call);
void locals_start(void);

#endif
