/* SPDX-License-Identifier: Apache-2.0
 *
 * Which of several names somebody meant who wrote another one.
 */
#ifndef FFISAN_CLI_NEAR_H
#define FFISAN_CLI_NEAR_H

#include <stddef.h>

#define NEAR_LONGEST 40

/* Levenshtein's distance; NEAR_LONGEST for names that are longer than that. */
size_t near_distance(const char *a, const char *b);

#endif
