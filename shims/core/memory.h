/* SPDX-License-Identifier: Apache-2.0
 *
 * The shim's own memory: private anonymous mappings, never the program's heap. Everything here may be called in a hook and in a
 * signal handler, holds no lock, keeps errno, and answers NULL when the kernel says no (overcommit refused, RLIMIT_AS): the
 * caller then counts a loss and goes quiet.
 *
 * Mappings are remembered, so that the leak scan does not take our books for the program's roots.
 */
#ifndef FFISAN_CORE_MEMORY_H
#define FFISAN_CORE_MEMORY_H

#include "core/types.h"

/* Whole pages, zeroed, committed only when touched. `size` is rounded up. NULL on failure. Never given back piecewise. */
void *memory_map(size_t size);
void memory_unmap(void *start, size_t size);
/* Pages that take the place of the program's own memory: what they point to counts as reached. `code`: they may be executed, which a
 * hardened system refuses. Never given back. */
void *memory_map_theirs(size_t size, bool code);
/* A zeroed piece, 16-byte aligned, carved from shared mappings, for ever. Lock-free. size <= 64 KiB. NULL on failure. */
void *memory_carve(size_t size);
/* A file's contents, to be read only; NULL: it cannot be had. For the start of the program, not for hooks. */
const void *memory_map_file(const char *path, size_t *size);
/* Takes note of a mapping that was made otherwise (the record file). */
void memory_note(void *start, size_t size);
/* Calls `each` for every mapping of ours. */
void memory_each(void (*each)(uintptr_t start, uintptr_t end, void *context), void *context);
/* How many requests the kernel refused. */
uint64_t memory_losses(void);
/* How many bytes are mapped (address space, not resident). */
uint64_t memory_mapped(void);

#endif
