/* SPDX-License-Identifier: Apache-2.0
 *
 * What looking through the heap may cost: a part of the process's wall time, and never less than so many milliseconds.
 */
#ifndef FFISAN_CPYTHON_BUDGET_H
#define FFISAN_CPYTHON_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* Whether `ns` more may be spent now. A no is counted: the report says how many looks were left out. `what`: static text, for that. */
bool budget_allows(uint64_t ns, const char *what);
void budget_spend(uint64_t ns);
/* What has been spent, on all threads. */
uint64_t budget_spent(void);
/* How far it is used up, 0 to 100: who can choose looks less often when it is high. */
unsigned budget_used(void);
/* The process begins here, or (a forked child) anew. */
void budget_start(void);
/* A time in nanoseconds, monotonic; about 20 ns. */
uint64_t budget_clock(void);

#endif
