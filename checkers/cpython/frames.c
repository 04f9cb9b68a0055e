/* SPDX-License-Identifier: Apache-2.0
 *
 * The Python frames of the calling thread, written as a struct ffisan_record_python. Allocates nothing, takes no lock, changes no
 * count; what cannot be read, or is not what it should be, ends the stack there.
 *
 * A frame is marked `entry` when the evaluation loop was entered anew for it. Up to 3.10 that is every frame; 3.11 says so in the
 * frame (is_entry); from 3.12 a dummy that the C stack owns stands outside of it (Python/ceval.c, _PyEval_EvalFrameDefault,
 * entry_frame).
 */
#include "core/peek.h"
#include "cpython/cpython.h"

#define STEPS_MAX     (4 * FFISAN_PYTHON_FRAMES_MAX) /* dummies included; a chain that was overwritten may be a ring */
#define FUNCTION_SIZE 200u                           /* bytes that are kept of a name: its beginning */
#define FILE_SIZE     400u                           /* bytes that are kept of a path: its end */

static bool word_at(uintptr_t address, uintptr_t *word) {
    return address && peek(word, address, sizeof *word);
}

static bool is_a(uintptr_t object, uintptr_t type) {
    uintptr_t actual;
    return object % sizeof object == 0 && type && word_at(object + OBJECT_TYPE, &actual) && actual == type;
}

/* ---- the chain ---- */

/* Up to 3.11 the current thread state is that of whoever has the GIL: it is ours only when it says so. */
static bool is_ours(uintptr_t state) {
    uintptr_t thread;
    return cpython.layout->version >= 0x030c ||
           (word_at(state + cpython.layout->thread_id, &thread) && thread == (uintptr_t)pthread_self());
}

/* A thread that runs in a subinterpreter has two: the one it first got, and the one that it runs with now. The first alone tells
 * whether the thread ever met Python, without touching a thread-local of a library that may not be there yet. */
static uintptr_t thread_state(void) {
    uintptr_t own = (uintptr_t)cpython.own_thread_state();
    if (!own)
        return 0;
    uintptr_t current = (uintptr_t)cpython.current_thread_state();
    return current && current != own && is_ours(current) ? current : own;
}

static uintptr_t innermost(void) {
    const struct cpython_layout *layout = cpython.layout;
    uintptr_t state = thread_state(), frame = 0;
    if (!state || !word_at(state + layout->thread_frame, &frame))
        return 0;
    if (layout->cframe_frame != NOWHERE && !word_at(frame + layout->cframe_frame, &frame))
        return 0;
    return frame;
}

static bool byte_is(uintptr_t address, uint8_t value) {
    uint8_t byte;
    return peek(&byte, address, 1) && byte == value;
}

static bool is_dummy(uintptr_t frame) {
    uint16_t owner = cpython.layout->frame_owner;
    return owner != NOWHERE && byte_is(frame + owner, FRAME_OWNED_BY_CSTACK);
}

static bool is_entry(uintptr_t frame) {
    const struct cpython_layout *layout = cpython.layout;
    if (layout->frame_entry != NOWHERE)
        return byte_is(frame + layout->frame_entry, 1);
    return layout->frame_owner == NOWHERE;
}

/* 3.13 puts a frame of static code between an inlined __init__ and its caller, whose file, name and qualified name are one object
 * (Python/specialize.c, _Py_InitCleanup). Tracebacks leave it out. */
static bool is_glue(uintptr_t code) {
    uintptr_t file, name;
    return cpython.layout->version >= 0x030d && code - cpython.module->start < cpython.module->end - cpython.module->start &&
           word_at(code + cpython.layout->code_file, &file) && word_at(code + cpython.layout->code_name, &name) && file == name;
}

/* Of the word that a frame has for its place: units of code or, from 3.11 on, an address. */
static int lasti_of(uintptr_t instruction, uintptr_t code) {
    const struct cpython_layout *layout = cpython.layout;
    if (layout->frame_lasti != NOWHERE) {
        int32_t units = (int32_t)instruction;
        return units < 0 || units > INT32_MAX / 2 ? -1 : units * layout->lasti_unit;
    }
    intptr_t distance = (intptr_t)(instruction - (code + layout->code_instructions));
    return distance < 0 || distance > INT32_MAX ? -1 : (int)distance;
}

