/* SPDX-License-Identifier: Apache-2.0
 *
 * What headers say already, with attributes of GCC's and clang's: they become words that nobody wrote.
 */
#ifndef FFISAN_CLI_CONTRACT_ATTRIBUTES_H
#define FFISAN_CLI_CONTRACT_ATTRIBUTES_H

#include "contract.h"

/* Flags for clang that make annotations of the attributes, which it would hide or not know. */
extern const char *const attribute_flags[];
extern const size_t attribute_flag_count;

/* What an attribute of another declaration of the function said holds for this one. */
void attributes_inherit(struct pool *pool, struct words *to, const struct words *from);
/* `text`: "nonnull:1,2" */
void attribute_take(struct pool *pool, struct function *function, const char *text);

#endif
