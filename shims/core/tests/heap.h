/* SPDX-License-Identifier: Apache-2.0
 *
 * A program's heap for tests of the search for leaks: blocks in the books, pointers that a search does not see, and what it
 * reported.
 */
#ifndef FFISAN_CORE_TESTS_HEAP_H
#define FFISAN_CORE_TESTS_HEAP_H

#include "core/findings.h"
#include "core/types.h"

/* A pointer as no search for pointers finds it. */
typedef uintptr_t hidden;
#define HIDE(pointer)   (~(uintptr_t)(pointer))
#define REVEAL(hidden_) ((void *)~(hidden_))

/* Opens books, modules, options and the sink. */
int heap_setup(void **state);
/* Forgets all blocks that a test has left, so that the next one starts anew. */
int heap_teardown(void **state);
/* A site in this program; the same each time for the same number below 64. */
site_id site_here(unsigned which);
/* A booked block, zeroed; and its regular end. */
void *give(size_t size, site_id site);
void take_back(void *start);
/* The same without a pointer left in a register or on the stack. */
hidden give_hidden(size_t size, site_id site);

struct found {
    unsigned leaks, overflows;
    uint64_t blocks, bytes, indirect_blocks, indirect_bytes; /* of all leaks */
    struct finding last;
    struct block last_block;
};
extern struct found found;
/* Looks for leaks as at the end of the process, as often as one likes. */
void look_for_leaks(void);
/* AddressSanitizer's allocator keeps freed blocks, and copies of pointers in places of its own: what is lost may then look kept.
 */
bool under_asan(void);
/* Writes over what was on the stack below the caller. */
void scrub_stack(void);

#endif
