/* SPDX-License-Identifier: Apache-2.0
 *
 * The options that `ffisan run` and `ffisan report` share, as a child for argp. Its input is a `struct plan`: the parent's parser
 * sets state->child_inputs[...] = &plan on ARGP_KEY_INIT. Defaults are set before the first option.
 */
#ifndef FFISAN_CLI_JUDGE_OPTIONS_H
#define FFISAN_CLI_JUDGE_OPTIONS_H

#include <argp.h>

#define JUDGE_EXIT_CODE      99  /* there are errors */
#define JUDGE_TROUBLE_STATUS 125 /* ffisan itself could not do its work */

extern const struct argp judge_argp;

/* `--rules list`: the names, one a line with severity and headline, on standard output. */
void rules_print(void);

#endif
