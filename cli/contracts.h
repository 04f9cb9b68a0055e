/* SPDX-License-Identifier: Apache-2.0
 *
 * The contracts that a run is under: those that the user names, before those that ship.
 */
#ifndef FFISAN_CLI_CONTRACTS_H
#define FFISAN_CLI_CONTRACTS_H

#include <stdbool.h>

#include "contract_files.h"

struct pool;
struct trouble;

struct contracts_wanted {
    const char **names; /* headers, compiled contracts, names of those that ship */
    size_t count;
    bool no_default;
};

/* Compiles what is not compiled yet into `folder`, which is told which contracts are in force when they are not just those that
 * ship (contract_files_list). *setting: what the shim's option
 * `contracts` is to be. */
struct trouble *contracts_prepare(struct pool *pool, const struct contracts_wanted *wanted, const char *folder,
                                  const char **setting);
/* What the user calls a contract: the table itself, or a header to be compiled, or neither and trouble. */
enum contract_form { CONTRACT_TABLE, CONTRACT_HEADER };
struct trouble *contract_find(struct pool *pool, const char *name, enum contract_form *form, const char **path);

#endif
