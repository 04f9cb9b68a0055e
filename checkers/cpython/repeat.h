/* SPDX-License-Identifier: Apache-2.0
 *
 * `ffisan run --repeat`: one callable, called again and again; what stays after each of its calls is named.
 *
 * The launcher has the interpreter run a few lines of Python (cli/repeat.c), which ask ffisan_repeat_step what to do next: call once more, collect
 * garbage, or stop. After some calls that may fill caches, THINGS_ROUNDS rounds are made of the rest, each ending with a collection, which also
 * clears the interpreter's free lists. What has become more in each round stays per call; what has become more in some of them (a cache that
 * fills up, one that is resized now and then) is not spoken of.
 *
 *   references  objects that were made and stay, by place (things.h); objects from before whose count grows by more than there are
 *               words in memory (heap.h: words_count): nobody has those references
 *   blocks      of malloc, by the stack that allocated them
 *
 * Handles of libraries are the blocks that they are made of; callbacks are the objects that ctypes and cffi keep them in.
 *
 * What leads to what is told apart by a look at memory at the end: a block that something else on the list leads to is not named by itself.
 */
#ifndef FFISAN_CPYTHON_REPEAT_H
#define FFISAN_CPYTHON_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

enum repeat_step { REPEAT_DONE, REPEAT_CALL, REPEAT_COLLECT, REPEAT_IMPOSSIBLE };

/* Exported: called by the driver, with the GIL, each time that it has done what it was told. `count`: how many calls were asked for. */
int ffisan_repeat_step(unsigned count);

/* Once, at the start. */
void repeat_start(void);
/* What stays is this one's business in this process. */
bool repeat_runs(void);

#endif
