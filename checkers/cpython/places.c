/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the calling thread's Python code is, cheaply enough for every crossing, and lines by number.
 *
 * The thread's own state is its thread-specific value, with and without the GIL; the frame that it runs is changed by nobody else
 * and lives as long as it runs; so both are read directly. They can be gone in three ways: the interpreter is being taken apart,
 * which is asked; another thread ended the subinterpreter that the state belonged to, and then it is not this thread's any more; or C
 * jumped out of the evaluation loop (longjmp), and then the pointer to the frame may be anything. So a page is looked at by the
 * kernel's eyes the first time that it comes up.
 *
 * Up to 3.11 the current state may be another thread's when this one has released the GIL, so that a thread which runs in a
 * subinterpreter is placed at the line that called into it.
 *
 * A place becomes a line, for ever, while its code object exists: `places` remembers the last ones by all that makes them what they
 * are, so that a new code object at the address of an old one is noticed; `lines` holds each text once.
 */
#include <pthread.h>
#include <string.h>

#include "core/memory.h"
#include "core/peek.h"
#include "cpython/cpython.h"

#define PAGE       4096u
#define PAGES      16u /* of thread-local memory, which is scarce */
#define PLACE_BITS 13
#define LINES      32768u /* at most 24 MB of text, when every path is as long as can be */
#define BUCKETS    4096u
#define LINE_ROOM  800u /* one frame with the longest names that frames.c keeps, and room that it asks for */

static _Thread_local uintptr_t pages_seen[PAGES];

/* ---- here ---- */

static inline bool page_there(uintptr_t address) {
    uintptr_t *seen = &pages_seen[address / PAGE % PAGES];
    if (LIKELY(*seen == address / PAGE))
        return address >= PAGE; /* nothing was seen yet, which looks like the first page */
    if (!peek_page(address))
        return false;
    *seen = address / PAGE;
    return true;
}

/* At least `size` bytes, which is less than a page. */
static inline bool is_there(uintptr_t address, size_t size) {
    uintptr_t end = address + size - 1;
    return address % sizeof(void *) == 0 && page_there(address) && (LIKELY(address / PAGE == end / PAGE) || page_there(end));
}

/* What this thread's way to its frame led over the last time, which is memory. */
static _Thread_local struct {
    uintptr_t state, holder, frame, code;
    struct managed_place call;
    const uint8_t *next; /* the instruction behind the one at `call`; NULL: that is no call, or it is not known */
    uint8_t opcode;      /* of the one at `call` */
} last;

static RARE bool is_there_now(uintptr_t *place, uintptr_t address, size_t size) {
    *place = 0;
    if (!is_there(address, size))
        return false;
    *place = address;
    return true;
}

/* About 1 ns when it is the same as the last time. */
static inline bool is_memory(uintptr_t *place, uintptr_t address, size_t size) {
    return LIKELY(address == *place && address) || is_there_now(place, address, size);
}

static inline uintptr_t load(uintptr_t address) {
    return *(const uintptr_t *)address;
}

#define FRAME_SIZE 128u /* what is read of a frame lies within, in every version */
#define STATE_SIZE 256u /* and of a thread state, */
#define CODE_SIZE  144u /* and of a code object: versions.h, and fits() */

static inline uintptr_t own_state(const struct cpython_layout *layout) {
    uintptr_t own = (uintptr_t)cpython.own_thread_state();
    if (UNLIKELY(!own || cpython_is_ending()))
        return 0;
    if (layout->version < 0x030c)
        return own;
    uintptr_t current = (uintptr_t)cpython.current_thread_state();
    return current ? current : own;
}

/* A frame that is memory: this one, or the one around it when this is the dummy that C's own frames are known by. */
static inline uintptr_t outside_of_dummy(const struct cpython_layout *layout, uintptr_t frame) {
    if (layout->frame_owner == NOWHERE || LIKELY(*(const uint8_t *)(frame + layout->frame_owner) != FRAME_OWNED_BY_CSTACK))
        return frame;
    frame = load(frame + layout->frame_previous);
    return is_there(frame, FRAME_SIZE) ? frame : 0;
}

/* Of a state that is memory. */
static inline uintptr_t running_frame(const struct cpython_layout *layout, uintptr_t state) {
    uintptr_t frame = load(state + layout->thread_frame);
    if (layout->cframe_frame != NOWHERE)
        frame = is_memory(&last.holder, frame, 2 * sizeof frame) ? load(frame + layout->cframe_frame) : 0;
    /* The dummy stands outside of a frame which has just ended. */
    return is_memory(&last.frame, frame, FRAME_SIZE) ? outside_of_dummy(layout, frame) : 0;
}

