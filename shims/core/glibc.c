/* SPDX-License-Identifier: Apache-2.0
 *
 * malloc/malloc.c and malloc/arena.c of glibc, as far as they have been the same since 2.26. A chunk starts 16 bytes before its
 * memory:
 *
 *     size of the chunk before, if that is free | own size, low bits: 1 the chunk before is in use, 2 mapped by itself, 4 in an
 * arena | memory ...
 *
 * and its memory reaches 8 bytes into the next chunk's header. Chunks kept for reuse by the thread's cache and in fast bins look
 * used; the books have a tombstone at each of them, since their memory starts where it started when it was freed.
 */
#include "core/glibc.h"

#include <string.h>

#include "core/blocks.h"
#include "core/memory.h"
#include "core/modules.h"
#include "core/peek.h"

#define PAGE            4096u
#define HEADER          16u
#define CHUNK_LEAST     32u
#define PREVIOUS_IN_USE 1u
#define MAPPED          2u
#define FLAGS           7u
#define ARENA_HEAP_SIZE ((uintptr_t)64 << 20)

struct header {
    size_t before, size;
};

/* At the beginning of each heap of an arena beside the first; the arena itself follows in the first of them. A fifth member,
 * since 2.35, moves that by 16. */
struct arena_heap {
    uintptr_t arena, previous, size, size_opened;
};

static bool is_arena_heap(const struct arena_heap *heap, uintptr_t base) {
    uintptr_t first = heap->previous ? heap->arena & ~(ARENA_HEAP_SIZE - 1) : base, behind = heap->arena - first;
    return heap->size && heap->size % PAGE == 0 && heap->size <= heap->size_opened && heap->size_opened <= ARENA_HEAP_SIZE &&
           heap->previous % ARENA_HEAP_SIZE == 0 && (behind == sizeof *heap || behind == sizeof *heap + 16);
}

uintptr_t glibc_heap_end(struct survey *survey, uintptr_t address, uintptr_t *start) {
    struct run brk = survey_heap(survey);
    *start = brk.start;
    if (brk.start <= address && address < brk.end)
        return brk.end;
    struct arena_heap heap;
    *start = address & ~(ARENA_HEAP_SIZE - 1);
    if (!survey_holds(survey, *start, *start + sizeof heap) || !peek(&heap, *start, sizeof heap))
        return 0;
    return is_arena_heap(&heap, *start) && address < *start + heap.size ? *start + heap.size : 0;
}

/* Of the chunk whose memory starts here; in bounds, and of a size that a chunk can have. */
static UNCHECKED_READS bool read_header(struct survey *survey, uintptr_t memory, uintptr_t heap_end, struct header *header) {
    if (memory > heap_end || !survey_holds(survey, memory - HEADER, memory))
        return false;
    *header = *(const struct header *)(memory - HEADER);
    size_t size = header->size & ~(size_t)FLAGS;
    return !(header->size & MAPPED) && size >= CHUNK_LEAST && size % 16 == 0 && size <= heap_end - (memory - HEADER);
}

static bool was_freed(uintptr_t memory) {
    struct block block;
    return block_at(memory, &block) && block.state != BLOCK_LIVE;
}

struct walk {
    struct survey *survey;
    uintptr_t to, heap_end;
    void (*each)(uintptr_t start, uintptr_t end, void *context); /* NULL: only to see whether it arrives */
    void *context;
};

static bool walk_chunks(const struct walk *walk, uintptr_t memory) {
    struct header header, next;
    if (!read_header(walk->survey, memory, walk->heap_end, &header))
        return false;
    for (bool first = true; memory != walk->to; first = false, header = next) {
        uintptr_t following = memory + (header.size & ~(size_t)FLAGS);
        bool last = following - HEADER == walk->heap_end; /* the top: never given out, or given back */
        if (!last && (following > walk->to || !read_header(walk->survey, following, walk->heap_end, &next)))
            return false;
        bool unused = last || !(next.size & PREVIOUS_IN_USE);
        if (unused && !last && next.before != (header.size & ~(size_t)FLAGS))
            return false;
        if (walk->each && !first && (unused || was_freed(memory)))
            walk->each(memory, last ? walk->heap_end : following - HEADER, walk->context);
        if (last)
            return walk->to == walk->heap_end;
        memory = following;
    }
    return true;
}

