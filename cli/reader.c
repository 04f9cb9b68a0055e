/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trouble.h"

#define HEADER_SIZE      sizeof(struct ffisan_record_header)
#define RECORD_ALIGNMENT 8u

static struct trouble *open_regular(const char *path, int *descriptor, size_t *size) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return trouble_new("cannot open %s: %s", path, strerror(errno));
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size < 0) {
        close(fd);
        return trouble_new("%s is not a regular file, so it holds no records", path);
    }
    *descriptor = fd;
    *size = (size_t)status.st_size;
    return NULL;
}

/* Bytes worth reading: what was given out, as far as the file goes. The rest is zeros that the shim reserved. */
static size_t bytes_in_use(int fd, size_t size) {
    struct ffisan_record_header header;
    if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) || header.used < sizeof(header))
        return size < HEADER_SIZE ? size : HEADER_SIZE;
    return header.used < size ? (size_t)header.used : size;
}

static size_t read_up_to(int fd, unsigned char *bytes, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(fd, bytes + done, size - done, (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

struct trouble *record_file_read(struct record_file *file, const char *path) {
    int fd = -1;
    size_t size = 0;
    *file = (struct record_file){0};
    struct trouble *trouble = open_regular(path, &fd, &size);
    if (trouble)
        return trouble;
    size_t wanted = bytes_in_use(fd, size);
    unsigned char *bytes = wanted <= READER_FILE_MAX ? malloc(wanted + 1) : NULL;
    if (bytes)
        trouble = record_file_parse(file, bytes, read_up_to(fd, bytes, wanted), path);
    else
        trouble = trouble_new("%s says that it holds %zu bytes of records: too many to be read", path, wanted);
    free(bytes);
    close(fd);
    return trouble;
}

static bool all_zero(const unsigned char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

static struct trouble *check_header(const struct ffisan_record_header *header, const char *name) {
    if (memcmp(header->magic, FFISAN_RECORD_MAGIC, sizeof(header->magic)) != 0)
        return trouble_new("%s is not a record file of ffisan", name);
    if (header->version != FFISAN_RECORD_VERSION)
        return trouble_new(
            "%s has records of version %u, and this ffisan reads version %u: read it with the ffisan that wrote it", name,
            header->version, FFISAN_RECORD_VERSION);
    if (header->header_size != HEADER_SIZE)
        return trouble_new("%s is damaged: its header says that it has %u bytes, not %zu", name, header->header_size,
                           HEADER_SIZE);
    return NULL;
}

/* Whether there is a record at `offset` whose extent can be believed. */
static bool extent_sound(const struct record_file *file, size_t offset) {
    struct ffisan_record head;
    if (file->size - offset < sizeof(head))
        return false;
    memcpy(&head, file->bytes + offset, sizeof(head));
    return head.size >= sizeof(head) && head.size % RECORD_ALIGNMENT == 0 && head.size <= file->size - offset;
}

/* Space that was given out to a writer which died before it wrote a size is all zeros: the next record starts where they end. */
static size_t skip_zeros(const struct record_file *file, size_t offset) {
    while (offset + RECORD_ALIGNMENT <= file->size && all_zero(file->bytes + offset, RECORD_ALIGNMENT))
        offset += RECORD_ALIGNMENT;
    return offset;
}

static void find_damage(struct record_file *file) {
    size_t offset = skip_zeros(file, HEADER_SIZE);
    while (offset < file->size && extent_sound(file, offset)) {
        struct ffisan_record head;
        memcpy(&head, file->bytes + offset, sizeof(head));
        offset = skip_zeros(file, offset + head.size);
    }
    file->damage = !file->cut && offset < file->size && !all_zero(file->bytes + offset, file->size - offset) ? offset : 0;
}

static void end_texts(struct ffisan_record_header *header) {
    header->executable[sizeof(header->executable) - 1] = 0;
    header->argv[sizeof(header->argv) - 1] = 0;
}

struct trouble *record_file_parse(struct record_file *file, const void *bytes, size_t size, const char *name) {
    *file = (struct record_file){0};
    if (all_zero(bytes, size < HEADER_SIZE ? size : HEADER_SIZE)) {
        file->blank = true;
        return NULL;
    }
    if (size < HEADER_SIZE)
        return trouble_new("%s is too short to be a record file of ffisan", name);
    memcpy(&file->header, bytes, HEADER_SIZE);
    struct trouble *trouble = check_header(&file->header, name);
    if (trouble)
        return trouble;
    end_texts(&file->header);
    uint64_t written = file->header.used < file->header.capacity ? file->header.used : file->header.capacity;
    file->cut = written > size;
    file->size = written < size ? (size_t)written : size;
    file->size = file->size < HEADER_SIZE ? HEADER_SIZE : file->size;
    file->bytes = malloc(file->size);
    if (!file->bytes)
        return trouble_new("no memory for the %zu bytes of %s", file->size, name);
    memcpy(file->bytes, bytes, file->size);
    find_damage(file);
    return NULL;
}

void record_file_free(struct record_file *file) {
    free(file->bytes);
    *file = (struct record_file){0};
}

/* Bytes of the fixed part by type; 0: not a type of this version. */
static size_t fixed_size(uint32_t type) {
    switch (type) {
    case FFISAN_RECORD_MODULE:
        return sizeof(struct ffisan_record_module) + 1; /* its text has at least a NUL, and so have those below */
    case FFISAN_RECORD_MODULE_GONE:
        return sizeof(struct ffisan_record_module_gone);
    case FFISAN_RECORD_FINDING:
    case FFISAN_RECORD_CALL:
    case FFISAN_RECORD_CHECKED:
        return sizeof(struct ffisan_record_finding);
    case FFISAN_RECORD_NOTE:
        return sizeof(struct ffisan_record_note) + 1;
    case FFISAN_RECORD_EXEC:
        return sizeof(struct ffisan_record_exec) + 1;
    case FFISAN_RECORD_PROFILE:
        return sizeof(struct ffisan_record_profile);
    default:
        return 0;
    }
}

bool record_next(const struct record_file *file, struct record *record) {
    size_t offset = record->offset ? record->offset + record->size : HEADER_SIZE;
    for (;; offset += record->size) {
        offset = skip_zeros(file, offset);
        if (offset >= file->size || !extent_sound(file, offset))
            return false;
        /* The buffer comes from malloc, header and records are multiples of 8 */
        const struct ffisan_record *head = (const struct ffisan_record *)(const void *)(file->bytes + offset);
        *record = (struct record){.offset = offset, .type = head->type, .size = head->size, .as.head = head};
        size_t fixed = fixed_size(head->type);
        if (head->committed == FFISAN_COMMITTED && fixed && head->size >= fixed)
            return true;
    }
}

size_t record_text_length(const struct record *record, size_t fixed) {
    return fixed < record->size ? strnlen((const char *)record->as.head + fixed, record->size - fixed) : 0;
}

static bool stack_sound(const struct ffisan_record_stack *stack) {
    return stack->item.size >= sizeof(*stack) && stack->role < FFISAN_ROLES &&
           stack->depth <= (stack->item.size - sizeof(*stack)) / sizeof(stack->frames[0]);
}

static bool python_sound(const struct ffisan_record_python *python) {
    if (python->item.size < sizeof(*python) || python->role >= FFISAN_ROLES)
        return false;
    size_t rest = python->item.size - sizeof(*python);
    return python->depth <= rest / sizeof(python->frames[0]) &&
           python->text_size <= rest - python->depth * sizeof(python->frames[0]);
}

static bool call_sound(const struct ffisan_record_call *call) {
    if (call->item.size < sizeof(*call) || call->role >= FFISAN_ROLES)
        return false;
    size_t rest = call->item.size - sizeof(*call);
    return call->argument_count <= rest / sizeof(call->arguments[0]) &&
           call->text_size <= rest - call->argument_count * sizeof(call->arguments[0]);
}

static bool types_sound(const struct ffisan_record_types *types) {
    return types->item.size >= sizeof(*types) && types->role < FFISAN_ROLES && types->types.size >= sizeof(types->types) &&
           types->types.size <= types->item.size - offsetof(struct ffisan_record_types, types);
}

static bool term_sound(const struct ffisan_record_term *term) {
    return term->item.size >= sizeof(*term) && term->role < FFISAN_ROLES && term->text_size <= term->item.size - sizeof(*term);
}

static bool subject_sound(const struct ffisan_record_subject *subject) {
    return subject->item.size >= sizeof(*subject) && subject->role < FFISAN_ROLES && subject->what < FFISAN_SUBJECTS &&
           subject->text_size <= subject->item.size - sizeof(*subject);
}

static bool item_sound(const struct ffisan_record_item *head, size_t space, struct record_item *item) {
    if (head->size < sizeof(*head) || head->size % RECORD_ALIGNMENT != 0 || head->size > space)
        return false;
    const void *bytes = head;
    *item = (struct record_item){.offset = item->offset};
    switch (head->kind) {
    case FFISAN_ITEM_STACK:
        item->stack = bytes;
        return head->size >= sizeof(*item->stack) && stack_sound(item->stack);
    case FFISAN_ITEM_PYTHON:
        item->python = bytes;
        return head->size >= sizeof(*item->python) && python_sound(item->python);
    case FFISAN_ITEM_CALL:
        item->call = bytes;
        return head->size >= sizeof(*item->call) && call_sound(item->call);
    case FFISAN_ITEM_TYPES:
        item->types = bytes;
        return head->size >= sizeof(*item->types) && types_sound(item->types);
    case FFISAN_ITEM_CROSSING:
        item->crossing = bytes;
        return head->size >= sizeof(*item->crossing);
    case FFISAN_ITEM_TERM:
        item->term = bytes;
        return head->size >= sizeof(*item->term) && term_sound(item->term);
    case FFISAN_ITEM_SUBJECT:
        item->subject = bytes;
        return head->size >= sizeof(*item->subject) && subject_sound(item->subject);
    default:
        return false;
    }
}

static const struct ffisan_record_item *item_at(const struct record *record, size_t offset) {
    return (const struct ffisan_record_item *)(const void *)((const char *)record->as.finding + offset);
}

bool record_item_next(const struct record *record, struct record_item *item) {
    size_t offset = item->offset ? item->offset + item_at(record, item->offset)->size : sizeof(struct ffisan_record_finding);
    if (offset + sizeof(struct ffisan_record_item) > record->size)
        return false;
    item->offset = offset;
    return item_sound(item_at(record, offset), record->size - offset, item);
}

bool record_items_sound(const struct record *record) {
    struct record_item item = {0};
    size_t end = sizeof(struct ffisan_record_finding);
    while (record_item_next(record, &item))
        end = item.offset + item_at(record, item.offset)->size;
    return end == record->size;
}

static const char *text_at(const char *text, uint32_t size, uint32_t offset) {
    return offset < size && memchr(text + offset, 0, size - offset) ? text + offset : "";
}

const char *record_python_text(const struct ffisan_record_python *python, uint32_t offset) {
    return text_at((const char *)&python->frames[python->depth], python->text_size, offset);
}

const char *record_call_text(const struct ffisan_record_call *call, uint32_t offset) {
    return offset ? text_at((const char *)&call->arguments[call->argument_count], call->text_size, offset) : "";
}

const char *record_term_text(const struct ffisan_record_term *term, uint32_t offset) {
    return offset ? text_at(term->text, term->text_size, offset) : "";
}

const char *record_subject_text(const struct ffisan_record_subject *subject, uint32_t offset) {
    return offset ? text_at(subject->text, subject->text_size, offset) : "";
}

const struct ffisan_record_python *record_crossing_python(const struct ffisan_record_crossing *crossing) {
    const struct ffisan_record_python *python = (const void *)(crossing + 1);
    size_t rest = crossing->item.size - sizeof(*crossing);
    bool sound = rest >= sizeof(*python) && python->item.kind == FFISAN_ITEM_PYTHON && python->item.size <= rest;
    return sound && python_sound(python) ? python : NULL;
}

const struct ffisan_record_python *record_profile_line(const struct record *record) {
    const struct ffisan_record_item *head = (const void *)(record->as.profile + 1);
    size_t space = record->size - sizeof(*record->as.profile);
    struct record_item item = {0};
    bool line = space >= sizeof(*head) && item_sound(head, space, &item) && item.python && item.python->depth;
    return line ? item.python : NULL;
}
