/* SPDX-License-Identifier: Apache-2.0
 *
 * References that an extension gave up and did not own: borrowed-decref and over-steal.
 *
 * At the end of a call of an extension's function each object that it was lent (its arguments, self, what these hold, what functions of
 * the API lent it) is looked at again. One whose count is lower than before may have lost what it could afford to lose: the function took
 * it out of a list. So the heap is asked for those that hold it (heap.h): more of them than the count says is the proof, and so is one that
 * holds an object which has died. A result is held once more, by whoever gets it; what was given to a function that steals is looked at
 * in any case.
 *
 * An argument, or self, that dies in the extension's own Py_DECREF is reported there and then: the caller has a reference for as long as
 * the call lasts.
 */
#ifndef FFISAN_CPYTHON_AUDIT_H
#define FFISAN_CPYTHON_AUDIT_H

/* At the start, after held_start. */
void audit_start(void);

#endif
