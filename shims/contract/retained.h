/* SPDX-License-Identifier: Apache-2.0
 *
 * What C keeps: memory (as ranges: memory.h) and callbacks, from the call that handed them over to whatever ends that: the owner's close, a
 * function that the term names, the next call of the same function with the same keys, a destroy notify or completion that was called.
 *
 * A registration is known by what it is: (library, function, owner, place, keys), not by the address that it holds, which may be somebody else's by the
 * time that C uses it. All words of one place make one registration, which ends with the first of what they name. One whose end could pass
 * unseen (a destroy notify in C, a function without an entry) is not followed.
 */
#ifndef FFISAN_CONTRACT_RETAINED_H
#define FFISAN_CONTRACT_RETAINED_H

#include "contract/kept.h"
#include "contract/registered.h"
#include "contract/report.h"
#include "contract/words.h"

struct callback; /* core/callbacks.h */

/* The step of all of RETAINED, RETAINED_FOREVER, NOTIFIED, UNTIL_DONE, ONCE and USER_DATA: on the way in (the registration is then pending:
 * a notify may be called before the call returns) and on the way out. */
extern word_step retained_keep;
/* The same words, when the call has failed. */
extern word_step retained_failed;

/* An object ends (objects.c tells): what it kept is free again, and what was taken away before that is told. */
void retained_owner_ends(uint64_t owner);
/* A registered function has returned, whatever it answered: what terms say that it ends, on any of its arguments and with its keys, is free
 * again. To be told of every registered call, before the steps of its words; the second time in one call does nothing. One load while
 * nothing is kept. */
void retained_returned(struct registered_call *call);

/* A registered call begins: what was taken away from its handles, or from what they were made of, may be used from now on, and is told
 * (losses.h). One load while nothing is lost. */
void retained_begins_rarely(const struct registered_call *call);
static inline void retained_begins(const struct registered_call *call) {
    if (UNLIKELY(__atomic_load_n(&kept_losses, __ATOMIC_RELAXED) != 0))
        retained_begins_rarely(call);
}

/* The runtime gives a callback back (hooks/closures.c). True: C has it still, by this call, in that moment, and may call it at any time. With an
 * owner it is told later (losses.h). */
bool retained_callback_released(struct callback *callback, const struct origin *origin, struct contract_part *part,
                                struct moment *moment);
/* C calls one for which `awaited` is set, with these integers and pointers as its first arguments: destroy notifies and completions end
 * what they stand for. */
#define RETAINED_ARGUMENTS 4u
void retained_callback_called(const struct callback *callback, const uint64_t *arguments, unsigned count);

#endif
