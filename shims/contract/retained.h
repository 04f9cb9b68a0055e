/* SPDX-License-Identifier: Apache-2.0
 *
 * What C keeps: memory (as ranges: memory.h) and callbacks, from the call that handed them over to whatever ends that: the owner's close, a
 * function that the term names, the next call of the same function with the same keys, a destroy notify that was called.
 *
 * A registration is known by what it is: (library, function, owner, place, keys), not by the address that it holds, which may be somebody else's by the
 * time that C uses it.
 */
#ifndef FFISAN_CONTRACT_RETAINED_H
#define FFISAN_CONTRACT_RETAINED_H

#include "contract/registered.h"
#include "contract/words.h"

struct callback; /* core/callbacks.h */

extern word_step retained_keep, retained_for_ever, retained_notified, retained_until_done, retained_once, retained_user_data;

/* An object ended, or one of the functions that terms name was called on it (objects.c tells of both): what it kept is free again. */
void retained_owner_ends(const struct registered_call *call, uint64_t owner);
void retained_function_called(const struct registered_call *call, uint64_t owner);
/* The runtime gives a callback back (hooks/closures.c): true when C still has it, and that was reported. */
bool retained_callback_released(const struct callback *callback, const struct origin *origin);
/* C called one: destroy notifies and completions end what they stand for. */
void retained_callback_called(const struct callback *callback, uintptr_t code);
void retained_forked(void);

#endif
