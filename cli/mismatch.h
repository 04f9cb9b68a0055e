/* SPDX-License-Identifier: Apache-2.0
 *
 * A disagreement between a declaration and what is right, put into words: headline, what to do about it, and the parts of both that a
 * reader wants to see side by side.
 */
#ifndef FFISAN_CLI_MISMATCH_H
#define FFISAN_CLI_MISMATCH_H

#include "calls.h"

struct prototype;

/* One that was found in a call. */
struct disputed {
    const struct call *call;
    const struct prototype *prototype; /* NULL: another call says otherwise, and nobody knows which is right */
    const struct call *other;          /* that one; of array-layout the call itself */
    const struct disagreement *found;
};

/* Message, fix, argument and mismatch of the finding, whose runtime and function are known. */
void mismatch_explain(struct finding *finding, struct pool *pool, const struct disputed *disputed);

#endif
