/* SPDX-License-Identifier: Apache-2.0
 *
 * FFISAN_OPTIONS, parsed once by the shim's constructor into one struct that nobody writes afterwards. The table is
 * ffisan/options.def.
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

/* Sets every option to its default, then what `text` says (NULL: nothing). Calls `wrong` (which may be NULL) for each piece that
 * it does not understand, which is left out; the rest holds. Of two pieces with one key the later holds. Pure: no libc beyond
 * string.h, so that the launcher may link it for its check before the start.
 *
 *     text   piece ':' piece ':' ...      empty pieces are nothing
 *     piece  key '=' value
 *     value  characters but ':', or '"' characters '"', where ':' is a character like any other and '""' stands for one '"'
 *
 * `rules` is a list of names with '+' (or nothing) or '-' in front, read from left to right, beginning with all rules on; 'all'
 * is a name for each of them, and 'none' is the same as '-all'. A wrong name is left out, and the rest of the list holds. */
void options_parse(struct options *into, const char *text, void (*wrong)(const char *piece, size_t length, void *context),
                   void *context);

#endif
