/* SPDX-License-Identifier: Apache-2.0
 *
 * --profile: what the boundary costs, by function and by calling line. Off, it costs one test of a flag.
 */
#ifndef FFISAN_CORE_PROFILE_H
#define FFISAN_CORE_PROFILE_H

#include "core/options.h"
#include "core/types.h"

/* One crossing that has ended. */
struct profiled {
    uintptr_t function;
    bool up;
    uint64_t started;  /* profile_now() before it */
    uint64_t bytes;    /* behind its pointers, as far as it is known */
    uint64_t repeated; /* arguments that were a fresh copy of the text that the call before had been given */
    uint32_t line;     /* managed_places.line; 0: not known */
    uintptr_t caller;  /* return address, when there is no line */
};

static inline bool profiling(void) {
    return UNLIKELY(options.profile);
}
/* The processor's time-stamp counter: it runs at one rate on every x86-64 that Linux takes for its clock. */
static inline uint64_t profile_now(void) {
    return __builtin_ia32_rdtsc();
}
void profile_add(const struct profiled *profiled);
/* At the process's end: one PROFILE record for each row. */
void profile_write(void);
void profile_start(void); /* calibrates the counter against the clock */
void profile_forked(void);

#endif
