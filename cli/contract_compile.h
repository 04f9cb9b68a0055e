/* SPDX-License-Identifier: Apache-2.0
 *
 * From a contract's header to its table, by ffisan-contract-compiler, a program of its own; and the tables that were made before.
 */
#ifndef FFISAN_CLI_CONTRACT_COMPILE_H
#define FFISAN_CLI_CONTRACT_COMPILE_H

#include <stdbool.h>
#include <stddef.h>

struct pool;
struct trouble;

struct contract_source {
    const char *path;
    const char **flags; /* -IDIR, -DNAME=VALUE */
    size_t flag_count;
    const char **against; /* headers that it is held against */
    size_t against_count;
    bool fresh; /* not from the cache: for the sake of the warnings */
};

/* Writes the table to `output`; NULL: it is only checked. What is wrong with the contract is said on standard error, by the
 * compiler; *wrong is then true. Trouble: it could not be compiled. */
struct trouble *contract_compile(struct pool *pool, const struct contract_source *source, const char *output, bool *wrong);

#endif
