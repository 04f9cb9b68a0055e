/* SPDX-License-Identifier: Apache-2.0
 *
 * Which words of memory lead to an object. One pass over all memory that was written to (core/roots.h); a word that is the address of a
 * suspect is a place, unless the memory that it stands in is free: a block of pymalloc's that nobody has, a block of malloc's that was
 * given back. Only such hits are looked up, the rest of the pass is a comparison of each word with a small table.
 *
 * Errs on the side of too many: stale words on stacks, numbers that look like addresses, links of the interpreter that count nothing
 * (weak references, the table of interned strings). A count that is larger all the same is a reference that no memory has. What it
 * cannot see are registers: of the calling thread they are on its stack by now; those of other threads hold at most what those threads
 * have taken hold of, which is why words.alone says whether there are any.
 *
 * Hazard: other threads, which do not hold the GIL, may unmap memory meanwhile. With them in the process, everything is read through
 * the kernel.
 */
#include <string.h>

#include "core/blocks.h"
#include "core/confined.h"
#include "core/glibc.h"
#include "core/memory.h"
#include "core/modules.h"
#include "core/peek.h"
#include "core/roots.h"
#include "core/thread.h"
#include "cpython/heap.h"
#include "cpython/methods.h"
#include "cpython/objects.h"

#define TABLE_SIZE 1024u
#define COPY_SIZE  (256u << 10)

#define COLLECTORS_HEAD 16u /* PyGC_Head, in front of an object */
#define LISTS_OWN       56u /* bytes of a list with that */

struct search {
    uintptr_t stack; /* what lies below it on this thread's stack is gone; 0: below the caller's frame */
    void (*found)(uintptr_t place, void *context);
    void *context;
    bool hidden; /* also words that are packed or tagged */
};

struct words {
    struct survey *survey;
    struct suspect *suspects;
    unsigned count;
    uintptr_t lowest, span;
    uint8_t table[TABLE_SIZE]; /* 1 + index of a suspect */
    struct arena_view pool;
    struct block live; /* the last one that a hit was in */
    bool alone;
    uint64_t looked_at;
    struct search search;
    char copy[COPY_SIZE] __attribute__((aligned(16)));
};

static unsigned slot_of(uintptr_t object) {
    return (unsigned)((object >> 3) * 0x9e3779b97f4a7c15u >> 54);
}

static void take_in(struct words *words, unsigned index) {
    struct suspect *suspect = &words->suspects[index];
    unsigned slot = slot_of(suspect->object);
    suspect->words = 0;
    memset(suspect->places, 0, sizeof suspect->places);
    while (words->table[slot])
        slot = (slot + 1) % TABLE_SIZE;
    words->table[slot] = (uint8_t)(index + 1);
    uintptr_t end = words->lowest + words->span;
    words->lowest = !index || suspect->object < words->lowest ? suspect->object : words->lowest;
    words->span = (!index || suspect->object > end ? suspect->object : end) - words->lowest;
}

/* Of malloc's, in a heap where its books are certain: elsewhere the memory may have been given back to the kernel, and be another's. */
static bool is_freed(struct words *words, uintptr_t place) {
    struct block block;
    uintptr_t heap;
    if (place - words->live.start < words->live.size)
        return false;
    if (!glibc_heap_end(words->survey, place, &heap) || !block_around(place, place - heap, &block))
        return false;
    if (block.state == BLOCK_LIVE)
        words->live = block;
    return block.state != BLOCK_LIVE && place < block.start + block.size;
}

/* A list's own word leads to its array; in a dead one that waits to be used again, to what became of that: no object is held there. */
static bool is_of_array(uintptr_t place) {
    uintptr_t start;
    size_t size;
    if (!arena_holds(place) || !arena_block(place, &start, &size) || size < LISTS_OWN)
        return false;
    uintptr_t list = start + COLLECTORS_HEAD;
    return place == list + LIST_ITEMS && type_of(list) == module_symbol(cpython.module, "PyList_Type");
}

static __attribute__((noinline)) void hit(struct words *words, struct suspect *suspect, uintptr_t place) {
    if (place == suspect->object || arena_is_free(place, &words->pool) || is_freed(words, place) || is_of_array(place))
        return;
    if (words->search.found)
        words->search.found(place, words->search.context);
    if (suspect->words < HEAP_HOLDERS)
        suspect->places[suspect->words] = place;
    suspect->words++;
}

static struct suspect *suspect_of(struct words *words, uintptr_t word) {
    for (unsigned slot = slot_of(word); words->table[slot]; slot = (slot + 1) % TABLE_SIZE)
        if (words->suspects[words->table[slot] - 1].object == word)
            return &words->suspects[words->table[slot] - 1];
    return NULL;
}

static void look_up(struct words *words, uintptr_t word, uintptr_t place) {
    struct suspect *suspect = suspect_of(words, word);
    if (suspect)
        hit(words, suspect, place);
}

