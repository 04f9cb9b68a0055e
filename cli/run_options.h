/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line of `ffisan run`, and the FFISAN_OPTIONS that the user has set already.
 */
#ifndef FFISAN_CLI_RUN_OPTIONS_H
#define FFISAN_CLI_RUN_OPTIONS_H

#include <stdbool.h>

#include "contracts.h"
#include "judge.h"
#include "repeat.h"
#include "shim_options.h"

struct run_options {
    struct plan plan;
    struct shim_settings settings;
    double wait_seconds;
    bool live;
    struct contracts_wanted contracts;
    struct repeat_wanted repeat;
    const char *keep;     /* NULL: records are removed */
    char *const *command; /* up to a NULL */
};

/* Ends the process by itself for --help, --version, --rules list and what argp finds wrong. Else all is consistent, and the plan
 * still unchecked. */
struct trouble *run_options_parse(struct run_options *options, struct pool *pool, int argc, char **argv);

#endif
