/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiled contracts as files: those that ship, those of a run, and one that is opened.
 */
#ifndef FFISAN_CLI_CONTRACT_FILES_H
#define FFISAN_CLI_CONTRACT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/contract_table.h"

struct pool;

struct contract_file {
    const char *path;
    struct contract_table table; /* lives until the file is closed */
    void *mapping;
    size_t size;
};
/* False: *why says what is wrong, behind "PATH: ". */
bool contract_file_open(struct contract_file *file, const char *path, const char **why);
void contract_file_close(struct contract_file *file); /* an empty one is fine */

struct contract_paths {
    const char **items; /* absolute */
    size_t count;
};
bool contract_paths_have(const struct contract_paths *paths, const char *path);
/* By name. FFISAN_CONTRACTS names another folder than that which was installed or built with this program. */
struct contract_paths contract_files_shipped(struct pool *pool);
/* The one that ships under that name ("zlib"); NULL: none does. */
const char *contract_files_named(struct pool *pool, const char *name);
/* "zlib", of ".../zlib.ffc" */
const char *contract_files_name(struct pool *pool, const char *path);

/* Beside the records of a run stands which contracts it was under, a path a line. */
#define CONTRACT_LIST "contracts"
bool contract_files_list(const char *folder, const struct contract_paths *paths);
/* Those of the run that left its records there; those that ship where it is not said. */
struct contract_paths contract_files_of(struct pool *pool, const char *folder);

/* A path of what was installed or built with this program: "ffisan/contracts" in share, "ffisan/ffisan-contract-compiler" in
 * libexec. NULL: it is not there. */
const char *installed_data(struct pool *pool, const char *name);
const char *installed_program(struct pool *pool, const char *name);

#endif
