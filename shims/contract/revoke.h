/* SPDX-License-Identifier: Apache-2.0
 *
 * --revoke: what is lent for one call is taken away when it returns, so that a late use faults, or reads what nobody wrote.
 *
 * Natively the function is given a copy. When it returns, what it wrote is copied back, pointers into the copy that come back as the result or
 * in out-parameters are led to the original, and the copy is poisoned; one in so many lies alone on pages without access, whose fault is
 * named (signals_on_fault). Only what the contract gives a size (IN, OUT, INOUT, texts) and nobody keeps is lent in this way; the rest is left alone,
 * and the report says what. Under AddressSanitizer and Valgrind the memory itself is made unusable until the host uses it again: see with.h.
 */
#ifndef FFISAN_CONTRACT_REVOKE_H
#define FFISAN_CONTRACT_REVOKE_H

#include "contract/registered.h"

/* Before the function runs, when all terms have been gone through; and when it has returned, before them. */
void revoke_enter(struct registered_call *call);
void revoke_leave(struct registered_call *call);
void revoke_start(void);
void revoke_forked(void);

#endif