static bool instruction_at(uintptr_t frame, uintptr_t *instruction) {
    const struct cpython_layout *layout = cpython.layout;
    *instruction = 0;
    if (layout->frame_lasti != NOWHERE)
        return peek(instruction, frame + layout->frame_lasti, sizeof(int32_t));
    return word_at(frame + layout->frame_instruction, instruction);
}

static bool read_frame(uintptr_t at, struct python_frame *frame) {
    uintptr_t instruction;
    if (!word_at(at + cpython.layout->frame_code, &frame->code) || !is_a(frame->code, cpython.code_type) ||
        !instruction_at(at, &instruction))
        return false;
    frame->lasti = lasti_of(instruction, frame->code);
    frame->entry = is_entry(at);
    return true;
}

bool frame_of(struct managed_place place, struct python_frame *frame) {
    if (!is_a(place.code, cpython.code_type) || is_glue(place.code))
        return false;
    *frame = (struct python_frame){.code = place.code, .lasti = lasti_of(place.instruction, place.code)};
    return true;
}

static unsigned collect(struct python_frame *frames, unsigned limit, bool *complete) {
    uintptr_t at = innermost();
    unsigned depth = 0;
    *complete = false;
    for (unsigned steps = 0; at && steps < STEPS_MAX; steps++) {
        if (is_dummy(at)) {
            if (depth)
                frames[depth - 1].entry = true;
        } else if (depth == limit || !read_frame(at, &frames[depth])) {
            return depth;
        } else if (!is_glue(frames[depth].code)) {
            depth++;
        }
        if (!word_at(at + cpython.layout->frame_previous, &at))
            return depth;
    }
    *complete = !at;
    return depth;
}

/* ---- text ---- */

struct writer {
    char *text;
    size_t size, used; /* of the text; its first byte is the empty string */
    uintptr_t last_object;
    uint32_t last_offset;
    bool cut;
};

static uint32_t character(const uint8_t *raw, unsigned kind, size_t index) {
    uint32_t c = 0;
    memcpy(&c, raw + index * kind, kind);
    return c == 0 || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff ? '?' : c;
}