static inline struct managed_place place_at(const struct cpython_layout *layout, uintptr_t frame) {
    if (layout->frame_lasti != NOWHERE)
        return (struct managed_place){load(frame + layout->frame_code), *(const uint32_t *)(frame + layout->frame_lasti)};
    return (struct managed_place){load(frame + layout->frame_code), load(frame + layout->frame_instruction)};
}

/* 0: this thread runs no Python code, or it cannot be told. */
static inline uintptr_t innermost_frame(const struct cpython_layout *layout) {
    uintptr_t state = layout ? own_state(layout) : 0;
    bool ours = is_memory(&last.state, state, STATE_SIZE) && load(state + layout->thread_id) == (uintptr_t)pthread_self();
    return LIKELY(ours) ? running_frame(layout, state) : 0;
}

static struct managed_place here(void) {
    uintptr_t frame = innermost_frame(cpython.layout);
    return frame ? place_at(cpython.layout, frame) : (struct managed_place){0};
}

/* The code units of the function that runs at `frame`, from the one that it is at; NULL: not known. */
static const uint8_t *next_units(const struct cpython_layout *layout, uintptr_t frame) {
    if (layout->frame_lasti == NOWHERE)
        return (const uint8_t *)load(frame + layout->frame_instruction);
    int32_t lasti = *(const int32_t *)(frame + layout->frame_lasti) * layout->lasti_unit;
    uintptr_t bytes = load(load(frame + layout->frame_code) + layout->code_bytes);
    return lasti < 0 || (size_t)lasti + 4 > load(bytes + BYTES_SIZE) ? NULL : (const uint8_t *)bytes + BYTES_DATA + lasti;
}

#define CACHES_MOST 4u

#define SPAN 1000u /* at the beginning of a code object: nearly all calls are there */

static inline bool is_code(uintptr_t code, uintptr_t unit) {
    if (LIKELY(code == last.code && unit - code < SPAN))
        return true;
    last.code = is_there(code, SPAN + 2 * (2 + CACHES_MOST)) ? code : 0;
    return page_there(unit) && page_there(unit + 2 * (2 + CACHES_MOST));
}

/* Every function ends in a return: there is a unit behind each call and its caches. */
static RARE const uint8_t *behind_call(const struct cpython_layout *layout, uintptr_t frame, uint8_t *opcode) {
    const uint8_t *unit = next_units(layout, frame);
    if (!unit || !is_code(load(frame + layout->frame_code), (uintptr_t)unit))
        return NULL;
    *opcode = unit[0];
    for (unsigned i = 0; i < sizeof layout->calls && layout->calls[i]; i++)
        if (unit[0] == layout->calls[i])
            return unit + 2 * (1 + (i < layout->call_wide ? layout->call_caches : 0));
    return NULL;
}

/* Other code may stand at the address of what was there the last time: its instructions are in it, from 3.11 on, and are compared. */
static inline bool is_last_call(const struct cpython_layout *layout, struct managed_place place) {
    return place.instruction == last.call.instruction && place.code == last.call.code && layout->frame_lasti == NOWHERE &&
           *(const uint8_t *)place.instruction == last.opcode;
}

/* The GIL is held, so that the current state is this thread's. */
struct managed_place place_of_call(bool *drops) {
    const struct cpython_layout *layout = cpython.layout;
    uintptr_t state = (uintptr_t)cpython.current_thread_state(), frame = state ? running_frame(layout, state) : 0;
    *drops = false;
    if (UNLIKELY(!frame))
        return (struct managed_place){0};
    struct managed_place place = place_at(layout, frame);
    if (UNLIKELY(!is_last_call(layout, place))) {
        last.next = behind_call(layout, frame, &last.opcode);
        last.call = last.next ? place : (struct managed_place){0};
    }
    *drops = last.next && *last.next == layout->pop;
    return place;
}

static size_t describe(struct managed_place place, struct ffisan_record_python *item, size_t size) {
    struct python_frame frame;
    size &= ~(size_t)7;
    if (!cpython.layout || !cpython.module || cpython.module->gone || size < FRAMES_ROOM(1) || !frame_of(place, &frame))
        return 0;
    return frames_describe(&frame, 1, false, item, size);
}

/* ---- lines: each text once ---- */

struct line {
    struct line *next;
    uint64_t hash;
    uint32_t number, size;
    uint64_t item[]; /* a struct ffisan_record_python */
};

static struct line_table {
    struct line *buckets[BUCKETS];
    const struct line *by_number[LINES];
} * lines;
static uint32_t lines_count; /* the highest number given out */

