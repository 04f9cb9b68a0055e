/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole way from the text of a contract to its table.
 */
#ifndef FFISAN_CLI_CONTRACT_FRONT_H
#define FFISAN_CLI_CONTRACT_FRONT_H

#include "contract.h"

struct front {
    struct pool *pool;
    const char **flags; /* -I and -D */
    size_t flag_count;
    const char **against; /* headers */
    size_t against_count;
};

/* `contract` has pool, path, text and size. The table, in the pool; NULL: something was complained about. Until front_close
 * the contract knows the files that were read. */
const void *front_compile(const struct front *front, struct contract *contract, size_t *size);
void front_close(struct contract *contract);

#endif
