/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory of the host that C holds: ranges that are kept (RETAINED and its like) or that an open call was handed, and what happens when their
 * memory goes: the host frees it, moves it (realloc; a bytearray that grew) or makes something else of it.
 *
 * The allocators ask here before each release: malloc's family (hooks/malloc.c) for blocks that crossed, Python's domains (checkers/cpython/
 * domains.c) for everything. Both ask memory_kept first, which is one load while nothing is kept at all, and one more and a bit test after that.
 */
#ifndef FFISAN_CONTRACT_MEMORY_H
#define FFISAN_CONTRACT_MEMORY_H

#include "core/types.h"

#define MEMORY_FILTER_BITS 16u /* pages share bits by hash */

struct registered;
struct ffisan_contract_term;

extern uint32_t memory_kept_count;
extern uint64_t memory_filter[1u << (MEMORY_FILTER_BITS - 6)];

/* Whether anything in the page of this address, or in one of those up to `size` bytes behind it, may be kept. False is certain. About 1 ns. */
static inline bool memory_kept(uintptr_t address, size_t size) {
    if (LIKELY(!__atomic_load_n(&memory_kept_count, __ATOMIC_RELAXED)))
        return false;
    if (UNLIKELY(size > 16u << 12))
        return true;
    for (uintptr_t page = address >> 12; page <= (address + (size ? size - 1 : 0)) >> 12; page++) {
        uint32_t bit = (uint32_t)((page * 0x9e3779b97f4a7c15u) >> (64 - MEMORY_FILTER_BITS));
        if (__atomic_load_n(&memory_filter[bit >> 6], __ATOMIC_RELAXED) >> (bit & 63) & 1)
            return true;
    }
    return false;
}

/* Calls under way that were handed memory which a managed runtime hands out itself: counted while another thread than
 * the main one makes registered calls. */
extern uint32_t memory_calls;
static inline bool memory_lent(void) {
    return UNLIKELY(__atomic_load_n(&memory_calls, __ATOMIC_RELAXED) != 0);
}

enum memory_end { MEMORY_FREED, MEMORY_MOVED };

/* Who gives memory back. A library that gives back what it keeps itself knows what it does; memory that the managed runtime hands out is no
 * library's to give back. */
struct memory_doer {
    const struct origin *origin;
    row_id row; /* 0: not known */
    bool managed;
    const char *function; /* by name */
};

/* [start, start + size) is about to be given back; `size` 0: not known. Answers true when somebody in C still holds something in it, and that
 * was reported. */
bool memory_ends(uintptr_t start, size_t size, enum memory_end how, const struct memory_doer *doer);

/* A realloc: begun before the real one, which may not leave the memory where it is; told when it is done. What is kept since then, of
 * memory that another thread was given meanwhile, is not meant. */
struct memory_move {
    uintptr_t start;
    size_t size;
    uint64_t newest; /* 0: nothing is kept there */
};
struct memory_move memory_moving(uintptr_t start, size_t size);
bool memory_moved(const struct memory_move *move, uintptr_t now, size_t now_size, const struct memory_doer *doer);

/* A registered call that is being made with something in [start, start + size), a handle or memory that it reads or writes by its contract:
 * on another thread, or further out on this one while a callback of it runs. Arguments that the call takes over do not count. */
struct memory_user {
    const struct registered *registered;
    const struct ffisan_contract_term *term;
    uint32_t argument;
    uint32_t tid;
    uintptr_t ra; /* where it was called from */
};
bool memory_in_use(uintptr_t start, size_t size, struct memory_user *user);
/* The same for memory that is being given back: true when it was reported (freed-during-call). */
bool memory_taken_from_call(uintptr_t start, size_t size, const struct memory_doer *doer);

/* The process, or its runtime, takes itself apart: what is freed from now on says nothing. */
void memory_quiet(void);

#endif
