/* SPDX-License-Identifier: Apache-2.0
 *
 * Another memory checker beside the shim (--with): AddressSanitizer, whose runtime stands before the shim and owns malloc; or Valgrind,
 * whose memcheck stands behind the shim's malloc and in place of libc's. Either finds out at each access what the shim can only find out
 * at crossings; the shim knows what either cannot: who owns a block, which foreign call is under way, where managed code is. The judge
 * puts the two together.
 *
 * Under either, the books have no canaries and quarantine is off: both are the checker's own affair.
 */
#ifndef FFISAN_HOOKS_WITH_H
#define FFISAN_HOOKS_WITH_H

#include "core/types.h"

/* What takes memory away from the program and gives it back; NULL: only the processor can (mprotect). `start` is 8-byte aligned. Set once,
 * in hooks_start. */
struct with_memory {
    void (*forbid)(uintptr_t start, size_t size);
    void (*allow)(uintptr_t start, size_t size);
    /* What the checker is to call a range, up to `unname`; NULL: it calls it nothing. */
    uint64_t (*name)(uintptr_t start, size_t size, const char *text);
    void (*unname)(uint64_t name);
    void (*end)(void); /* the process is about to end: the shim has looked at everything */
};
extern struct with_memory with_memory;

/* Who is asked when the checker has found something at `address`: fills in what it knows better (the rule, items), else leaves it alone.
 * Signal-safe. */
struct finding;
void with_on_access(void (*explain)(uintptr_t address, struct finding *finding));

/* asan.c. Takes AddressSanitizer's hooks. False: this runtime does not have them all. */
bool asan_start(void);
/* Before the first module is looked at: libraries that would bind past it are opened as others are. */
void asan_plan(void);
/* As its options have it; NULL: there are none. Of two words on it the later holds. */
bool asan_looks_for_leaks(const char *asan_options);

/* valgrind.c */
bool valgrind_runs(void);
void valgrind_start(void);

#endif
