/* SPDX-License-Identifier: Apache-2.0
 *
 * null-argument: NULL where the contract forbids it.
 */
#ifndef FFISAN_CONTRACT_NULLS_H
#define FFISAN_CONTRACT_NULLS_H

#include "contract/words.h"

extern word_step null_check;

#endif
