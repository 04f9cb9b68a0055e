/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that the user hands to the launcher and gets from it: read whole, written whole or not at all.
 */
#ifndef FFISAN_CLI_TEXT_FILE_H
#define FFISAN_CLI_TEXT_FILE_H

#include <stddef.h>

struct pool;
struct trouble;

#define TEXT_FILE_MAX ((size_t)64 << 20)

/* Into the pool, with a NUL behind. */
struct trouble *text_file_read(struct pool *pool, const char *path, char **text, size_t *size);

/* Whether `path` could be written, as far as can be known without doing so. */
struct trouble *text_file_check(const char *path);
/* A regular file (also behind a symbolic link) is replaced by rename, so that nobody ever sees half of it; anything else (a pipe,
 * /dev/stdout) is written to. */
struct trouble *text_file_write(const char *path, const char *text, size_t size);

#endif