static unsigned utf8_size(uint32_t c) {
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static unsigned utf8_write(char *to, uint32_t c) {
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    unsigned size = utf8_size(c);
    if (size == 1) {
        *to = (char)c;
        return 1;
    }
    for (unsigned i = size - 1; i; i--, c >>= 6)
        to[i] = (char)(0x80 | (c & 63));
    to[0] = (char)(lead[size] | c);
    return size;
}

/* Which of `count` characters is the first, when the last `limit` bytes of UTF-8 are wanted. */
static size_t tail_start(const uint8_t *raw, unsigned kind, size_t count, size_t limit) {
    size_t first = count, bytes = 0;
    while (first && (bytes += utf8_size(character(raw, kind, first - 1))) <= limit)
        first--;
    return first;
}

static uint32_t write_characters(struct writer *writer, const uint8_t *raw, unsigned kind, size_t first, size_t count,
                                 size_t limit) {
    size_t start = writer->used, end = start + limit;
    if (end >= writer->size)
        end = writer->size - 1;
    size_t at = start;
    for (size_t i = first; i < count; i++) {
        uint32_t c = character(raw, kind, i);
        if (at + utf8_size(c) > end)
            break;
        at += utf8_write(writer->text + at, c);
    }
    writer->text[at] = 0;
    writer->used = at + 1;
    return (uint32_t)start;
}

/* Offset of the text of a str object: its first `limit` bytes, or its last ones; 0, the empty string, when it is none or there is
 * no room. */
static uint32_t write_text(struct writer *writer, uintptr_t object, size_t limit, bool tail) {
    uint8_t raw[4 * FILE_SIZE];
    uintptr_t length;
    uint32_t state;
    if (writer->used + limit / 4 >= writer->size) {
        writer->cut = true;
        return 0;
    }
    if (!is_a(object, cpython.text_type) || !word_at(object + TEXT_LENGTH, &length) ||
        !peek(&state, object + TEXT_STATE, sizeof state))
        return 0;
    unsigned kind = TEXT_KIND(state);
    if (!TEXT_COMPACT(state) || (kind != 1 && kind != 2 && kind != 4) || length > INT32_MAX)
        return 0;
    size_t count = length < limit ? length : limit;
    uintptr_t data = object + (TEXT_ASCII(state) ? cpython.layout->text_ascii : cpython.layout->text_other);
    if (!peek(raw, data + (tail ? length - count : 0) * kind, count * kind))
        return 0;
    return write_characters(writer, raw, kind, tail ? tail_start(raw, kind, count, limit) : 0, count, limit);
}

/* Neighbours are often of one file. */
static uint32_t write_file(struct writer *writer, uintptr_t object) {
    if (object != writer->last_object) {
        writer->last_offset = write_text(writer, object, FILE_SIZE, true);
        writer->last_object = object;
    }
    return writer->last_offset;
}

/* ---- one frame, and all ---- */

static unsigned line_in(uintptr_t code, int lasti) {
    const struct cpython_layout *layout = cpython.layout;
    uintptr_t table, size;
    int32_t first;
    if (!word_at(code + layout->code_table, &table) || !is_a(table, cpython.bytes_type) || !word_at(table + BYTES_SIZE, &size) ||
        size > INT32_MAX || !peek(&first, code + layout->code_first_line, sizeof first))
        return 0;
    return line_of(layout->lines, table + BYTES_DATA, size, first, lasti);
}

static void write_frame(struct writer *writer, struct ffisan_record_python_frame *to, const struct python_frame *frame) {
    uintptr_t name = 0, file = 0;
    if (word_at(frame->code + cpython.layout->code_name, &name))
        to->function = write_text(writer, name, FUNCTION_SIZE, false);
    if (word_at(frame->code + cpython.layout->code_file, &file))
        to->file = write_file(writer, file);
    to->line = line_in(frame->code, frame->lasti);
    to->entry = frame->entry;
}

/* The text behind so many frames instead: those whose names found no room say nothing. */
static void keep_frames(struct ffisan_record_python *item, struct writer *writer, unsigned depth) {
    char *text = (char *)&item->frames[depth];
    memmove(text, writer->text, writer->used);
    writer->text = text;
}

size_t frames_describe(const struct python_frame *frames, unsigned depth, bool complete, struct ffisan_record_python *item,
                       size_t size) {
    size_t fixed = sizeof *item + depth * sizeof *item->frames;
    memset(item, 0, fixed);
    struct writer writer = {.text = (char *)item + fixed, .size = size - fixed, .used = 1};
    writer.text[0] = 0;
    unsigned written = 0;
    while (written < depth && !writer.cut)
        write_frame(&writer, &item->frames[written], &frames[written]), written++;
    if (writer.cut)
        keep_frames(item, &writer, depth = written > 1 ? written - 1 : 1);
    fixed = (size_t)(writer.text - (char *)item);
    size_t end = (fixed + writer.used + 7) & ~(size_t)7;
    memset(writer.text + writer.used, 0, end - fixed - writer.used);
    item->item.kind = FFISAN_ITEM_PYTHON;
    item->item.size = (uint32_t)end;
    item->depth = depth;
    item->complete = complete && !writer.cut;
    item->text_size = (uint32_t)writer.used;
    return end;
}

size_t frames_write(struct ffisan_record_python *item, size_t size) {
    struct python_frame frames[FFISAN_PYTHON_FRAMES_MAX];
    bool complete;
    size &= ~(size_t)7;
    if (!cpython.module || cpython.module->gone || !cpython.layout || size < FRAMES_ROOM(1))
        return 0;
    size_t room = (size - sizeof *item) / sizeof *item->frames / 2; /* half of it for text */
    unsigned depth = collect(frames, room < FFISAN_PYTHON_FRAMES_MAX ? (unsigned)room : FFISAN_PYTHON_FRAMES_MAX, &complete);
    return depth ? frames_describe(frames, depth, complete, item, size) : 0;
}
