/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings that the user knows and does not want to hear of: lines `rule:pattern`, `#` starts a comment. `rule` may be `*`; the
 * pattern is a glob (fnmatch) that is held against the finding's function and library and each frame's function, module and file.
 */
#ifndef FFISAN_CLI_SUPPRESSIONS_H
#define FFISAN_CLI_SUPPRESSIONS_H

#include <stdbool.h>
#include <stddef.h>

struct finding;
struct pool;
struct trouble;

struct suppression {
    const char *rule, *pattern;
    const char *file; /* where it stands */
    unsigned line;
    bool used;
};
struct suppressions {
    struct suppression *items;
    size_t count;
};

struct trouble *suppressions_read(struct suppressions *suppressions, struct pool *pool, const char *path);
/* The same for text in memory; `name` is for the sentence. */
struct trouble *suppressions_parse(struct suppressions *suppressions, struct pool *pool, const char *text, size_t size,
                                   const char *name);
/* Whether one of them matches; marks all that do as used. */
bool suppressions_match(struct suppressions *suppressions, const struct finding *finding);

#endif
