/* SPDX-License-Identifier: Apache-2.0
 *
 * Which processes stem from this one, as /proc tells it.
 */
#ifndef FFISAN_CLI_DESCENDANTS_H
#define FFISAN_CLI_DESCENDANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct pool;

struct descendant {
    pid_t pid, parent;
    char name[64]; /* the kernel's short name of it, made printable */
};

struct descendants {
    struct descendant *list;
    size_t count;
};

/* Living descendants of this process; `except` and what stems from those does not count. */
struct descendants descendants_living(struct pool *pool, const struct descendants *except);

/* This process's own children at this moment, without a look at /proc when there are none. */
struct descendants descendants_children(struct pool *pool);

bool descendants_contain(const struct descendants *processes, pid_t pid); /* NULL: no */

#endif
