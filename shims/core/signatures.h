/* SPDX-License-Identifier: Apache-2.0
 *
 * What bindings believe, each thing once. A call is looked up by (function, types of its arguments and result, facts about this
 * call); the first of its kind is written to the record file before it is carried out, with the stacks that it came from, and what
 * it believes as a type table. The judge does the rest.
 */
#ifndef FFISAN_CORE_SIGNATURES_H
#define FFISAN_CORE_SIGNATURES_H

#include "core/crossings.h"
#include "core/types.h"
#include "ffisan/record.h"

#define ARGUMENTS_MAX 64u /* further ones are passed on and not looked at */
#define SIZES_KEPT    6u  /* arguments whose smallest memory is remembered */
#define RECORDS_MOST  12u /* of one signature, each with less memory behind an argument than the one before */

#define TYPES_QUICK 6u /* calls of more arguments are not found the quick way */

struct module;
struct ffisan_record_finding;

/* A way in which a function is called. */
struct signature {
    uint64_t key; /* of function and types; never 0 */
    uintptr_t function;
    const struct module *module; /* that the function belongs to; NULL: none. Gone: the signature is not found any more */
    struct ffisan_record_finding *record; /* its CALL record, whose count goes up with each call; NULL: there was no room */
    uint64_t identity;                    /* what the runtime's checker said, and the number of fixed arguments */
    uint64_t pointers;                    /* bit i: argument i is a pointer */
    uint32_t argument_count;              /* at most ARGUMENTS_MAX */
    uint32_t nargs; /* the quick way, by libffi's codes of the types, result first. Above TYPES_QUICK: there is none */
    uint8_t codes[TYPES_QUICK + 1];
    uint32_t wide_flags; /* cif.flags of the same call with a 64-bit result; 0: the result is taken as it is */
    uint8_t result_size; /* with wide_flags: how much of it the binding takes */
    bool result_signed, result_pointer;
    bool cut_told; /* that a result was cut is on record */
    uint8_t records;
    uint64_t text;                 /* --profile: hash of the last text that was made for a call */
    uint32_t smallest[SIZES_KEPT]; /* bytes behind the first pointer arguments, where known; else UINT32_MAX */
    struct signature *older;       /* of all that there are */
};

/* Once, before the first call is looked at. False: no memory; nothing will be found or kept. */
bool signatures_open(void);
/* NULL: a new one. About 3 ns. */
struct signature *signature_find(uint64_t key);
/* A copy of it, kept for ever; or the one that another thread was quicker to add. NULL: out of memory, or too many. */
struct signature *signature_add(const struct signature *signature);
/* The quick way: the signature that was last found there, to be checked by the caller; NULL: none. */
struct signature **signature_quick(uintptr_t function, uint64_t identity);
/* In a forked child: its record file is another. */
void signatures_forked(void);
uint64_t key_mix(uint64_t key, uint64_t value);

/* Builds a type table in a piece of memory that the caller owns. Index 0 is prepared; what does not fit sets `full` and answers 0. */
struct type_writer {
    struct ffisan_type *types;
    struct ffisan_field *fields;
    char *text;
    uint32_t type_count, field_count, text_size;
    uint32_t type_limit, field_limit, text_limit;
    bool full;
};
void type_writer_start(struct type_writer *writer, void *room, size_t size);
uint32_t type_add(struct type_writer *writer, struct ffisan_type type);
/* `count` fields in a row, to be filled in by the caller: index of the first; 0 when they do not fit (or count is 0). */
uint32_t type_add_fields(struct type_writer *writer, uint32_t count);
uint32_t type_add_text(struct type_writer *writer, const char *text, size_t length);
/* Copies a whole (sound) table to behind what is there; answers the new index of `root`, 0 when it does not fit. */
uint32_t type_graft(struct type_writer *writer, const struct ffisan_types *from, uint32_t root);
/* Writes the whole as it stands in a record; answers its size, 0 when `size` is too small. */
size_t type_writer_finish(const struct type_writer *writer, struct ffisan_types *to, size_t size);

/* What a checker does at the very ends of a call, on the thread that makes it, the crossing open and everything seen. `busy` not held. */
#define EDGE_NOTES 3u
struct ffi_call_seen;
struct managed_edges {
    void (*enter)(const struct ffi_call_seen *seen, uint64_t notes[EDGE_NOTES]); /* what it notes, leave is given */
    void (*leave)(const struct ffi_call_seen *seen, const uint64_t notes[EDGE_NOTES]);
};

/* What the checker of a runtime knows of the call that this thread is about to make, beyond libffi's types. Set by the checker when the
 * managed function object is called, taken by the libffi hook inside it (checkers/cpython/ctypes.c). */
struct managed_call {
    enum ffisan_binding binding;
    uint32_t flags;             /* enum ffisan_call_flag: DECLARED, DROPPED, VARIADIC */
    uint32_t fixed;             /* with VARIADIC */
    uint64_t identity;          /* of everything that types says: part of what makes a call a new one; 0: nothing is known */
    uintptr_t function;         /* that it is about to call: the libffi hook checks */
    struct managed_place place; /* that it is made from; code 0: managed_places.here will tell */
    uintptr_t cfa; /* the call is made further in than this stack address: else it was left by a jump or an exception */
    const struct ffisan_types *types; /* FUNCTION is type 1; NULL: no more is known than libffi knows */
    /* By argument, as far as it is known; NULL: nothing is. */
    const struct ffisan_record_argument *arguments; /* flags and size; value with CUT */
    uint32_t argument_count;
    const struct managed_edges *edges; /* NULL: nothing to be done */
};

#endif
