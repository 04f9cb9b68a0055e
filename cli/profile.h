/* SPDX-License-Identifier: Apache-2.0
 *
 * --profile: where the boundary costs, by function and by the line that calls it. Rows of several processes are summed.
 */
#ifndef FFISAN_CLI_PROFILE_H
#define FFISAN_CLI_PROFILE_H

#include <stdio.h>

#include "findings.h"

struct record;

struct profile_row {
    bool up;                        /* C calls managed code; `file` and `line` are those that made the callback */
    const char *function, *library; /* what is called; NULL: not known */
    const char *caller, *file;      /* the managed function and its file, or the native module and NULL */
    unsigned line;                  /* 0: not known */
    uint64_t offset;                /* of the native caller in its module, when there is no file */
    uint64_t calls, ns, shortest_ns, bytes, repeated;
};

struct profile {
    struct profile_row *rows; /* the dearest first, once profile_sort was called */
    size_t count;
};

void profile_take(struct profile *profile, const struct workshop *workshop, const struct process *process,
                  const struct record *record);
void profile_sort(struct profile *profile);
/* What could be done about it, in a sentence; NULL: nothing that this profile shows. */
const char *profile_hint(struct pool *pool, const struct profile_row *row);
/* The table for people: the dearest rows, or all of them. */
void profile_print(const struct profile *profile, struct pool *pool, FILE *out, bool all);

#endif
