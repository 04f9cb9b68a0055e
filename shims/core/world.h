/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping the other threads for a moment: each is sent a real-time signal that the program does not use, and waits in the
 * handler until it is let go. Nothing may allocate, lock or call into libc's heap while the world is stopped: a stopped thread
 * may hold any lock.
 *
 * What a thread notices: a system call that it waits in may answer EINTR, as after any signal. A thread that has the signal
 * blocked is left alone, since the signal would stay behind in it, or be taken by its sigwait: then the world does not stop.
 */
#ifndef FFISAN_CORE_WORLD_H
#define FFISAN_CORE_WORLD_H

#include "core/types.h"

struct stopped_thread {
    uint32_t tid;
    bool busy;               /* stopped while the shim was at work on it (thread.h) */
    uintptr_t stack_pointer; /* as it was interrupted, red zone already taken off */
    uintptr_t registers[16]; /* the general ones */
    /* What the kernel saved: the general registers again, those for vectors and floating point, the alternate signal stack. Lies
     * on the thread's stack below stack_pointer, or on its signal stack. */
    uintptr_t frame_start, frame_end;
};

/* Stops all other threads and keeps signals from the calling one; waits at most `milliseconds`. False when one did not stop (all
 * are let go again), or there is no room, no /proc, no spare signal. One caller at a time; a second one gets false. */
bool world_stop(unsigned milliseconds);
void world_each(void (*each)(const struct stopped_thread *thread, void *context), void *context);
void world_continue(void);
/* In a forked child, which may have been made while the world stood still. */
void world_forked(void);

#endif
