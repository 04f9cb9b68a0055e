/* SPDX-License-Identifier: Apache-2.0
 *
 * `--with asan|valgrind`: how the command is started so that another memory checker works beside the shim, writes its reports into the
 * record folder, and nothing on the program's streams.
 */
#ifndef FFISAN_CLI_WITH_H
#define FFISAN_CLI_WITH_H

#include "ffisan/record.h"

struct environment;
struct pool;
struct program;
struct shim_settings;
struct trouble;

enum ffisan_with with_chosen(const struct shim_settings *settings);

/* What has to be set before the environment is composed. */
struct trouble *with_settings(struct shim_settings *settings);
/* Changes environment and *command (up to a NULL) as it takes. `folder` is the records'. Trouble: the checker is not here, and
 * what to install. */
struct trouble *with_apply(struct pool *pool, enum ffisan_with with, const struct program *program, const char *folder,
                           struct environment *environment, char *const **command);

/* The AddressSanitizer runtime that the program needs, or the newest one: its path, NULL when the program brings its own. Trouble: there is
 * none. For `ffisan doctor`, too, with `program` NULL. */
struct trouble *with_asan_runtime(struct pool *pool, const struct program *program, const char **path);
/* NULL: there is none in PATH. */
const char *with_valgrind(struct pool *pool);

#endif
