/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether the program has taken away its own right to system calls (seccomp). From then on one that it did not reckon with may be
 * the process's end, so that the shim makes none but those that it cannot do without: memory, as any allocator asks for it. What
 * it would have learnt from the kernel is unknown then. Findings go on: they are written to memory that is mapped already.
 */
#ifndef FFISAN_CORE_CONFINED_H
#define FFISAN_CORE_CONFINED_H

#include "core/types.h"

enum confinement {
    CONFINED_NOT,
    CONFINED_PERHAPS, /* no_new_privs is set, and a filter may follow by a way that is not seen */
    CONFINED_SURELY,  /* there is a filter */
    CONFINED_STRICT,  /* read, write, exit and sigreturn are left: not even memory is to be had */
};

extern uint32_t confinement; /* enum confinement; atomic; only ever written by hooks/confine.c and tests */

static inline enum confinement confinement_now(void) {
    return (enum confinement)__atomic_load_n(&confinement, __ATOMIC_RELAXED);
}
static inline bool confined(void) {
    return UNLIKELY(confinement_now() != CONFINED_NOT);
}

/* CLOCK_REALTIME; in a confined process the time at which it was last asked for before. Where the clock cannot be read without
 * the kernel, libc makes a system call of it. */
uint64_t clock_ns(void);

#endif
