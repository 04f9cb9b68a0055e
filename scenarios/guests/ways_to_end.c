/* SPDX-License-Identifier: Apache-2.0
 *
 * The ways in which a process ends, WAY, while another thread goes on allocating.
 */
#include <signal.h>
#include <sys/syscall.h>

#include "guest.h"

static void farewell(void) {
    puts("handler");
}

static void *allocate(void *argument) {
    for (unsigned i = 0;; i++)
        churn(i, 50);
    return argument;
}

int main(int argc, char **argv) {
    MUST(argc > 1);
    const char *way = argv[1];
    pthread_t thread;
    MUST(pthread_create(&thread, NULL, allocate, NULL) == 0);
    atexit(farewell);
    at_quick_exit(farewell);
    maybe_double_free(argc, argv);
    churn(5, 50);
    puts(way);
    fflush(stdout);
    if (strcmp(way, "exit") == 0)
        exit(21);
    if (strcmp(way, "_exit") == 0)
        _exit(22);
    if (strcmp(way, "_Exit") == 0)
        _Exit(23);
    if (strcmp(way, "quick_exit") == 0)
        quick_exit(24);
    if (strcmp(way, "abort") == 0)
        abort();
    if (strcmp(way, "kill") == 0)
        raise(SIGKILL);
    if (strcmp(way, "term") == 0)
        raise(SIGTERM);
    if (strcmp(way, "segv") == 0)
        *(volatile int *)8 = 1;
    if (strcmp(way, "raw") == 0)
        syscall(SYS_exit_group, 25);
    return 26;
}
