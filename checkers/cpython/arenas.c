/* SPDX-License-Identifier: Apache-2.0
 *
 * Which pages belong to pymalloc's arenas. Arenas made from the attach on come through PyObject_SetArenaAllocator. Of the earlier
 * ones nothing is exported; their pools are learned one by one, when something in them is freed: a pool says what it is in its
 * header, which is so particular (Objects/obmalloc.c, struct pool_header, the same from 3.8 to 3.13) that no other memory looks
 * like it.
 *
 * From 3.11 the arena allocator also serves chunks of the frame stack (Python/pystate.c, allocate_chunk): these are told apart by
 * size.
 */
#include "core/memory.h"
#include "core/peek.h"
#include "cpython/cpython.h"

#define PAGE_BITS       12
#define LEAF_SIZE       ((size_t)1 << (ARENA_TOP_SHIFT - PAGE_BITS - 3))
#define SMALL_THRESHOLD 512u
#define ALIGNMENT_BITS  4
#define LEARN_LIMIT     4096 /* lookups in vain after which earlier arenas are not searched for any more */

struct pool_header {
    uint64_t count;
    uintptr_t free_block;
    uintptr_t next, previous;
    uint32_t arena, size_class;
    uint32_t next_offset, last_offset;
};

uint64_t *arena_pages[ARENA_TOP_SIZE];
static struct cpython_arena_allocator original;
static unsigned vain;
static bool ran_out;

