/* SPDX-License-Identifier: Apache-2.0
 *
 * The allocator behind the shim, and the functions that the thunks jump to.
 */
#ifndef FFISAN_HOOKS_ALLOCATOR_H
#define FFISAN_HOOKS_ALLOCATOR_H

#include "core/types.h"

/* 1 until the books are open, and for ever when the program's allocator is not ours to watch. */
extern int allocator_off;

struct allocator {
    void *(*malloc_)(size_t size);
    void (*free_)(void *start);
    void *(*calloc_)(size_t count, size_t size);
    void *(*realloc_)(void *start, size_t size);
    void *(*reallocarray_)(void *start, size_t count, size_t size);
    void *(*memalign_)(size_t alignment, size_t size);
    void *(*aligned_alloc_)(size_t alignment, size_t size);
    int (*posix_memalign_)(void **result, size_t alignment, size_t size);
    void *(*valloc_)(size_t size);
    void *(*pvalloc_)(size_t size);
    size_t (*malloc_usable_size_)(void *start);
};
extern struct allocator real;
void allocator_find(void);

void *malloc_by_row(size_t size, row_id row);
void free_by_row(void *start, row_id row);
void *calloc_by_row(size_t count, size_t size, row_id row);
void *realloc_by_row(void *start, size_t size, row_id row);
void *reallocarray_by_row(void *start, size_t count, size_t size, row_id row);
void *memalign_by_row(size_t alignment, size_t size, row_id row);
void *aligned_alloc_by_row(size_t alignment, size_t size, row_id row);
int posix_memalign_by_row(void **result, size_t alignment, size_t size, row_id row);
void *valloc_by_row(size_t size, row_id row);
void *pvalloc_by_row(size_t size, row_id row);
size_t malloc_usable_size_by_row(void *start, row_id row);

#endif
