/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether what a binding believes of a function agrees with what the function is. Pure: reads two type tables and a call, allocates
 * nothing; so the shim (--halt) and the judge come to one answer.
 *
 * What counts and what is harmless is written down in verdict.c, case by case, and every case is a row of verdict_test.c.
 */
#ifndef FFISAN_CORE_VERDICT_H
#define FFISAN_CORE_VERDICT_H

#include <stdbool.h>

#include "ffisan/record.h"

/* A type table, opened. */
struct type_table {
    const struct ffisan_type *types;
    const struct ffisan_field *fields;
    const char *text;
    uint32_t type_count, field_count, text_size;
};
/* Checks every index, count and text of it: from then on it may be followed blindly (in circles too). False: it is not sound. */
bool type_table_open(struct type_table *table, const void *bytes, size_t size);
/* Never NULL: "" for 0. */
const char *type_text(const struct type_table *table, uint32_t offset);

/* A prototype file, opened (prototype.h). */
struct prototype_file {
    const struct ffisan_prototype_library *libraries;
    const struct ffisan_prototype *functions;
    uint32_t library_count;
    struct type_table table;
};
bool prototype_file_open(struct prototype_file *file, const void *bytes, size_t size);
/* The FUNCTION that `name` is in the library of that soname; 0: not known. *source: see ffisan_prototype_library; may be NULL. */
uint32_t prototype_find(const struct prototype_file *file, const char *soname, const char *name, const char **source);

/* One side of a comparison: a function of a table. */
struct declaration {
    const struct type_table *table;
    uint32_t function; /* index of a FUNCTION */
};

#define POSITION_RESULT (-1)
#define POSITION_COUNT  (-2) /* the number of arguments */

/* One way in which they disagree. */
struct disagreement {
    enum ffisan_rule
        rule;     /* SIGNATURE_MISMATCH, TRUNCATED_POINTER, STRUCT_LAYOUT_MISMATCH, BUFFER_TOO_SMALL, WIDE_TEXT, ARRAY_LAYOUT */
    int position; /* argument from 0, or one of the above */
    uint32_t declared, actual; /* the types there, each in its own table; 0: none */
    /* STRUCT_LAYOUT_MISMATCH: the structs, and the first field that differs, in each table (index into fields + 1; 0: has none, or
     * only the sizes differ) */
    uint32_t declared_field, actual_field;
    uint64_t needed, given; /* BUFFER_TOO_SMALL: bytes; STRUCT_LAYOUT_MISMATCH: sizes; POSITION_COUNT: how many */
    bool sizes_only;        /* STRUCT_LAYOUT_MISMATCH: the fields of one of them are not known */
    bool callback;          /* it is inside a callback's type; position is that of the callback */
    int callback_position;  /* within it */
};

/* Compares a call with a prototype. Writes at most `limit` disagreements, gravest first and at most one for each position, and
 * answers how many there are. */
unsigned verdict(const struct ffisan_record_call *call, const struct declaration *believed, const struct declaration *actual,
                 struct disagreement *found, unsigned limit);
/* Where nobody knows what the function is: the first array that is not even what its own binding takes it for (array-layout). */
bool verdict_arrays(const struct ffisan_record_call *call, const struct declaration *declaration, struct disagreement *found);
/* Whether two bindings' declarations cannot both be right, when nobody knows which is (clashing-declarations). Only what each of them
 * declared counts. */
bool declarations_clash(const struct ffisan_record_call *call_a, const struct declaration *a,
                        const struct ffisan_record_call *call_b, const struct declaration *b, struct disagreement *found);

#endif
