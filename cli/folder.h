/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder that the record files of one run go to: 0700, ours, and gone when the run is over, however the launcher ends
 * (SIGKILL excepted), unless the user keeps it.
 */
#ifndef FFISAN_CLI_FOLDER_H
#define FFISAN_CLI_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct trouble;

struct folder {
    char path[PATH_MAX]; /* absolute; empty: there is none */
    bool made;           /* by us: may be removed as a whole */
    bool keep;
};

/* `keep`: where the user wants it: a path that is not there yet, or an empty folder. NULL: a new one under XDG_RUNTIME_DIR,
 * TMPDIR or /tmp, the first that can be written and has room. From then on exit() removes it too. At most one at a time. */
struct trouble *folder_make(struct folder *folder, const char *keep);

/* Removes the folder, unless it is to be kept and `keep_it`; a second call does nothing. Safe in a signal handler. */
void folder_remove(struct folder *folder, bool keep_it);

/* Makes INT, TERM, HUP and QUIT remove the folder and then do what they do by default; those that are ignored stay so. */
void folder_guard(struct folder *folder);

/* Whether some image of the process `pid` has left a record file. */
bool folder_has_records_of(const struct folder *folder, pid_t pid);

/* Bytes that can still be written there. */
uint64_t folder_room(const char *path);

#endif
