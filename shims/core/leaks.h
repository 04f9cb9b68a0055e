/* SPDX-License-Identifier: Apache-2.0
 *
 * The search for lost blocks, when the process ends. Conservative: any word, in any root, that could be an address inside a live block (its end
 * included) keeps it; what it keeps is looked through in turn. Roots are the writable memory that is not the heap: static data, thread stacks
 * from the stack pointer outwards, registers, thread locals, and every managed heap as raw memory.
 *
 * The other threads stand still meanwhile (world.h). When one cannot be stopped in time there is no verdict: a pointer might be
 * in its registers.
 */
#ifndef FFISAN_CORE_LEAKS_H
#define FFISAN_CORE_LEAKS_H

#include "core/types.h"
#include "ffisan/record.h"

/* Looks once in a process's life; later calls do nothing. Also checks the canary of every live block (heap-overflow). Reports findings and sets the
 * verdict in the records' header. `origin` is where the end was seen: the calling thread's stack counts from there. */
void leaks_check(const struct origin *origin);
/* After fork, in the child: threads other than the caller are gone, and their stacks with them. */
void leaks_forked(bool had_threads);
/* A managed runtime keeps blocks that are unreachable for a reason of its own, or takes its heap apart before the end: from now on no verdict. */
void leaks_forgo(enum ffisan_leak_verdict why);

#endif
