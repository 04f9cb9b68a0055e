/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a program cannot be watched, as far as its file tells.
 */
#ifndef FFISAN_CLI_EXECUTABLE_H
#define FFISAN_CLI_EXECUTABLE_H

enum executable_kind {
    EXECUTABLE_WATCHABLE,
    EXECUTABLE_NONE,   /* nothing that could be executed: the exec failed */
    EXECUTABLE_SCRIPT, /* #!: its interpreter is what counts */
    EXECUTABLE_STATIC,
    EXECUTABLE_SETUID,
    EXECUTABLE_OTHER_LIBC,  /* its interpreter is not glibc's loader */
    EXECUTABLE_OTHER_CLASS, /* another architecture or word size */
};

enum executable_kind executable_kind(const char *path);
/* As the end of "… is not watched: "; NULL for the kinds that can be, or that say nothing. */
const char *executable_reason(enum executable_kind kind);

#endif
