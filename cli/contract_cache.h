/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables that were compiled before: $XDG_CACHE_HOME/ffisan, else ~/.cache/ffisan, 0700. An entry is a list of the files that
 * were read, with what was in them, and the table, which is named by what is in it. Everything is written under another name
 * first. A cache that cannot be used is none.
 */
#ifndef FFISAN_CLI_CONTRACT_CACHE_H
#define FFISAN_CLI_CONTRACT_CACHE_H

#include <stdbool.h>

struct contract_source;
struct pool;

/* What a compilation depends on, files aside. */
const char *cache_key(struct pool *pool, const struct contract_source *source, const char *compiler);
/* The table of that compilation, when every file that it read is as it was; NULL: compile. */
const char *cache_find(struct pool *pool, const char *key);
/* Keeps a table that was just compiled; `files`: the list of those that were read, a path a line. */
void cache_keep(struct pool *pool, const char *key, const char *table, const char *files);

bool file_copy(const char *from, const char *to);

#endif
