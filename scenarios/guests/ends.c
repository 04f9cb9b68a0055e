/* SPDX-License-Identifier: Apache-2.0
 *
 * A guest that ends in the way that its argument says.
 *
 * usage: ends WAY
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void at_exit(void) {
    puts("at exit");
    fflush(stdout);
}

static void at_exit_once_more(void) {
    exit(44);
}

static void *exit_in_thread(void *unused) {
    (void)unused;
    exit(45);
}

static void *nothing(void *unused) {
    usleep(20000);
    return unused;
}

static void forked(int children) {
    for (int i = 0; i < children; i++) {
        int status;
        pid_t child = fork();
        if (child == 0)
            _exit(i & 0x7f);
        if (waitpid(child, &status, 0) != child || status != (i & 0x7f) << 8)
            _exit(99);
    }
}

int main(int argc, char **argv) {
    const char *way = argc > 1 ? argv[1] : "return";
    pthread_t thread;
    if (strcmp(way, "both") != 0) /* of two ends at once, which runs the handlers is anybody's guess */
        atexit(at_exit);
    if (strcmp(way, "exit") == 0)
        exit(300);
    if (strcmp(way, "_exit") == 0)
        _exit(41);
    if (strcmp(way, "_Exit") == 0)
        _Exit(42);
    if (strcmp(way, "quick") == 0)
        quick_exit(43);
    if (strcmp(way, "twice") == 0) {
        atexit(at_exit_once_more);
        exit(1);
    }
    if (strcmp(way, "raw") == 0)
        syscall(SYS_exit_group, 46);
    if (strcmp(way, "thread") == 0) {
        pthread_create(&thread, NULL, exit_in_thread, NULL);
        pthread_join(thread, NULL);
    }
    if (strcmp(way, "both") == 0) {
        pthread_create(&thread, NULL, exit_in_thread, NULL);
        exit(45);
    }
    if (strcmp(way, "last-thread") == 0) {
        pthread_create(&thread, NULL, nothing, NULL);
        pthread_exit(NULL);
    }
    if (strcmp(way, "forks") == 0)
        forked(1000);
    if (strcmp(way, "threads-forks") == 0) {
        for (int i = 0; i < 20; i++)
            pthread_create(&thread, NULL, nothing, NULL);
        forked(1000);
    }
    return 47;
}
