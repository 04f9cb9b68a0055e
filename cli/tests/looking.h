/* SPDX-License-Identifier: Apache-2.0
 *
 * Modules for tests that ask what a function is: a file as if it were loaded, or one that is.
 */
#ifndef FFISAN_CLI_TESTS_LOOKING_H
#define FFISAN_CLI_TESTS_LOOKING_H

#include "exports.h"
#include "findings.h"
#include "prototypes.h"

struct pool;

/* The file, loaded at address 0. */
struct module module_of_file(struct pool *pool, const char *path);
/* The library of that soname, as it is loaded into this process (it is, from now on). */
struct module module_of_library(struct pool *pool, const char *soname, void **handle);
struct exports exports_of_file(struct pool *pool, const char *path);
/* The prototype with `source` in its source; NULL: none. */
const struct prototype *prototype_from(const struct prototype *found, size_t count, const char *source);

#endif
