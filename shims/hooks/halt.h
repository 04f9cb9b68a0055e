/* SPDX-License-Identifier: Apache-2.0
 *
 * --halt, for calls: the judge comes too late for a program that is to be stopped before it makes a wrong one. So the same comparison
 * (core/verdict.h) is made here, with the prototypes of well known libraries, mapped from a file. What only debug info knows does not
 * stop a program.
 */
#ifndef FFISAN_HOOKS_HALT_H
#define FFISAN_HOOKS_HALT_H

#include "core/verdict.h"

/* Maps the prototype file, when --halt asks for it. */
void halt_start(void);
/* The call is on record: stops the program when it is certain to be wrong. Comes back otherwise. */
void halt_on_call(const struct ffisan_record_call *call, const struct ffisan_types *types);

#endif
