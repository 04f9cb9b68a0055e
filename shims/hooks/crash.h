/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the two files about signals: signals.c decides whose handler is in force, crash.c is the handler.
 */
#ifndef FFISAN_HOOKS_CRASH_H
#define FFISAN_HOOKS_CRASH_H

#include <signal.h>

#include "core/types.h"

/* crash.c: records what the process is dying of and lets it die of that. Returns: the signal is pending by then. */
void crash_handler(int signal, siginfo_t *info, void *context);
void crash_start(void);
/* The fault is at memory that the shim itself has made inaccessible, and is dealt with: the access will succeed now. */
bool crash_guarded(const siginfo_t *info, const void *context);
/* Some thread is in it, past the point where it could still turn out to be nothing. */
bool crash_under_way(void);
/* Adds the foreign call that the thread is in the middle of, and its last crossings. Items lie in one place for the whole process: until the
 * finding is written no other thread may ask. */
struct finding;
void crash_add_boundary(struct finding *finding, uintptr_t stack_pointer);
/* The header says that this signal ends the process. */
void crash_announce(int signal);

/* signals.c: what the kernel does with this signal, and the end of our part in it. */
struct sigaction signal_in_force(int signal);
void signal_leave_to_kernel(int signal);
bool signal_is_crash(int signal);

#endif
