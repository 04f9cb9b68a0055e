/* SPDX-License-Identifier: Apache-2.0
 *
 * What glibc's allocator says about the memory between the blocks of the books: which of it is free, and so no root, though it is
 * full of pointers that were. Read from its chunks' headers, and believed only where they agree with each other and with the
 * books.
 */
#ifndef FFISAN_CORE_GLIBC_H
#define FFISAN_CORE_GLIBC_H

#include "core/roots.h"

/* Where the chunks end that `address` is among: the last brk, or the end of the arena's heap that holds it. 0: it is certain
 * neither way. *start: the address before which no chunk is; for an arena's heap only roughly. */
uintptr_t glibc_heap_end(struct survey *survey, uintptr_t address, uintptr_t *start);

/* Goes from chunk to chunk from the one whose memory starts at `from` to the one at `to`, or, with `to` being the end of the
 * heap, to the last. Calls `each` for the memory of those that are free or that a tombstone says is; for none when the walk does
 * not end where it should. The first chunk is not among them. */
void glibc_free_chunks(struct survey *survey, uintptr_t from, uintptr_t to, uintptr_t heap_end,
                       void (*each)(uintptr_t start, uintptr_t end, void *context), void *context);

/* Makes holes of what the arenas know: their lists of free chunks, and where the top is. Each of these is also the end of the
 * block before. */
void glibc_exclude_arenas(struct survey *survey);

#endif
