/* SPDX-License-Identifier: Apache-2.0 */
#include "record_writer.h"

#include "notation.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Zeroed, so that texts end. */
static void *take(struct record_writer *writer, size_t size) {
    size_t rounded = (size + 7) / 8 * 8;
    if (rounded > sizeof(writer->bytes) - writer->used)
        abort();
    void *space = writer->bytes + writer->used;
    writer->used += rounded;
    return space;
}

static void *record_start(struct record_writer *writer, enum ffisan_record_type type, size_t size) {
    writer->last = writer->used;
    struct ffisan_record *record = take(writer, size);
    record->type = type;
    record->size = (uint32_t)(writer->used - writer->last);
    record->committed = FFISAN_COMMITTED;
    return record;
}

static void *item_start(struct record_writer *writer, enum ffisan_item kind, size_t size) {
    size_t before = writer->used;
    struct ffisan_record_item *item = take(writer, size);
    item->kind = kind;
    item->size = (uint32_t)(writer->used - before);
    struct ffisan_record *record = (void *)(writer->bytes + writer->last);
    record->size += item->size;
    return item;
}

struct ffisan_record_header *writer_header(struct record_writer *writer) {
    return (void *)writer->bytes;
}

void writer_start(struct record_writer *writer) {
    memset(writer, 0, sizeof(*writer));
    struct ffisan_record_header *header = take(writer, sizeof(*header));
    memcpy(header->magic, FFISAN_RECORD_MAGIC, sizeof(header->magic));
    header->version = FFISAN_RECORD_VERSION;
    header->header_size = sizeof(*header);
    header->pid = 100;
    header->ppid = 1;
    header->start_ns = 1700000000000000000u;
    header->end = FFISAN_END_EXIT;
    header->leak_verdict = FFISAN_LEAKS_DONE;
    header->argc = 2;
    memcpy(header->argv, "python3\0app.py", 15);
    snprintf(header->executable, sizeof(header->executable), "/usr/bin/python3");
}

struct ffisan_record_module *writer_module(struct record_writer *writer, uint32_t id, uint64_t start, const char *path) {
    size_t size = offsetof(struct ffisan_record_module, path) + strlen(path) + 1;
    struct ffisan_record_module *module = record_start(writer, FFISAN_RECORD_MODULE, size);
    module->id = id;
    module->generation = 1;
    module->start = module->bias = start;
    module->end = start + 0x10000;
    memcpy(module->path, path, strlen(path));
    return module;
}

void writer_module_gone(struct record_writer *writer, uint32_t id, uint32_t generation) {
    struct ffisan_record_module_gone *gone = record_start(writer, FFISAN_RECORD_MODULE_GONE, sizeof(*gone));
    gone->id = id;
    gone->generation = generation;
}

void writer_note(struct record_writer *writer, enum ffisan_note note, const char *detail) {
    size_t size = offsetof(struct ffisan_record_note, detail) + strlen(detail) + 1;
    struct ffisan_record_note *record = record_start(writer, FFISAN_RECORD_NOTE, size);
    record->note = note;
    memcpy(record->detail, detail, strlen(detail));
}

void writer_exec(struct record_writer *writer, uint32_t pid, enum ffisan_exec_watch watch, const char *path) {
    size_t size = offsetof(struct ffisan_record_exec, path) + strlen(path) + 1;
    struct ffisan_record_exec *record = record_start(writer, FFISAN_RECORD_EXEC, size);
    record->pid = pid;
    record->watch = watch;
    record->time_ns = 1700000001000000000u;
    memcpy(record->path, path, strlen(path));
}

struct ffisan_record_finding *writer_finding(struct record_writer *writer, enum ffisan_rule rule, const char *function) {
    struct ffisan_record_finding *finding = record_start(writer, FFISAN_RECORD_FINDING, sizeof(*finding));
    finding->rule = rule;
    finding->count = 1;
    finding->size = 24;
    finding->time_ns = 1700000002000000000u;
    memcpy(finding->thread, "MainThread", sizeof("MainThread"));
    snprintf(finding->function, sizeof(finding->function), "%s", function);
    return finding;
}

void writer_stack(struct record_writer *writer, enum ffisan_role role, const uint64_t *frames, uint32_t depth) {
    struct ffisan_record_stack *stack;
    stack = item_start(writer, FFISAN_ITEM_STACK, sizeof(*stack) + depth * sizeof(frames[0]));
    stack->role = role;
    stack->generation = 1;
    stack->depth = depth;
    stack->complete = 1;
    memcpy(stack->frames, frames, depth * sizeof(frames[0]));
}

void writer_python(struct record_writer *writer, enum ffisan_role role, const struct writer_python_frame *frames,
                   uint32_t depth) {
    char text[4096];
    size_t used = 0;
    struct ffisan_record_python_frame rows[FFISAN_PYTHON_FRAMES_MAX];
    for (uint32_t i = 0; i < depth; i++) {
        rows[i] =
            (struct ffisan_record_python_frame){.function = (uint32_t)used, .line = frames[i].line, .entry = frames[i].entry};
        used += (size_t)sprintf(text + used, "%s", frames[i].function) + 1;
        rows[i].file = (uint32_t)used;
        used += (size_t)sprintf(text + used, "%s", frames[i].file) + 1;
    }
    struct ffisan_record_python *python =
        item_start(writer, FFISAN_ITEM_PYTHON, sizeof(*python) + depth * sizeof(rows[0]) + used);
    python->role = role;
    python->depth = depth;
    python->complete = 1;
    python->text_size = (uint32_t)used;
    memcpy(python->frames, rows, depth * sizeof(rows[0]));
    memcpy(&python->frames[depth], text, used);
}

