/* SPDX-License-Identifier: Apache-2.0
 *
 * FFISAN_OPTIONS, parsed once by the shim's constructor into one struct that nobody writes afterwards. The table is ffisan/options.def.
 */
#ifndef FFISAN_CORE_OPTIONS_H
#define FFISAN_CORE_OPTIONS_H

#include "core/types.h"
#include "ffisan/record.h"

#define OPTION_TEXT_SIZE 4001

struct options {
#define OPTION_FIELD_TEXT   char
#define OPTION_SUFFIX_TEXT  [OPTION_TEXT_SIZE]
#define OPTION_FIELD_NUMBER unsigned
#define OPTION_SUFFIX_NUMBER
#define OPTION_FIELD_CHOICE unsigned
#define OPTION_SUFFIX_CHOICE
#define OPTION_FIELD_FLAG unsigned
#define OPTION_SUFFIX_FLAG
#define OPTION(field, key, type, ...) OPTION_FIELD_##type field OPTION_SUFFIX_##type;
#include "ffisan/options.def"
#undef OPTION
    uint64_t rules_on; /* what `rules` comes to: bit n is enum ffisan_rule n */
};

extern struct options options;

/* Sets every option to its default, then what `text` says (NULL: nothing). Calls `wrong` for each piece that it does not understand, which is left
 * out; the rest holds. Pure: no libc beyond string.h. */
void options_parse(struct options *into, const char *text, void (*wrong)(const char *piece, size_t length, void *context), void *context);

#endif
