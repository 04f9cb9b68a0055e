/* SPDX-License-Identifier: Apache-2.0
 *
 * What contradicts itself in a contract, or cannot be meant.
 */
#ifndef FFISAN_CLI_CONTRACT_CHECKS_H
#define FFISAN_CLI_CONTRACT_CHECKS_H

#include "contract.h"

/* Whether the word can be about a value of that type. */
void check_word(const struct word *word, CXType type);
/* Words that cannot hold together. `name`: of the parameter; NULL: the function's. */
void check_place(const struct function *function, const char *name, const struct words *words);
/* An argument of that type is what the word names. */
void check_named(const struct function *function, const struct word *word, CXType type);
/* The function that the word names there. NULL: nothing declares it; complained about, but for free. */
const struct function *check_function(const struct contract *contract, const struct word *word, size_t argument);
bool check_is_well_known(const char *name); /* free and its like */
/* The argument, or field, that is spelled almost like it; NULL: none. */
const char *check_near_argument(const struct function *function, const struct record *record, const char *name);
struct position word_argument_at(const struct word *word, size_t argument);

#endif
