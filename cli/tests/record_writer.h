/* SPDX-License-Identifier: Apache-2.0
 *
 * Record files for tests, made by hand: the same layout that the shim writes, from a description of a few lines. A test that
 * wants a damaged file writes over `bytes`.
 */
#ifndef FFISAN_CLI_RECORD_WRITER_H
#define FFISAN_CLI_RECORD_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "ffisan/record.h"

#define WRITER_CAPACITY 65536u

struct record_writer {
    _Alignas(8) unsigned char bytes[WRITER_CAPACITY];
    size_t used;
    size_t last; /* offset of the record that items are added to */
};

/* A header of process 100, which exited with 0 and whose leaks were looked for; argv is {"python3", "app.py"}. */
void writer_start(struct record_writer *writer);
struct ffisan_record_header *writer_header(struct record_writer *writer);

/* A module from `start` on, of 64 KiB, without build-id, in generation 1. */
struct ffisan_record_module *writer_module(struct record_writer *writer, uint32_t id, uint64_t start, const char *path);
void writer_module_gone(struct record_writer *writer, uint32_t id, uint32_t generation);
void writer_note(struct record_writer *writer, enum ffisan_note note, const char *detail);
void writer_exec(struct record_writer *writer, uint32_t pid, enum ffisan_exec_watch watch, const char *path);
/* A finding of a block of 24 bytes, once, by MainThread; items come behind it. */
struct ffisan_record_finding *writer_finding(struct record_writer *writer, enum ffisan_rule rule, const char *function);
void writer_stack(struct record_writer *writer, enum ffisan_role role, const uint64_t *frames, uint32_t depth);

struct writer_python_frame {
    const char *function, *file;
    uint32_t line, entry;
};
void writer_python(struct record_writer *writer, enum ffisan_role role, const struct writer_python_frame *frames, uint32_t depth);

/* A row of the profile, as `profile` says it; `line` NULL: none. */
void writer_profile(struct record_writer *writer, const struct ffisan_record_profile *profile,
                    const struct writer_python_frame *line);

/* A call that was looked up by `name` (NULL: by none), without arguments; `fixed`: see struct ffisan_record_call. */
struct ffisan_record_call *writer_call(struct record_writer *writer, enum ffisan_role role, uint64_t function, uint32_t fixed,
                                       const char *name);

/* A call that was made by ctypes, twice; its items come behind it. */
struct ffisan_record_finding *writer_call_record(struct record_writer *writer);
/* As writer_call, with arguments. */
struct ffisan_record_call *writer_call_with(struct record_writer *writer, enum ffisan_role role, uint64_t function,
                                            const char *name, const struct ffisan_record_argument *arguments, uint32_t count);
/* The types that belong to the call of that role, in notation.h's words. */
void writer_types(struct record_writer *writer, enum ffisan_role role, const char *notation);
/* A registered call that played a part; texts "": none. */
struct writer_term {
    enum ffisan_role role;
    enum ffisan_word word;
    uint32_t argument;
    uint64_t function, wanted, given;
    const char *name, *place, *kind, *expected, *owner, *source;
};
struct ffisan_record_term *writer_term(struct record_writer *writer, const struct writer_term *term);
/* A part that a managed runtime's thing played; texts NULL: none. */
struct writer_subject {
    enum ffisan_subject what;
    enum ffisan_role role;
    uint32_t argument, flags;
    uint64_t count, wanted, given;
    const char *name, *detail;
};
struct ffisan_record_subject *writer_subject(struct record_writer *writer, const struct writer_subject *subject);
/* A crossing of a function, made at a line of Python; `frame` NULL: at none. */
struct ffisan_record_crossing *writer_crossing(struct record_writer *writer, uint64_t function,
                                               const struct writer_python_frame *frame);

/* The header's count of what was given out. Done by writer_save. */
void writer_finish(struct record_writer *writer);
/* Only what is used, and a page of zeros. */
void writer_save(struct record_writer *writer, const char *path);

/* A new empty folder below TMPDIR; one buffer a call. Removed, with what is in it, by writer_folder_remove. */
char *writer_folder(void);
void writer_folder_remove(char *folder);

#endif
