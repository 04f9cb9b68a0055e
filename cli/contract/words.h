/* SPDX-License-Identifier: Apache-2.0
 *
 * The grammar of a word as it stands in an annotation: "ffisan:out_n(count)". Needs no libclang.
 */
#ifndef FFISAN_CLI_CONTRACT_WORDS_H
#define FFISAN_CLI_CONTRACT_WORDS_H

#include <stdbool.h>

#include "ffisan/contract_table.h"
#include "pool.h"

/* What a word may stand behind. */
enum word_place {
    WORD_OF_FUNCTION = 1,
    WORD_OF_RESULT = 2,
    WORD_OF_PARAMETER = 4,
    WORD_OF_FIELD = 8,
    WORD_OF_SYMBOL = 16,
    WORD_OF_FILE = 32,
};

struct word_row {
    const char *name;     /* in annotations */
    const char *spelling; /* in contracts: FFISAN_OUT_N; NULL: nobody writes it */
    unsigned places;      /* enum word_place, or'ed */
    const char *takes;    /* as in words.def */
    const char *help;
};
extern const struct word_row word_rows[FFISAN_WORDS];

struct spelled {
    enum ffisan_word id; /* FFISAN_WORD_NONE: the end of a block */
    const char **arguments;
    size_t count;
};

/* `text` is what stands behind "ffisan:". False: *wrong says why, as a sentence. */
bool words_spell(struct pool *pool, const char *text, struct spelled *spelled, const char **wrong);
/* What the word takes there: a, e, f, n, s; 0: nothing more. */
char words_takes(enum ffisan_word id, size_t argument);
bool word_takes_size(enum ffisan_word id); /* IN, OUT, INOUT and their _N */
/* Splits at the commas that are in no brackets and no literal. False: they do not match. */
bool words_split(struct pool *pool, const char *text, size_t length, const char ***parts, size_t *count);
/* The text of a string literal, or the text itself when it is none. */
const char *words_unquoted(struct pool *pool, const char *text);

#endif
