/* SPDX-License-Identifier: Apache-2.0
 *
 * What of the process's memory can hold a pointer, and may be read. A survey is taken while the world stands still and lists,
 * lowest address first:
 *
 *   runs   pages that somebody has written to and that are there: private memory of any kind, and shared memory that is no file's
 * and no device's. What was never touched (reserved heaps), what is still as it is in a file (code), and ordinary shared files
 * are left out. Pages that could fault under our hands, since they are swapped out or a file's, are marked `careful`: to be read
 * with peek. holes  what is no root though it is in a run: the shim's own memory, and what lies below the stack pointer of a
 * stopped thread.
 *
 * Mappings are taken as ranges of addresses and no more: the kernel makes one of two that are neighbours.
 */
#ifndef FFISAN_CORE_ROOTS_H
#define FFISAN_CORE_ROOTS_H

#include "core/types.h"

struct run {
    uintptr_t start, end;
    bool careful;
};

struct hole {
    uintptr_t start, end;
};

struct survey;

/* Needs the world to stand still. `stack_pointer`: how far down the calling thread's stack is in use; 0: not known, all of it is.
 * NULL: no room, or the kernel does not tell. */
struct survey *survey_take(uintptr_t stack_pointer);
void survey_release(struct survey *survey);

/* The run that holds `address`, or the first above it; NULL: none. Fast when asked in order. */
const struct run *survey_run(struct survey *survey, uintptr_t address);
/* Whether all of [start, end) is in runs. When it is, and lies in careful ones, it was just brought in. */
bool survey_holds(struct survey *survey, uintptr_t start, uintptr_t end);
/* From the first to the last brk(2); empty: none. */
struct run survey_heap(const struct survey *survey);
/* One more hole. */
void survey_exclude(struct survey *survey, uintptr_t start, uintptr_t end);
/* Calls `each` for all runs less all holes. */
void survey_roots(struct survey *survey, void (*each)(const struct run *part, void *context), void *context);

#endif
