/* SPDX-License-Identifier: Apache-2.0
 *
 * Record files, read as what they are: bytes that another program wrote, which may have been killed while it did, or may want to
 * do harm. Nothing outside of this file touches the bytes; what it hands out is copied or checked.
 *
 * A file is read at one go into memory (a mapping would fault when somebody cuts the file, and change under our feet while its
 * process runs), up to the bytes that its header says are given out.
 */
#ifndef FFISAN_CLI_READER_H
#define FFISAN_CLI_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ffisan/record.h"

struct trouble;

#define READER_FILE_MAX ((size_t)1 << 30) /* more than this is not a record file of ours */

struct record_file {
    struct ffisan_record_header header; /* a copy; its texts end with NUL */
    unsigned char *bytes;
    size_t size;
    bool blank;    /* the process died before it wrote the header: nothing else here is meaningful */
    bool cut;      /* the file ends before what its header says was written */
    size_t damage; /* where the records stop making sense; 0: nowhere */
};

/* Reads a whole file. Trouble: it cannot be read, is not a record file, or is one of another version. A file with good records in
 * front of bad ones is no trouble: see `cut` and `damage`. */
struct trouble *record_file_read(struct record_file *file, const char *path);
/* The same for bytes in memory, which are copied. `name` is for the sentence. */
struct trouble *record_file_parse(struct record_file *file, const void *bytes, size_t size, const char *name);
void record_file_free(struct record_file *file);

/* One record, aligned, with at least the size of its type's fixed part; texts behind it end within `size`. */
struct record {
    size_t offset;
    uint32_t type, size;
    union {
        const struct ffisan_record *head;
        const struct ffisan_record_module *module;
        const struct ffisan_record_module_gone *gone;
        const struct ffisan_record_finding *finding;
        const struct ffisan_record_note *note;
        const struct ffisan_record_exec *exec;
        const struct ffisan_record_profile *profile;
    } as;
};
/* The next committed record after `record` (all zeros before the first). Steps over those that were not finished, and over kinds
 * that are too small to be what they say; stops at damage. */
bool record_next(const struct record_file *file, struct record *record);
/* How many bytes of text there are behind a fixed part of `fixed` bytes, without its NUL. */
size_t record_text_length(const struct record *record, size_t fixed);

/* An item of a finding or a call. One of the pointers is set, according to its kind; counts are within the item. A type table is not
 * looked into: type_table_open (core/verdict.h) does that. */
struct record_item {
    size_t offset; /* within the record */
    const struct ffisan_record_stack *stack;
    const struct ffisan_record_python *python;
    const struct ffisan_record_call *call;
    const struct ffisan_record_types *types;
    const struct ffisan_record_crossing *crossing;
    const struct ffisan_record_term *term;
    const struct ffisan_record_subject *subject;
};
/* The next sound item (all zeros before the first); false at the end or at the first that is not sound. */
bool record_item_next(const struct record *record, struct record_item *item);
/* Whether the items reach the record's end as they should. */
bool record_items_sound(const struct record *record);
/* The line of a PROFILE record; NULL: it has none, or none that is sound. */
const struct ffisan_record_python *record_profile_line(const struct record *record);
/* Text of a Python frame; always terminated, "" when the offset is wrong. */
const char *record_python_text(const struct ffisan_record_python *python, uint32_t offset);
/* Text of a call; always terminated, "" when the offset is 0 or wrong. */
const char *record_call_text(const struct ffisan_record_call *call, uint32_t offset);
/* Text of a term; likewise. */
const char *record_term_text(const struct ffisan_record_term *term, uint32_t offset);
/* Text of a subject; likewise. */
const char *record_subject_text(const struct ffisan_record_subject *subject, uint32_t offset);
/* The Python frame of a crossing; NULL: none, or not sound. */
const struct ffisan_record_python *record_crossing_python(const struct ffisan_record_crossing *crossing);

#endif
