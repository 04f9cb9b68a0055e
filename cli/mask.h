/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets on command lines: a report is attached to tickets and kept by CI, so values that look like secrets are shown as "***".
 */
#ifndef FFISAN_CLI_MASK_H
#define FFISAN_CLI_MASK_H

#include <stddef.h>

struct pool;

/* A copy of argv (in the pool) with what follows options like --password or --api-token, in `--token X`, `--token=X` or
 * `TOKEN=X`, masked, and the password in `scheme://user:password@host`. Short options (-pX) are not understood. */
const char **mask_arguments(struct pool *pool, const char *const *arguments, size_t count);

#endif
