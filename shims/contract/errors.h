/* SPDX-License-Identifier: Apache-2.0
 *
 * unchecked-error: a call failed by its contract, and the NULL or invalid value that it returned, or the NULL that it left in its out-parameter, is
 * handed to a registered call on the same thread.
 *
 * NULL has no name of its own: that it comes from the failed call is concluded from the kind of handle, of which the thread has got none since.
 * Silent where the use may take NULL, where it gives the thing back (many programs close in vain), and for what is no handle.
 */
#ifndef FFISAN_CONTRACT_ERRORS_H
#define FFISAN_CONTRACT_ERRORS_H

#include "contract/report.h"
#include "contract/words.h"

#define FAILURES_KEPT 4u /* of a thread, of different kinds */

/* What a call would have given out. */
struct failure {
    const struct registered *registered;
    const struct ffisan_contract_term *term; /* that says so */
    const char *kind;
    uint64_t value; /* what came instead */
    struct moment moment;
};
/* Of one thread, the last one first. */
struct failures {
    uint32_t count;
    struct failure last[FAILURES_KEPT];
};

extern word_step error_noted, error_over;

/* Whether a call of this function gives out something by which a later use could be recognized. */
bool error_may_show(const struct registered *registered);
/* `term` speaks of an argument that is `value`. True: it comes from a failed call, and that was reported. */
bool error_told(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value);
/* All handles of a call, when the thread has failures in mind. */
void errors_check(struct registered_call *call);

#endif
