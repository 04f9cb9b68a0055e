/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a contract tells of every way in which its library gives things out. What stands in no heap block, and every number, may be given out anew
 * by a function of which nothing is said, unseen: only of a library that is known as a whole a value that was closed is closed for certain.
 */
#ifndef FFISAN_CONTRACT_COVERAGE_H
#define FFISAN_CONTRACT_COVERAGE_H

#include "contract/registered.h"

/* Of the library that the function is of: each function that it exports is in the contract, and none there gives out a pointer, by result, out-parameter,
 * struct or callback, without a word on whose it is. Slow the first time, for rare paths. */
bool coverage_is_whole(const struct registered *registered);

#endif