void glibc_free_chunks(struct survey *survey, uintptr_t from, uintptr_t to, uintptr_t heap_end,
                       void (*each)(uintptr_t start, uintptr_t end, void *context), void *context) {
    struct walk walk = {.survey = survey, .to = to, .heap_end = heap_end};
    if (!walk_chunks(&walk, from))
        return;
    walk.each = each;
    walk.context = context;
    walk_chunks(&walk, from);
}

/* ---- arenas ---- */

/* An arena ends in: top, last remainder, 127 bins (first and last chunk, as if the bin were a chunk itself), a map of 16 bytes,
 * the next arena. */
#define BINS        127u
#define BIN_SIZE    16u
#define BIN_MAP     16u
#define ARENA_FIRST 2048u /* its bins begin long before that */
#define ARENAS_MOST 4096u
#define DATA_MOST   (256u << 10)

static uintptr_t word_at(uintptr_t address) {
    uintptr_t word;
    return peek(&word, address, sizeof word) ? word : 0;
}

/* `words`: what stands at `address`. A bin is empty, or its two chunks point back. */
static bool is_bin(const uintptr_t *words, uintptr_t address) {
    uintptr_t bin = address - HEADER;
    if (words[0] == bin && words[1] == bin)
        return true;
    return words[0] % 16 == 0 && words[1] % 16 == 0 && words[0] && words[1] && word_at(words[0] + 24) == bin &&
           word_at(words[1] + 16) == bin;
}

/* Where among the `size` bytes that were copied from `address` the bins of an arena begin. 0: nowhere. */
static uintptr_t find_bins(const uintptr_t *words, size_t size, uintptr_t address) {
    size_t count = size / sizeof *words;
    for (size_t i = 0; i + 2 * BINS <= count; i++) {
        size_t bins = 0;
        while (bins < BINS && is_bin(words + i + 2 * bins, address + (i + 2 * bins) * sizeof *words))
            bins++;
        if (bins == BINS)
            return address + i * sizeof *words;
    }
    return 0;
}

static uintptr_t exclude_arena(struct survey *survey, uintptr_t bins) {
    survey_exclude(survey, bins - 2 * sizeof(uintptr_t), bins + (uintptr_t)BINS * BIN_SIZE);
    return word_at(bins + (uintptr_t)BINS * BIN_SIZE + BIN_MAP);
}

struct libc_data {
    struct survey *survey;
    uintptr_t *copy;
    uintptr_t bins;
};

static void search_libc(const struct module *module, void *context) {
    struct libc_data *data = context;
    if (!(module->kind & MODULE_LIBC) || strncmp(module_name(module), "libc", 4) != 0 || data->bins)
        return;
    const struct run *run;
    for (uintptr_t at = module->start; !data->bins && (run = survey_run(data->survey, at)) && run->start < module->end;
         at = run->end) {
        uintptr_t start = run->start > at ? run->start : at, end = run->end < module->end ? run->end : module->end;
        size_t size = end - start < DATA_MOST ? end - start : DATA_MOST;
        if (peek(data->copy, start, size))
            data->bins = find_bins(data->copy, size, start);
    }
}

void glibc_exclude_arenas(struct survey *survey) {
    struct libc_data data = {.survey = survey, .copy = memory_map(DATA_MOST)};
    if (!data.copy)
        return;
    modules_each(search_libc, &data);
    uintptr_t first = data.bins, next = first ? exclude_arena(survey, first) : 0;
    for (unsigned i = 0; i < ARENAS_MOST && next && (next > first || first - next > ARENA_FIRST); i++) {
        size_t size = ARENA_FIRST + BINS * BIN_SIZE;
        uintptr_t bins = peek(data.copy, next, size) ? find_bins(data.copy, size, next) : 0;
        next = bins ? exclude_arena(survey, bins) : 0;
    }
    memory_unmap(data.copy, DATA_MOST);
}