/* Maps *place once, whoever comes first. */
static void *open_once(void **place, size_t size) {
    void *fresh = memory_map(size), *before = NULL;
    if (!fresh || __atomic_compare_exchange_n(place, &before, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    memory_unmap(fresh, size);
    return before;
}

static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static uint64_t hash_of(const uint64_t *words, size_t size) {
    uint64_t hash = size;
    for (size_t i = 0; i < size / sizeof *words; i++)
        hash = mix(hash, words[i]);
    return hash;
}

static uint32_t number(void) {
    uint32_t now = __atomic_load_n(&lines_count, __ATOMIC_RELAXED);
    do {
        if (now + 1 >= LINES)
            return 0;
    } while (!__atomic_compare_exchange_n(&lines_count, &now, now + 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return now + 1;
}

static struct line *line_new(struct line_table *table, uint64_t hash, const uint64_t *item, size_t size) {
    struct line *line = memory_carve(sizeof *line + size);
    if (!line || !(line->number = number()))
        return NULL;
    line->hash = hash;
    line->size = (uint32_t)size;
    memcpy(line->item, item, size);
    __atomic_store_n(&table->by_number[line->number], line, __ATOMIC_RELEASE);
    return line;
}

static const struct line *find(const struct line *line, const struct line *end, uint64_t hash, const uint64_t *item,
                               size_t size) {
    for (; line != end; line = line->next)
        if (line->hash == hash && line->size == size && memcmp(line->item, item, size) == 0)
            return line;
    return NULL;
}

/* A complete line is published by one compare-and-swap; who loses the race looks at what came before it. */
static uint32_t intern(const uint64_t *item, size_t size) {
    struct line_table *table = __atomic_load_n(&lines, __ATOMIC_ACQUIRE);
    if (!table && !(table = open_once((void **)&lines, sizeof *table)))
        return 0;
    uint64_t hash = hash_of(item, size);
    struct line **bucket = &table->buckets[hash % BUCKETS], *fresh = NULL, *seen = NULL;
    for (;;) {
        struct line *head = __atomic_load_n(bucket, __ATOMIC_ACQUIRE);
        const struct line *known = find(head, seen, hash, item, size);
        if (known)
            return known->number;
        if (!fresh && !(fresh = line_new(table, hash, item, size)))
            return 0;
        fresh->next = seen = head;
        if (__atomic_compare_exchange_n(bucket, &head, fresh, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            return fresh->number;
    }
}

static size_t line_describe(uint32_t line, struct ffisan_record_python *item, size_t size) {
    const struct line_table *table = __atomic_load_n(&lines, __ATOMIC_ACQUIRE);
    const struct line *known = table && line < LINES ? __atomic_load_n(&table->by_number[line], __ATOMIC_ACQUIRE) : NULL;
    if (!known || known->size > size)
        return 0;
    memcpy(item, known->item, known->size);
    return known->size;
}

/* ---- places: the last ones ---- */

/* All that is in a code object which says what describe() would say of it. A text or a table that was replaced by another at the same
 * address, for another code object at the same address, at the same instruction, and begins at the same line, is not noticed. */
struct key {
    uintptr_t code, instruction, file, name, table;
    uint64_t first_line;
};
#define KEY_WORDS (sizeof(struct key) / sizeof(uint64_t))

/* `sequence` is odd while somebody writes; who comes meanwhile does without. */
static struct remembered {
    uint32_t sequence, line;
    uint64_t key[KEY_WORDS];
} * places;

static bool read_key(struct managed_place place, bool runs, struct key *key) {
    const struct cpython_layout *layout = cpython.layout;
    uint8_t copy[CODE_SIZE];
    const uint8_t *code = (const uint8_t *)place.code;
    if (!runs || !is_there(place.code, CODE_SIZE)) {
        if (!peek(copy, place.code, CODE_SIZE))
            return false;
        code = copy;
    }
    key->code = place.code;
    key->instruction = place.instruction;
    memcpy(&key->file, code + layout->code_file, sizeof key->file);
    memcpy(&key->name, code + layout->code_name, sizeof key->name);
    memcpy(&key->table, code + layout->code_table, sizeof key->table);
    key->first_line = *(const uint32_t *)(code + layout->code_first_line);
    return true;
}

static struct remembered *slot_of(const uint64_t *key) {
    struct remembered *all = __atomic_load_n(&places, __ATOMIC_ACQUIRE);
    if (UNLIKELY(!all) && !(all = open_once((void **)&places, sizeof *all << PLACE_BITS)))
        return NULL;
    return &all[mix(mix(0, key[0]), key[1]) >> (64 - PLACE_BITS)];
}

static uint32_t recall(struct remembered *slot, const uint64_t *key) {
    uint32_t before = __atomic_load_n(&slot->sequence, __ATOMIC_ACQUIRE), differs = 0;
    for (unsigned i = 0; i < KEY_WORDS; i++)
        differs |= __atomic_load_n(&slot->key[i], __ATOMIC_RELAXED) != key[i];
    uint32_t line = __atomic_load_n(&slot->line, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return differs || before % 2 || __atomic_load_n(&slot->sequence, __ATOMIC_RELAXED) != before ? 0 : line;
}

static void remember(struct remembered *slot, const uint64_t *key, uint32_t line) {
    uint32_t now = __atomic_load_n(&slot->sequence, __ATOMIC_RELAXED);
    if (now % 2 || !__atomic_compare_exchange_n(&slot->sequence, &now, now + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    for (unsigned i = 0; i < KEY_WORDS; i++)
        __atomic_store_n(&slot->key[i], key[i], __ATOMIC_RELAXED);
    __atomic_store_n(&slot->line, line, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->sequence, now + 2, __ATOMIC_RELEASE);
}

static RARE uint32_t line_slow(struct managed_place place, struct remembered *slot, const uint64_t *key) {
    if (__atomic_load_n(&lines_count, __ATOMIC_RELAXED) + 1 >= LINES)
        return 0;
    uint64_t room[LINE_ROOM / sizeof(uint64_t)];
    size_t size = describe(place, (struct ffisan_record_python *)room, sizeof room);
    uint32_t line = size ? intern(room, size) : 0;
    if (line && slot)
        remember(slot, key, line);
    return line;
}

/* `runs`: it is the code of a frame of this thread, which certainly exists. */
static uint32_t line_at(struct managed_place place, bool runs) {
    union {
        struct key key;
        uint64_t words[KEY_WORDS];
    } key;
    if (!place.code || !cpython.layout || !read_key(place, runs, &key.key))
        return 0;
    struct remembered *slot = slot_of(key.words);
    uint32_t known = slot ? recall(slot, key.words) : 0;
    return LIKELY(known) ? known : line_slow(place, slot, key.words);
}

static uint32_t line(struct managed_place place) {
    return line_at(place, here().code == place.code);
}

static unsigned lines_around(uint32_t *to, unsigned limit) {
    const struct cpython_layout *layout = cpython.layout;
    uintptr_t frame = innermost_frame(layout);
    unsigned count = 0;
    while (frame && count < limit && (to[count] = line_at(place_at(layout, frame), true)) != 0) {
        count++;
        frame = load(frame + layout->frame_previous);
        frame = is_there(frame, FRAME_SIZE) ? outside_of_dummy(layout, frame) : 0;
    }
    return count;
}

#define DEPTH 200u /* frames that are looked through */

static bool stands_at(struct managed_place place) {
    const struct cpython_layout *layout = cpython.layout;
    uintptr_t frame = innermost_frame(layout);
    for (unsigned i = 0; i < DEPTH && frame; i++) {
        struct managed_place at = place_at(layout, frame);
        if (at.code == place.code && at.instruction == place.instruction)
            return true;
        frame = load(frame + layout->frame_previous);
        frame = is_there(frame, FRAME_SIZE) ? outside_of_dummy(layout, frame) : 0;
    }
    return frame != 0;
}

/* ---- */

/* What an interpreter publishes about itself may be anything. */
static bool fits(const struct cpython_layout *layout) {
    return layout->thread_frame <= STATE_SIZE - 8 && layout->thread_id <= STATE_SIZE - 8 &&
           layout->frame_code <= FRAME_SIZE - 8 && layout->frame_previous <= FRAME_SIZE - 8 &&
           layout->code_file <= CODE_SIZE - 8 && layout->code_name <= CODE_SIZE - 8 && layout->code_table <= CODE_SIZE - 8 &&
           layout->code_first_line <= CODE_SIZE - 8 &&
           (layout->frame_lasti <= FRAME_SIZE - 8 || layout->frame_instruction <= FRAME_SIZE - 8) &&
           (layout->frame_owner == NOWHERE || layout->frame_owner < FRAME_SIZE);
}

void places_start(void) {
    if (!cpython.layout || !fits(cpython.layout))
        return;
    managed_places = (struct managed_places){.here = here,
                                             .describe = describe,
                                             .line = line,
                                             .line_describe = line_describe,
                                             .callback_line = upcall_line,
                                             .lines_around = lines_around,
                                             .stands_at = stands_at};
}

void places_stop(void) {
    managed_places.here = NULL;
    managed_places.lines_around = NULL;
    managed_places.stands_at = NULL;
    managed_places.callback_line = NULL;
    managed_places.describe = NULL;
    managed_places.line = NULL; /* lines that were told stay true */
}
