/* SPDX-License-Identifier: Apache-2.0
 *
 * One loop around sigtimedwait: no handlers, no polling, no cost while nothing happens.
 */
#include "supervise.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "launch.h"
#include "pool.h"

#define LIVE_INTERVAL 0.1 /* seconds between two looks for new findings with --live */
#define LEFT_NAMED    50  /* processes named one by one; the rest is a number */

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* --- Signals --- */

static bool is_pending(int signal_number) {
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, signal_number) == 1;
}

/* What the kernel sends (the terminal's INT, QUIT, TSTP, HUP) went to the whole foreground group, the program included. What the
 * program sends to its own group (kill 0) has reached it too. */
static void pass_on(const struct supervision *supervision, const siginfo_t *info) {
    if (info->si_code > 0 || info->si_pid == supervision->child)
        return;
    /* A shell continues the whole group, and the terminal may have stopped it again before we got to this. Generating CONT drops
     * a pending TSTP, so one that is pending came later: it must not be undone. */
    if (info->si_signo == SIGCONT && is_pending(SIGTSTP))
        return;
    kill(supervision->child, info->si_signo);
}

/* The shell sees one job, us: it must find it stopped when the program was stopped at the terminal. A program that is stopped by
 * SIGSTOP alone is somebody's experiment, who will continue it by its own pid and would not continue us. */
static void follow_stop(int signal_number) {
    if (signal_number == SIGTSTP || signal_number == SIGTTIN || signal_number == SIGTTOU)
        raise(SIGSTOP);
}

/* --- Ends of processes --- */

static void keep_end(struct supervision *supervision, pid_t pid, int status) {
    struct process_end *end = pool_append(supervision->pool, &supervision->ends, &supervision->ends_count, sizeof(*end));
    end->pid = pid;
    end->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (pid != supervision->child)
        return;
    supervision->running = false;
    supervision->exit_status = end->exit_status;
    supervision->signal = end->signal;
}

/* False: there is no process left that could end. */
static bool reap(struct supervision *supervision) {
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG | WUNTRACED);
        if (pid == 0)
            return true;
        if (pid < 0 && errno != EINTR)
            return false;
        if (pid > 0 && WIFSTOPPED(status) && pid == supervision->child)
            follow_stop(WSTOPSIG(status));
        else if (pid > 0 && !WIFSTOPPED(status) && !descendants_contain(&supervision->strangers, pid))
            keep_end(supervision, pid, status);
    }
}

/* --- Waiting --- */

/* The next signal, or 0 when `seconds` have passed; endless when they are INFINITY. */
static int next_signal(double seconds, siginfo_t *info) {
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGCHLD);
    for (size_t i = 0; i < signals_passed_on_count; i++)
        sigaddset(&held, signals_passed_on[i]);
    double whole;
    double part = isfinite(seconds) ? modf(seconds, &whole) : 0;
    const struct timespec time = {.tv_sec = isfinite(seconds) ? (time_t)whole : 0, .tv_nsec = (long)(part * 1e9)};
    int signal_number = sigtimedwait(&held, info, isfinite(seconds) ? &time : NULL);
    return signal_number > 0 ? signal_number : 0;
}

static bool is_request_to_end(int signal_number) {
    return signal_number == SIGINT || signal_number == SIGTERM || signal_number == SIGHUP || signal_number == SIGQUIT;
}

/* One signal, or one look for new findings; not later than `deadline`. False: no process is left. */
static bool step(struct supervision *supervision, double deadline) {
    double rest = fmax(deadline - now(), 0);
    siginfo_t info;
    int signal_number = next_signal(supervision->live ? fmin(rest, LIVE_INTERVAL) : rest, &info);
    if (supervision->live)
        live_poll(supervision->live);
    if (signal_number == SIGCHLD)
        return reap(supervision);
    if (signal_number > 0 && supervision->running)
        pass_on(supervision, &info);
    else if (is_request_to_end(signal_number))
        supervision->impatient = true;
    return true;
}

static bool descendants_left(const struct supervision *supervision) {
    return descendants_living(supervision->pool, &supervision->strangers).count > 0;
}

static void wait_for_descendants(struct supervision *supervision) {
    double deadline = now() + supervision->wait_seconds;
    bool left = reap(supervision);
    while (left && now() < deadline && !supervision->impatient) {
        /* A stranger would keep waitpid from saying that nobody is left. */
        if (supervision->strangers.count > 0 && !descendants_left(supervision))
            return;
        left = step(supervision, deadline);
    }
}

static void name_left(struct supervision *supervision) {
    struct pool *pool = supervision->pool;
    struct descendants living = descendants_living(pool, &supervision->strangers);
    const char *why = supervision->impatient ? "still running when a signal ended the wait"
                                             : pool_text(pool, "still running after %g s", supervision->wait_seconds);
    for (size_t i = 0; i < living.count && i <= LEFT_NAMED; i++) {
        struct not_watched *left = pool_append(pool, &supervision->left, &supervision->left_count, sizeof(*left));
        const struct descendant *process = &living.list[i];
        left->what = i < LEFT_NAMED ? pool_text(pool, "process %d (%s)", (int)process->pid, process->name)
                                    : pool_text(pool, "%zu more processes", living.count - LEFT_NAMED);
        left->why = why;
        left->so = "what it did after that, and its leaks";
    }
}

void supervise(struct supervision *supervision) {
    double start = now();
    supervision->running = true;
    while (supervision->running)
        step(supervision, INFINITY);
    supervision->seconds = now() - start;
    wait_for_descendants(supervision);
    if (reap(supervision))
        name_left(supervision);
    if (supervision->live)
        live_poll(supervision->live);
}
