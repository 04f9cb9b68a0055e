/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting the program so that it finds everything but its environment as the launcher itself found it: descriptors, signal mask,
 * ignored signals, working directory, process group, terminal.
 */
#ifndef FFISAN_CLI_LAUNCH_H
#define FFISAN_CLI_LAUNCH_H

#include <signal.h>
#include <sys/types.h>

struct environment;
struct trouble;

/* How the launcher found its signals. */
struct signals {
    sigset_t mask;
    struct sigaction child; /* an inherited SIG_IGN for SIGCHLD would let the kernel reap our children before us */
};

/* The signals that are passed on, and SIGCHLD: held from here on, so that supervise() takes them one by one and none ends the
 * launcher before it has cleaned up. */
extern const int signals_passed_on[];
extern const size_t signals_passed_on_count;
void signals_hold(struct signals *found);
/* Those that came meanwhile are dropped: they have been dealt with, or are as old as the program's end. */
void signals_release(const struct signals *found);

/* Starts argv[0], found as execvp finds it. *error is 0, or the errno of an exec that failed (then nothing runs and *pid is
 * gone). */
struct trouble *launch_start(char *const *argv, const struct environment *environment, const struct signals *found, pid_t *pid,
                             int *error);

#endif
