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

#include "contract/registered.h"
#include "contract/report.h"
#include "contract/words.h"

struct callback; /* core/callbacks.h */

/* The step of all of RETAINED, RETAINED_FOREVER, NOTIFIED, UNTIL_DONE, ONCE and USER_DATA: on the way in (the registration is then pending:
 * a notify may be called before the call returns) and on the way out. */
extern word_step retained_keep;
/* The same words, when the call has failed. */
extern word_step retained_failed;

/* An object ended (objects.c tells): what it kept is free again. */
void retained_owner_ends(const struct registered_call *call, uint64_t owner);
/* A registered function has returned, whatever it answered: what terms say that it ends, on any of its arguments and with its keys, is free
 * again. To be told of every registered call, before the steps of its words; the second time in one call does nothing. One load while
 * nothing is kept. */
void retained_returned(struct registered_call *call);

/* The runtime gives a callback back (hooks/closures.c). True: C still has it, by this call, in that moment. */
bool retained_callback_released(const struct callback *callback, struct contract_part *part, struct moment *moment);
/* C calls one for which `awaited` is set, with these integers and pointers as its first arguments: destroy notifies and completions end
 * what they stand for. */
#define RETAINED_ARGUMENTS 4u
void retained_callback_called(const struct callback *callback, const uint64_t *arguments, unsigned count);

#endif
