/* SPDX-License-Identifier: Apache-2.0
 *
 * What is to be done at each call of one registered function, worked out once, when its gate is made: which of its terms have somebody who acts on
 * them under the rules that are on, in which order, and what has to be remembered from the way in to the way out.
 */
#ifndef FFISAN_CONTRACT_WORK_H
#define FFISAN_CONTRACT_WORK_H

#include "abi/x86_64/arguments.h"
#include "contract/registered.h"
#include "contract/words.h"

#define WORK_NONE 0xffu
#define WORK_FINE 2u

struct step {
    const struct ffisan_contract_term *term;
    word_step *enter, *leave, *failed; /* `after` is both of leave and failed */
};

struct work {
    struct registered registered; /* first */
    const struct step *on_enter, *on_leave;
    const struct ffisan_contract_term *const *fails; /* its FAILS */
    /* By term: its bit in registered_call.held and its place in .values, or WORK_NONE. */
    const uint8_t *held, *kept;
    uint16_t enter_count, leave_count, fails_count;
    bool remembers;       /* conditions or values, from the way in */
    bool through;         /* something is to be done on the way out */
    bool shows;           /* it answers with a pointer of which no word says whose it is */
    bool ends, ends_kept; /* other terms name it as what ends something lent, or kept */
    bool answers_nothing; /* in an integer register */
    bool crosses;     /* its calls are crossings also where no binding makes them: not libc's, which everybody calls in passing */
    uint8_t integers; /* registers that its arguments are in; UINT8_MAX: some lie on the stack */
    uint64_t fine[WORK_FINE]; /* answers that mean by themselves that it has not failed, inverted; 0: none yet; atomic */
    struct passed passed;
};

_Static_assert(PASSED_MOST == REGISTERED_ARGUMENTS, "a place for each argument that is looked at");

/* NULL: nothing is to be done at its calls, or there is no memory. `around`: somebody waits for every function with terms (registered_around). */
const struct work *work_make(const struct registered *registered, bool around);

static inline const struct work *work_of(const struct registered_call *call) {
    return (const struct work *)call->registered;
}

#endif
