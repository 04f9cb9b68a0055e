/* SPDX-License-Identifier: Apache-2.0
 *
 * reference-leak: objects that an extension's function made and whose reference nobody has.
 *
 * In calls that are watched closely it is noted which blocks of the object domain are made, by which stack, and which call of the API gave
 * them to the extension. What is alive when the call is over is not judged then: it may be the result, be held by a container, wait in a cache.
 * It is judged later, when nothing of the call is left: an object whose count is larger than the number of words in all memory that lead to it
 * has a reference that nobody can ever give up (heap.h, words_count). That takes a look at all memory, for many objects at once: when there
 * are many to be judged and the budget allows it, and when the interpreter begins to end.
 *
 * Reported when the same place in the same function has lost objects of two calls: one may be lost on purpose.
 */
#ifndef FFISAN_CPYTHON_LOST_H
#define FFISAN_CPYTHON_LOST_H

#include <stdbool.h>
#include <stdint.h>

/* Once, at the start; before the first module is looked at. */
void lost_start(void);
/* The interpreter begins to end: what is noted is judged. GIL held, `busy` held. */
void lost_end(void);

/* The outermost of this thread's calls, while what it makes is noted; NULL: it is not. */
struct method_call;
const struct method_call *lost_call(void);
/* Whether it was made in that call. */
bool lost_has_made(uintptr_t object);

#endif
