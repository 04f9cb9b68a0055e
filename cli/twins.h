/* SPDX-License-Identifier: Apache-2.0
 *
 * One defect that two ways of looking found: memory that is too small for the parameter's type, by the comparison of declarations, and for
 * what the contract says that the call reads or writes, while it runs. The contract's finding stays, which knows the block.
 */
#ifndef FFISAN_CLI_TWINS_H
#define FFISAN_CLI_TWINS_H

#include "findings.h"

/* Takes the others away; answers how many are left. */
size_t twins_drop(struct finding *findings, size_t count);

#endif
