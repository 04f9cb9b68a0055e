/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects: what registered calls gave out or took back: handles, owned memory, borrowed results. What is known of them stands
 * in a book (book.h); what state one is in, what can happen to it, and which of that is a finding is one table (states.h).
 * Here: which event a call is.
 *
 * An object is known by its value and, for numbers, its kind; one that stands in a heap block is believed only while the block
 * is the one that it was (remains.h). An address that comes back in any way that is seen (result, out-parameter, argument of a
 * callback) is a new object when the old one is over. What is not in the book gives no finding: handles from before, or from
 * functions without a contract.
 *
 * A destructor's word counts from before the call on, as the library may give the address out again inside it; until it has
 * returned nothing is said of uses, since it may still fail, or call back with what it closes.
 */
#ifndef FFISAN_CONTRACT_OBJECTS_H
#define FFISAN_CONTRACT_OBJECTS_H

#include "contract/registered.h"
#include "contract/report.h"
#include "contract/words.h"

extern word_step object_used, object_owned, object_out_owned, object_borrowed, object_static, object_consumed, object_kept,
    object_counted, object_dropped, object_invalidates, object_sized, object_sizes, object_of_family;
/* enter, leave and failed of CONSUMED are object_consumed, object_consumed, object_kept; likewise object_dropped for UNREF. The
 * rest: HANDLE, SIZED_BY on the way in, SIZED_BY before CONSUMED; OWNED, OUT_OWNED, BORROWED, STATIC, FAMILY, REF, INVALIDATES,
 * GIVES_SIZES on the way out, in the order INVALIDATES, births and REF, GIVES_SIZES. */

/* For words about memory: whether what the argument leads to was borrowed or closed and is over, which was then reported:
 * nothing else is to be said of it. About 5 ns. */
bool object_is_over(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value);

/* What the value of this term is by its type: book_kind's number, or 0 for an address. */
uint32_t object_kind(const struct registered *registered, const struct ffisan_contract_term *term);
/* A function that other terms name as what ends something (role_of: ROLE_ENDS) has returned and not failed: before its own
 * terms. */
void objects_called(struct registered_call *call);

/* A release function of an allocator (free, realloc, delete, PyMem_Free...) is about to take this pointer, which is no
 * registered call's doing. True: a finding was reported that says it better than the allocator's own checks could; `keep`: the
 * block is the library's, and is not to be freed (law 1: it would be destroyed under its owner). */
bool object_freed(uintptr_t address, const struct origin *origin, row_id row, const char *function, bool *keep);
/* The same pointer came from somewhere, seen by us: a result or argument of a call without a contract. */
void object_seen(uintptr_t address);
/* Whether that can make a difference: something was closed, or has ended. */
bool objects_over(void);
/* Once: what is owned and never given back is to be told at the end (core/leaks.h). */
void objects_start(void);
void objects_forked(void);
/* The handle that the call which made this one was given: a statement's connection. 0: not known. About 5 ns. */
uint64_t object_parent(uint64_t value);
/* Whether a call was seen that made it. */
bool object_is_known(uint64_t value);

#endif
