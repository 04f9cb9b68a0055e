/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a command and writes what it took: `measure FILE COMMAND ARG...`. A program of its own because a process inherits the peak
 * memory of the one that started it: a small starter keeps that small.
 *
 * FILE gets: CPU seconds, wall seconds, peak KiB of the largest process, exit status (negative: the signal).
 */
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double seconds(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    pid_t pid;
    int status;
    struct rusage usage;
    if (argc < 3)
        return 2;
    double start = now();
    if (posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ) != 0 || wait4(pid, &status, 0, &usage) != pid)
        return 127;
    double wall = now() - start;
    FILE *file = fopen(argv[1], "w");
    if (file == NULL)
        return 2;
    fprintf(file, "%.6f %.6f %ld %d\n", seconds(usage.ru_utime) + seconds(usage.ru_stime), wall, usage.ru_maxrss,
            WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status));
    return fclose(file) == 0 ? 0 : 2;
}
