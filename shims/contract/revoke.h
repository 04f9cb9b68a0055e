/* SPDX-License-Identifier: Apache-2.0
 *
 * --revoke: what is lent for one call is taken away when it returns, so that a late use faults, or reads what nobody wrote.
 *
 * Natively the function is given a copy. When it returns, what it wrote is copied back, pointers into the copy that come back as the result or
 * in out-parameters are led to the original, and the copy is poisoned; one in so many lies alone on pages without access, whose fault is
 * named (signals_on_fault). Only what the contract gives a size (IN, OUT, INOUT, texts) and nobody keeps is lent in this way; the rest is left alone,
 * and the report says what. Under AddressSanitizer and Valgrind it is a copy as well, which they then forbid (hooks/with.h).
 */
#ifndef FFISAN_CONTRACT_REVOKE_H
#define FFISAN_CONTRACT_REVOKE_H

#include "contract/registered.h"

/* Before registered_start. */
void revoke_start(void);
void revoke_forked(void);
/* A fault at memory that was taken away: true when it was reported, and the access will succeed now. Signal-safe. */
bool revoke_fault(uintptr_t address, const void *context);
/* C gives back what it was lent, which its contract does not say: the host's own address, to which nothing is carried back any more. 0: it is no
 * copy. */
uintptr_t revoke_given_back(uintptr_t address);
/* The process ends: what was written to late is told. */
void revoke_end(void);

/* For tests: what revoke_start has called at each call, when all terms have been gone through on the way in, and before they are on the way out. */
void revoke_enter(struct registered_call *call);
void revoke_leave(struct registered_call *call);

#endif
