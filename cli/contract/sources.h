/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of the files that a contract is made of: for the lines below messages, and to find where in a word an argument stands.
 */
#ifndef FFISAN_CLI_CONTRACT_SOURCES_H
#define FFISAN_CLI_CONTRACT_SOURCES_H

#include "contract.h"

/* The whole file, with a NUL behind it; NULL: it cannot be read, or is too large. Files stay as they were when they were
 * first asked for. */
const char *sources_text(const char *path, size_t *size);
/* A line, without its end. NULL: there is none. */
const char *sources_line(const char *path, unsigned line, size_t *length);
void sources_start(struct pool *pool);
/* All files that were read so far, in that order. */
size_t sources_count(void);
const char *sources_path(size_t index);

/* Where the `index`th argument of the word at `word` begins: behind '(' and the commas before it. The word itself when that
 * cannot be seen, as where a macro of the header's own stands for it. */
struct position sources_argument(struct position word, size_t index);
/* Where `offset` characters of an argument's text (as the preprocessor spells it) are, in the file's text from `start`:
 * spaces do not count. */
struct position sources_within(struct position start, const char *text, size_t offset);

#endif
