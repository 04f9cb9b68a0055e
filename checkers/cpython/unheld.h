/* SPDX-License-Identifier: Apache-2.0
 *
 * References that nobody has: a count that is larger than the number of words in memory that lead to the object, however they are packed.
 */
#ifndef FFISAN_CPYTHON_UNHELD_H
#define FFISAN_CPYTHON_UNHELD_H

#include "cpython/heap.h"

#define UNHELD_COSTS 40000000u /* ns, about, of one look */

/* Fills in `words` of the suspects, which are alive, and of which none comes twice. False: it was not done. Does not ask for the budget. */
bool unheld_count(struct suspect *suspects, unsigned count);
/* Whether there is still an object of that type, which can die. */
bool unheld_is_there(uintptr_t object, uintptr_t type);

/* Of the words that were found of it, takes away those that free lists still have of what was taken from them. */
void unheld_leave_out_free_lists(struct suspect *suspect);

#endif
