/* SPDX-License-Identifier: Apache-2.0
 *
 * Which live blocks were reached. For every MiB of heap three bitmaps, one bit for each 16 bytes: where a live block starts,
 * whether it was reached, and what memory is accounted for (by a live block, or as free) and therefore no root. 24 KiB for a MiB
 * of heap, however many blocks stand in it. Sizes stay in the books.
 *
 * Life: marks_open; marks_meet for every live block, lowest address first; marks_met; then words, memory and blocks to mark, in
 * any order.
 */
#ifndef FFISAN_CORE_MARKS_H
#define FFISAN_CORE_MARKS_H

#include "core/blocks.h"
#include "core/roots.h"

struct marks;

/* NULL: no memory. */
struct marks *marks_open(struct survey *survey);
void marks_release(struct marks *marks);

/* Takes a live block in. It is looked for from now on, unless `doubtful`: it then counts as reached. Blocks that overlap are
 * doubtful by themselves: one of them was freed behind our back, and nothing tells which. */
void marks_meet(struct marks *marks, const struct block *block, bool doubtful);

/* From here on, what is reached of these is not looked through: `starts` of live blocks, in ascending order. */
void marks_stop_at(struct marks *marks, const uintptr_t *starts, size_t count);

/* All have been met. */
void marks_met(struct marks *marks);

/* What each of these reaches is looked through in turn, to the end. */
void marks_word(struct marks *marks, uintptr_t word);
void marks_memory(struct marks *marks, uintptr_t start, uintptr_t end);
/* The same, less what is accounted for: for memory that may be heap. */
void marks_root(struct marks *marks, const struct run *part);
void marks_block(struct marks *marks, uintptr_t start);

/* Whether the block that starts here was reached. */
bool marks_reached(const struct marks *marks, uintptr_t start);
/* Calls `each` for every live block that was not reached at the time of its turn, lowest address first. It may mark. */
void marks_unreached(struct marks *marks, void (*each)(uintptr_t start, void *context), void *context);
/* Remembers what is not reached now; and makes it so again. Ends the use of marks_root. */
void marks_remember(struct marks *marks);
void marks_recall(struct marks *marks);

struct marks_count {
    uint64_t blocks, bytes; /* reached since the start */
    uint64_t looked_at;     /* bytes looked through */
};
struct marks_count marks_count(const struct marks *marks);
/* There was no room to go on: nothing can be concluded from what is not reached. */
bool marks_failed(const struct marks *marks);

#endif
