/* SPDX-License-Identifier: Apache-2.0 */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "environment.h"
#include "trouble.h"

const int signals_passed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGCONT, SIGTSTP, SIGWINCH};
const size_t signals_passed_on_count = sizeof(signals_passed_on) / sizeof(signals_passed_on[0]);

static void held_signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    for (size_t i = 0; i < signals_passed_on_count; i++)
        sigaddset(set, signals_passed_on[i]);
}

void signals_hold(struct signals *found) {
    sigset_t held;
    held_signals(&held);
    sigprocmask(SIG_BLOCK, &held, &found->mask);
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &standard, &found->child);
}

void signals_release(const struct signals *found) {
    sigset_t held;
    held_signals(&held);
    while (sigtimedwait(&held, NULL, &(struct timespec){0}) > 0)
        ;
    sigprocmask(SIG_SETMASK, &found->mask, NULL);
}

/* In the child. Tells the errno to the parent through a pipe that a successful exec closes. */
_Noreturn static void become(char *const *argv, const struct environment *environment, const struct signals *found,
                             int pipe_end) {
    environment_apply(environment);
    sigaction(SIGCHLD, &found->child, NULL);
    sigprocmask(SIG_SETMASK, &found->mask, NULL);
    execvp(argv[0], argv);
    int error = errno;
    ssize_t written = write(pipe_end, &error, sizeof(error));
    (void)written;
    _exit(FFISAN_EXIT_CANNOT_RUN);
}

/* 0: the exec went well. Waits for it. */
static int exec_error(int pipe_end) {
    int error = 0;
    ssize_t size;
    do
        size = read(pipe_end, &error, sizeof(error));
    while (size < 0 && errno == EINTR);
    return size == sizeof(error) ? error : 0;
}

struct trouble *launch_start(char *const *argv, const struct environment *environment, const struct signals *found, pid_t *pid,
                             int *error) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return trouble_new("cannot make a pipe: %s", strerror(errno));
    /* Orphans of the program come to us and not to init: their ends are learned, and those that stay are named. */
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    *pid = fork();
    if (*pid == 0)
        become(argv, environment, found, ends[1]);
    close(ends[1]);
    struct trouble *trouble = *pid < 0 ? trouble_new("cannot start a process: %s", strerror(errno)) : NULL;
    *error = trouble ? 0 : exec_error(ends[0]);
    close(ends[0]);
    if (*error)
        waitpid(*pid, NULL, 0);
    return trouble;
}
