/* SPDX-License-Identifier: Apache-2.0
 *
 * reference-leak of objects that were there before: Py_INCREF of an argument and nothing else, what PyObject_GetAttr and its like gave and was
 * never given up.
 *
 * In a call that is watched closely (lost.h: one at a time) the counts of arguments are known from its beginning, those of what the API
 * gives from that moment. Whose count has grown by the end is noted, and judged later like what the call made: by all words in memory that lead
 * to it. All growth that was noted must be without a holder; one call may lose one on purpose, two of one function are reported.
 *
 * Others may have lost references to the same object before: as many as its first count had beyond those that are known to be had (at least one: it
 * was lent). So many are not counted against the call.
 */
#ifndef FFISAN_CPYTHON_GROWN_H
#define FFISAN_CPYTHON_GROWN_H

#include <stdbool.h>

/* After lost.c's own listeners. */
void grown_start(void);
/* What is noted is judged, now. GIL held, `busy` held, no call is being watched. */
void grown_end(void);

#endif
