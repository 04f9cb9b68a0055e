/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping the other threads for a moment: each is sent a real-time signal that the program does not use, and waits in the handler until it is
 * let go. Nothing may allocate, lock or call into libc's heap while the world is stopped.
 */
#ifndef FFISAN_CORE_WORLD_H
#define FFISAN_CORE_WORLD_H

#include "core/types.h"

struct stopped_thread {
    uint32_t tid;
    uintptr_t stack_pointer;  /* as it was interrupted, red zone already taken off */
    uintptr_t registers[16];  /* the general ones */
};

/* Stops all other threads; waits at most `milliseconds`. False when one did not stop (all are let go again) or there is no room. */
bool world_stop(unsigned milliseconds);
void world_each(void (*each)(const struct stopped_thread *thread, void *context), void *context);
void world_continue(void);

#endif
