/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with a contract, said as clang says it: file, line, column, a sentence, the line itself and a caret.
 */
#ifndef FFISAN_CLI_CONTRACT_COMPLAINTS_H
#define FFISAN_CLI_CONTRACT_COMPLAINTS_H

#include <stdio.h>

#include "contract.h"

enum severity { SAYS_NOTE, SAYS_WARNING, SAYS_ERROR };

/* Complaints come in any order, and are printed in the order of where they are; notes follow what they belong to: they are
 * added behind it. */
void complain(enum severity severity, struct position at, const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t complaints_errors(void);
/* Prints them on `stream`. */
void complaints_print(FILE *stream);
void complaints_start(struct pool *pool); /* anew */

#endif
