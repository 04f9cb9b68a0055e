/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects: what registered calls gave out or took back: handles, owned memory, borrowed results. What state one is in, what a call does to it
 * and which of that is a finding is one table, (state, event) -> (state, rule), in objects.c.
 *
 *   owned     the host has to give it back, to one of the functions of its term
 *   counted   the same, for each count that the host took
 *   borrowed  another object's; ends with that, or with what its term names
 *   static    the library's own, for ever
 *   given     the host gave it away to a callee (a sink), that is alive: nothing is known of its end
 *   closed    its destructor was called; remembered until its address, or its number, is given out again
 *   ended     borrowed, and over
 *
 * An object is known by its value and, for numbers, its kind; one that is a heap block is believed only while the block is the one that it was.
 * An address that comes back in any way that is seen (result, out-parameter, argument of a callback) is a new object. What is not in the books
 * gives no finding: handles from before, or from functions without a contract.
 */
#ifndef FFISAN_CONTRACT_OBJECTS_H
#define FFISAN_CONTRACT_OBJECTS_H

#include "contract/registered.h"
#include "contract/report.h"
#include "contract/words.h"
#include "core/blocks.h"

extern word_step object_used, object_owned, object_out_owned, object_borrowed, object_static, object_consumed, object_kept,
    object_counted, object_dropped, object_invalidates;

/* A release function of an allocator (free, realloc, delete, PyMem_Free...) is about to take this pointer, which is no registered call's doing.
 * True: a finding was reported that says it better than the allocator's own checks could; `keep`: the block is the library's, and is not to be
 * freed (law 1: it would be destroyed under its owner). */
bool object_freed(uintptr_t address, const struct origin *origin, row_id row, const char *function, bool *keep);
/* The same pointer came from somewhere, seen by us: a result or argument of a call without a contract. */
void object_seen(uintptr_t address);
/* At the end of the process, when the leak scan knows what is reachable: owned objects that nobody can give back any more. */
void objects_end(void);
void objects_forked(void);

#endif