static uint64_t *leaf_of(uintptr_t address) {
    uint64_t **slot = &arena_pages[(address >> ARENA_TOP_SHIFT) % ARENA_TOP_SIZE];
    uint64_t *leaf = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    if (leaf)
        return leaf;
    uint64_t *made = memory_map(LEAF_SIZE);
    if (!made || __atomic_compare_exchange_n(slot, &leaf, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return made;
    memory_unmap(made, LEAF_SIZE);
    return leaf;
}

static void mark(uintptr_t start, size_t size, bool set) {
    for (uintptr_t page = start; page < start + size; page += (uintptr_t)1 << PAGE_BITS) {
        uint64_t *leaf = leaf_of(page);
        if (!leaf)
            return;
        uint64_t bit = (uint64_t)1 << ((page >> PAGE_BITS) & 63);
        uint64_t *word = &leaf[(page >> (PAGE_BITS + 6)) & 0x7fff];
        if (set)
            __atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
        else
            __atomic_fetch_and(word, ~bit, __ATOMIC_RELAXED);
    }
}

static bool is_arena_size(size_t size) {
    return cpython.layout && size == (size_t)1 << cpython.layout->arena_bits;
}

static void *arena_alloc(void *context, size_t size) {
    void *arena = original.alloc(context, size);
    if (!arena)
        __atomic_store_n(&ran_out, true, __ATOMIC_RELAXED);
    else if (is_arena_size(size))
        mark((uintptr_t)arena, size, true);
    return arena;
}

/* Before it is gone: the next moment another thread's malloc may have these pages. */
static void arena_free(void *context, void *arena, size_t size) {
    if (is_arena_size(size))
        mark((uintptr_t)arena, size, false);
    original.free(context, arena, size);
}

bool arenas_ran_out(void) {
    return __atomic_load_n(&ran_out, __ATOMIC_RELAXED);
}

static bool is_pool(const struct pool_header *pool, uintptr_t start, size_t size) {
    size_t class = ((size_t)pool->size_class + 1) << ALIGNMENT_BITS, room = size - sizeof *pool;
    return pool->size_class < SMALL_THRESHOLD >> ALIGNMENT_BITS && pool->last_offset == size - class &&
           pool->next_offset >= sizeof *pool + class && pool->next_offset <= size &&
           (pool->next_offset - sizeof *pool) % class == 0 && pool->count <= room / class && pool->arena < 1u << 24 &&
           pool->next && pool->previous &&
           (!pool->free_block || (pool->free_block > start && pool->free_block < start + size &&
                                  (pool->free_block - start - sizeof *pool) % class == 0));
}

/* The start of the pool around the address, 0: none. */
static uintptr_t pool_around(uintptr_t address) {
    const struct cpython_layout *layout = cpython.layout;
    if (!layout)
        return 0;
    size_t size = (size_t)1 << layout->pool_bits;
    uintptr_t start = address & ~(size - 1);
    struct pool_header pool;
    return peek(&pool, start, sizeof pool) && is_pool(&pool, start, size) ? start : 0;
}

bool arena_learn(uintptr_t address) {
    if (__atomic_load_n(&vain, __ATOMIC_RELAXED) >= LEARN_LIMIT)
        return false;
    uintptr_t start = pool_around(address);
    if (start)
        mark(start, (size_t)1 << cpython.layout->pool_bits, true);
    else
        __atomic_fetch_add(&vain, 1, __ATOMIC_RELAXED);
    return start != 0;
}

UNCHECKED_READS bool arena_block(uintptr_t address, uintptr_t *start, size_t *size) {
    size_t pool_size = (size_t)1 << cpython.layout->pool_bits;
    uintptr_t pool = address & ~(pool_size - 1), first = pool + sizeof(struct pool_header);
    const struct pool_header *header = (const struct pool_header *)pool;
    if (address < first || !is_pool(header, pool, pool_size))
        return false;
    *size = ((size_t)header->size_class + 1) << ALIGNMENT_BITS;
    *start = first + (address - first) / *size * *size;
    return true;
}

/* A pool that has been given back to its arena keeps its header but for the links. */
static bool is_empty_pool(uintptr_t address, size_t size) {
    uintptr_t start = address & ~(size - 1);
    uint64_t count;
    return arena_holds(address) && peek(&count, start, sizeof count) && count == 0;
}

static void mark_free(struct arena_view *view, size_t index) {
    if (index / 64 < sizeof view->free / sizeof *view->free)
        view->free[index / 64] |= (uint64_t)1 << index % 64;
}

/* Blocks that were given back are chained by their first words; those behind next_offset were never given out. */
static UNCHECKED_READS void read_pool(struct arena_view *view, uintptr_t start, size_t size) {
    const struct pool_header *pool = (const struct pool_header *)start;
    size_t class = ((size_t)pool->size_class + 1) << ALIGNMENT_BITS, first = sizeof *pool, room = (size - first) / class;
    uintptr_t block = pool->free_block;
    memset(view->free, 0, sizeof view->free);
    view->pool = start;
    for (size_t i = 0; i < room && block - start - first < size - first && (block - start - first) % class == 0; i++) {
        mark_free(view, (block - start - first) / class);
        block = *(const uintptr_t *)block;
    }
    for (size_t i = (pool->next_offset - first) / class; i < room; i++)
        mark_free(view, i);
}

bool arena_is_free(uintptr_t address, struct arena_view *view) {
    size_t size = (size_t)1 << cpython.layout->pool_bits;
    uintptr_t start = address & ~(size - 1);
    if (start != view->pool) {
        if (!pool_around(address))
            return is_empty_pool(address, size);
        read_pool(view, start, size);
    }
    const struct pool_header *pool = (const struct pool_header *)start;
    size_t offset = address - start, class = ((size_t)pool->size_class + 1) << ALIGNMENT_BITS;
    if (offset < sizeof *pool)
        return false;
    size_t index = (offset - sizeof *pool) / class;
    return index / 64 < sizeof view->free / sizeof *view->free && view->free[index / 64] >> index % 64 & 1;
}

bool arena_has_pool(uintptr_t address) {
    return arena_holds(address) || pool_around(address);
}

void arena_each(uintptr_t pool, struct arena_view *view, void (*each)(uintptr_t start, size_t size, void *context),
                void *context) {
    size_t size = (size_t)1 << cpython.layout->pool_bits;
    if (!pool || pool_around(pool) != pool)
        return;
    const struct pool_header *header = (const struct pool_header *)pool;
    size_t class = ((size_t)header->size_class + 1) << ALIGNMENT_BITS;
    for (uintptr_t at = pool + sizeof *header; header->count && at + class <= pool + size; at += class)
        if (!arena_is_free(at, view))
            each(at, class, context);
}

bool cpython_owns(uintptr_t address) {
    return cpython.module && (arena_holds(address) || pool_around(address));
}

void arenas_wrap(void) {
    struct cpython_arena_allocator now;
    if (!cpython.get_arenas || !cpython.set_arenas || !cpython.layout)
        return;
    cpython.get_arenas(&now);
    if (now.alloc == arena_alloc || (original.alloc && now.alloc != original.alloc))
        return;
    original = now;
    now.alloc = arena_alloc;
    now.free = arena_free;
    cpython.set_arenas(&now);
}

void arenas_forget(void) {
    __atomic_store_n(&ran_out, false, __ATOMIC_RELAXED);
    original = (struct cpython_arena_allocator){0};
}
