/* SPDX-License-Identifier: Apache-2.0
 *
 * A contract that repeats a library's declarations, held against the library's own headers.
 */
#ifndef FFISAN_CLI_CONTRACT_AGAINST_H
#define FFISAN_CLI_CONTRACT_AGAINST_H

#include "passes.h"

/* Complains about functions of the contract that these headers lack, or declare otherwise. */
void against_headers(const struct contract *contract, const struct passes *passes, const char *const *headers, size_t count);

#endif