static UNCHECKED_READS void look_at(struct words *words, const uintptr_t *from, size_t count, uintptr_t place) {
    uintptr_t lowest = words->lowest, span = words->span;
    for (size_t i = 0; i < count; i++)
        if (UNLIKELY(from[i] - lowest <= span))
            look_up(words, from[i], place + i * sizeof *from);
}

/* Whoever wants the text of a str or bytes for good may keep it by that: numpy does so with docstrings. */
static const uintptr_t insides[] = {BYTES_DATA, TEXT_DATA, TEXT_DATA_OLD};

static void look_up_inside(struct words *words, uintptr_t word, uintptr_t place) {
    for (size_t i = 0; i < sizeof insides / sizeof insides[0]; i++) {
        struct suspect *suspect = suspect_of(words, word - insides[i]);
        if (suspect && is_kind(suspect->object, TYPE_IS_TEXT | TYPE_IS_BYTES))
            hit(words, suspect, place);
    }
}

/* At any byte, with anything in the low bits; and what leads to the text inside. */
static UNCHECKED_READS void look_for_hidden(struct words *words, const char *from, size_t size, uintptr_t place) {
    uintptr_t lowest = words->lowest, span = words->span, word;
    for (size_t i = 0; i + sizeof word <= size; i++) {
        memcpy(&word, from + i, sizeof word);
        if (UNLIKELY((word & ~(uintptr_t)7) - lowest <= span))
            look_up(words, word & ~(uintptr_t)7, place + i);
        if (UNLIKELY(word - lowest <= span + TEXT_DATA_OLD))
            look_up_inside(words, word, place + i);
    }
}

static void look_at_memory(struct words *words, const char *from, size_t size, uintptr_t place) {
    if (words->search.hidden)
        look_for_hidden(words, from, size, place);
    else
        look_at(words, (const uintptr_t *)(const void *)from, size / sizeof(uintptr_t), place);
}

/* What is gone by now had no words. */
static void look_carefully(struct words *words, uintptr_t at, uintptr_t end) {
    while (at < end) {
        size_t size = end - at < COPY_SIZE ? end - at : COPY_SIZE;
        if (!peek(words->copy, at, size)) {
            uintptr_t page_end = (at | 4095) + 1;
            size = page_end < end ? page_end - at : end - at;
            if (!peek(words->copy, at, size)) {
                at += size;
                continue;
            }
        }
        look_at_memory(words, words->copy, size, at);
        at += size;
    }
}

static void look_at_part(const struct run *part, void *context) {
    struct words *words = context;
    uintptr_t start = (part->start + 7) & ~(uintptr_t)7, end = part->end & ~(uintptr_t)7;
    words->looked_at += end - start;
    if (words->alone && !part->careful)
        look_at_memory(words, (const char *)start, end - start, start);
    else
        look_carefully(words, start, end);
}

/* Borrowed, and ours: what a call was given is written down there. */
static void exclude_calls(struct survey *survey) {
    for (const struct method_call *call = self.method; call; call = call->outer)
        survey_exclude(survey, (uintptr_t)call, (uintptr_t)(call + 1));
}

static void exclude_suspects(struct survey *survey, const struct suspect *suspects, unsigned count) {
    survey_exclude(survey, (uintptr_t)suspects, (uintptr_t)(suspects + count));
}

bool words_alone(void) {
    return blocks_alone && *blocks_alone;
}

/* The registers that calls preserve are on the stack above here. */
static __attribute__((noinline)) bool look(struct words *words) {
    uintptr_t registers[6];
    __asm__ volatile("movq %%rbx, 0(%0); movq %%rbp, 8(%0); movq %%r12, 16(%0); movq %%r13, 24(%0); movq %%r14, 32(%0);"
                     "movq %%r15, 40(%0)"
                     :
                     : "r"(registers)
                     : "memory");
    words->survey = survey_take(words->search.stack ? words->search.stack : (uintptr_t)registers);
    if (!words->survey)
        return false;
    exclude_calls(words->survey);
    exclude_suspects(words->survey, words->suspects, words->count);
    survey_roots(words->survey, look_at_part, words);
    survey_release(words->survey);
    return true;
}

static bool run(const struct search *search, struct suspect *suspects, unsigned count) {
    if (!count || count > HEAP_SUSPECTS || !cpython.layout || confined())
        return false;
    struct words *words = memory_map(sizeof *words);
    if (!words)
        return false;
    words->search = *search;
    words->suspects = suspects;
    words->count = count;
    words->alone = words_alone();
    for (unsigned i = 0; i < count; i++)
        take_in(words, i);
    bool done = look(words);
    memory_unmap(words, sizeof *words);
    return done;
}

bool words_count(struct suspect *suspects, unsigned count) {
    return run(&(struct search){0}, suspects, count);
}

bool words_hidden(struct suspect *suspects, unsigned count) {
    return run(&(struct search){.hidden = true}, suspects, count);
}

bool words_each(uintptr_t object, uintptr_t stack, void (*found)(uintptr_t place, void *context), void *context) {
    struct suspect suspect = {.object = object};
    return run(&(struct search){.stack = stack, .found = found, .context = context}, &suspect, 1);
}
