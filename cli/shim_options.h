/* SPDX-License-Identifier: Apache-2.0
 *
 * What the shim can be told (ffisan/options.def), from the launcher's side: flags of `ffisan run`, the user's own FFISAN_OPTIONS,
 * the checks before the start, and the text that the program's processes get. Names, limits, defaults and help come from the
 * table.
 */
#ifndef FFISAN_CLI_SHIM_OPTIONS_H
#define FFISAN_CLI_SHIM_OPTIONS_H

#include <argp.h>

struct pool;
struct trouble;

enum shim_option {
#define OPTION(field, ...) SHIM_OPTION_##field,
#include "ffisan/options.def"
#undef OPTION
    SHIM_OPTIONS
};

/* A value that is NULL was not given: the shim's default holds. */
struct shim_settings {
    struct pool *pool; /* the values live here; borrowed */
    const char *values[SHIM_OPTIONS];
};

/* Checks and keeps a value. `name` is what a complaint calls the option. */
struct trouble *shim_setting(struct shim_settings *settings, enum shim_option option, const char *name, const char *value);

/* Takes over what FFISAN_OPTIONS says: key=value:key="a:b":... */
struct trouble *shim_settings_read(struct shim_settings *settings, const char *text);

/* All that is set, in that same form, in the pool. */
const char *shim_settings_text(const struct shim_settings *settings);

/* One flag for each row that is not filled in otherwise (records, rules, only-library); input: struct shim_settings *. A FLAG
 * whose default is 1 becomes --no-KEY. */
const struct argp *shim_settings_argp(void);

#endif
