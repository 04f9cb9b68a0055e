/* SPDX-License-Identifier: Apache-2.0
 *
 * `ffisan run --repeat 'module:callable' -- python3 [OPTION...]`: the command line that has the interpreter call it again and again. What to do
 * next it asks the shim (checkers/cpython/repeat.h).
 */
#ifndef FFISAN_CLI_REPEAT_H
#define FFISAN_CLI_REPEAT_H

struct pool;
struct trouble;

#define REPEAT_COUNT_STANDARD 200u
#define REPEAT_COUNT_LEAST    4u
#define REPEAT_COUNT_MOST     10000000u

struct repeat_wanted {
    const char *target; /* "module:callable", "file.py:callable"; NULL: not asked for */
    unsigned count;     /* of calls; 0: not said */
};

/* *command becomes one that runs the target, by the interpreter that it names. Nothing but the interpreter's own options may be behind that. */
struct trouble *repeat_command(struct pool *pool, const struct repeat_wanted *wanted, char *const **command);

#endif
