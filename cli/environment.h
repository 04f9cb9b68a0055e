/* SPDX-License-Identifier: Apache-2.0
 *
 * What the program finds in its environment so that the shim is under it, and where the shim is.
 */
#ifndef FFISAN_CLI_ENVIRONMENT_H
#define FFISAN_CLI_ENVIRONMENT_H

#include <stdbool.h>

struct pool;
struct shim_settings;
struct trouble;

/* Values to set; NULL: that variable stays as it is. */
struct environment {
    const char *preload;       /* LD_PRELOAD */
    const char *options;       /* FFISAN_OPTIONS */
    const char *asan_options;  /* ASAN_OPTIONS */
    const char *python_malloc; /* PYTHONMALLOC */
};

/* The path of libffisan.so, absolute: FFISAN_LIBRARY, else where it lies beside this executable, installed or in the build tree.
 */
struct trouble *environment_library(struct pool *pool, const char **path);

/* LD_PRELOAD with the shim in it: first, but behind an AddressSanitizer runtime, which does not start otherwise. `existing` is
 * the user's own list, or NULL; its order stays. */
const char *environment_preload(struct pool *pool, const char *library, const char *existing);

/* All of it, from the variables of this process and from the settings (which hold `records` by now). */
struct trouble *environment_compose(struct environment *environment, struct pool *pool, const struct shim_settings *settings);

/* Whether a library of this name is an AddressSanitizer runtime, GCC's or clang's. */
bool environment_is_asan_runtime(const char *path);

/* For the new process, before it becomes the program. */
void environment_apply(const struct environment *environment);

#endif