void writer_profile(struct record_writer *writer, const struct ffisan_record_profile *profile,
                    const struct writer_python_frame *line) {
    struct ffisan_record_profile *record = record_start(writer, FFISAN_RECORD_PROFILE, sizeof(*record));
    struct ffisan_record head = record->record;
    *record = *profile;
    record->record = head;
    if (line)
        writer_python(writer, FFISAN_ROLE_DETECTED, line, 1);
}

struct ffisan_record_call *writer_call_with(struct record_writer *writer, enum ffisan_role role, uint64_t function,
                                            const char *name, const struct ffisan_record_argument *arguments, uint32_t count) {
    size_t text = name ? strlen(name) + 2 : 1;
    struct ffisan_record_call *call = item_start(writer, FFISAN_ITEM_CALL, sizeof(*call) + count * sizeof(*arguments) + text);
    call->role = role;
    call->generation = 1;
    call->function = function;
    call->binding = FFISAN_BINDING_CTYPES;
    call->argument_count = count;
    call->name = name ? 1 : 0;
    call->text_size = (uint32_t)text;
    if (count)
        memcpy(call->arguments, arguments, count * sizeof(*arguments));
    if (name)
        memcpy((char *)&call->arguments[count] + 1, name, strlen(name));
    return call;
}

struct ffisan_record_call *writer_call(struct record_writer *writer, enum ffisan_role role, uint64_t function, uint32_t fixed,
                                       const char *name) {
    struct ffisan_record_call *call = writer_call_with(writer, role, function, name, NULL, 0);
    call->fixed = fixed;
    return call;
}

struct ffisan_record_finding *writer_call_record(struct record_writer *writer) {
    struct ffisan_record_finding *record = writer_finding(writer, FFISAN_RULES, "");
    record->record.type = FFISAN_RECORD_CALL;
    record->count = 2;
    record->size = 0;
    return record;
}

void writer_types(struct record_writer *writer, enum ffisan_role role, const char *notation) {
    static _Alignas(8) char room[4096];
    size_t size = notation_read(notation, (void *)room, sizeof(room));
    struct ffisan_record_types *types = item_start(writer, FFISAN_ITEM_TYPES, offsetof(struct ffisan_record_types, types) + size);
    types->role = role;
    memcpy(&types->types, room, size);
}

static uint32_t term_text(struct ffisan_record_term *term, const char *text) {
    uint32_t offset = term->text_size;
    size_t length = text ? strlen(text) : 0;
    if (!length)
        return 0;
    memcpy(term->text + offset, text, length);
    term->text_size += (uint32_t)length + 1;
    return offset;
}

struct ffisan_record_term *writer_term(struct record_writer *writer, const struct writer_term *from) {
    struct ffisan_record_term *term = item_start(writer, FFISAN_ITEM_TERM, sizeof(*term) + 512);
    term->role = from->role;
    term->word = from->word;
    term->argument = from->argument;
    term->generation = 1;
    term->function = from->function;
    term->wanted = from->wanted;
    term->given = from->given;
    term->text_size = 1;
    term->name = term_text(term, from->name);
    term->place = term_text(term, from->place);
    term->kind = term_text(term, from->kind);
    term->expected = term_text(term, from->expected);
    term->owner = term_text(term, from->owner);
    term->source = term_text(term, from->source);
    return term;
}

static uint32_t subject_text(struct ffisan_record_subject *subject, const char *text) {
    uint32_t offset = subject->text_size;
    if (!text)
        return 0;
    memcpy(subject->text + offset, text, strlen(text));
    subject->text_size += (uint32_t)strlen(text) + 1;
    return offset;
}

struct ffisan_record_subject *writer_subject(struct record_writer *writer, const struct writer_subject *from) {
    struct ffisan_record_subject *subject = item_start(writer, FFISAN_ITEM_SUBJECT, sizeof(*subject) + 512);
    subject->what = from->what;
    subject->role = from->role;
    subject->argument = from->argument;
    subject->flags = from->flags;
    subject->count = from->count;
    subject->wanted = from->wanted;
    subject->given = from->given;
    subject->text_size = 1;
    subject->name = subject_text(subject, from->name);
    subject->detail = subject_text(subject, from->detail);
    return subject;
}

struct ffisan_record_crossing *writer_crossing(struct record_writer *writer, uint64_t function,
                                               const struct writer_python_frame *frame) {
    size_t at = writer->used;
    struct ffisan_record_crossing *crossing = item_start(writer, FFISAN_ITEM_CROSSING, sizeof(*crossing));
    crossing->generation = 1;
    crossing->function = function;
    if (frame)
        writer_python(writer, FFISAN_ROLE_DETECTED, frame, 1);
    crossing->item.size = (uint32_t)(writer->used - at);
    return crossing;
}

void writer_finish(struct record_writer *writer) {
    writer_header(writer)->used = writer->used;
    writer_header(writer)->capacity = writer->used + 4096;
}

void writer_save(struct record_writer *writer, const char *path) {
    writer_finish(writer);
    FILE *file = fopen(path, "w");
    size_t size = writer->used + 4096;
    if (!file || size > sizeof(writer->bytes) || fwrite(writer->bytes, size, 1, file) != 1 || fclose(file) != 0)
        abort();
}

char *writer_folder(void) {
    const char *parent = getenv("TMPDIR");
    char *folder;
    if (asprintf(&folder, "%s/ffisan-test-XXXXXX", parent ? parent : "/tmp") < 0 || !mkdtemp(folder))
        abort();
    return folder;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

void writer_folder_remove(char *folder) {
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
}
