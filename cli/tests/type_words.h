/* SPDX-License-Identifier: Apache-2.0
 *
 * Types of a table in words, so that a test can say what it expects: kinds, sizes and layouts, and names of typedefs and tags where
 * they are asked for. Two tables that say the same of a function have the same words for it.
 */
#ifndef FFISAN_CLI_TESTS_TYPE_WORDS_H
#define FFISAN_CLI_TESTS_TYPE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/verdict.h"

struct type_words {
    bool names;      /* of types */
    bool parameters; /* their names */
    unsigned depth;  /* structs that are spelled out, one inside the other; further ones are "…" */
    char *text;
    size_t size, used;
};

/* "int4(pointer(const char1))"; the text belongs to `words`, which starts zeroed but for the wishes, and is freed by the caller. */
const char *type_words(struct type_words *words, const struct type_table *table, uint32_t type);

#endif
