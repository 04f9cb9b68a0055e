/* SPDX-License-Identifier: Apache-2.0
 *
 * The first pass: the declarations of a contract, with the words behind them.
 */
#ifndef FFISAN_CLI_CONTRACT_DECLARATIONS_H
#define FFISAN_CLI_CONTRACT_DECLARATIONS_H

#include "contract.h"

/* Fills in groups, functions, records and symbols from contract->unit. Complains. */
void declarations_read(struct contract *contract);
/* Whether the shim may stand before this function at all: functions that return twice, and the unwinder's own, cannot be
 * watched. */
bool declaration_refused(const char *linkage);

#endif
