/* SPDX-License-Identifier: Apache-2.0
 *
 * One bug for each word on the command line, as a program and as a library that Python calls: what FFISan alone does not see at the
 * moment when it happens, and other checkers do.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((visibility("default"))) int read_after_free(void) {
    volatile char *block = calloc(1, 24);
    free((void *)block);
    return block[3];
}

__attribute__((visibility("default"))) int read_past_end(int size) {
    char *block = calloc(1, 24);
    volatile int sum = 0;
    for (int i = 0; i < size; i++)
        sum += ((volatile char *)block)[i];
    free(block);
    return sum;
}

static void *thread(void *unused) {
    read_after_free();
    return unused;
}

static int in_thread(void) {
    pthread_t id;
    return pthread_create(&id, NULL, thread, NULL) == 0 ? pthread_join(id, NULL) : 1;
}

static int in_child(void) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        read_after_free();
        _exit(3);
    }
    return waitpid(child, &status, 0) == child ? 0 : 1;
}

static void lose(void) {
    volatile char *block = malloc(99);
    block[0] = 1;
}

int main(int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : "";
    printf("begins\n");
    fflush(stdout);
    if (strcmp(word, "use") == 0)
        read_after_free();
    else if (strcmp(word, "overflow") == 0)
        read_past_end(25);
    else if (strcmp(word, "thread") == 0)
        return in_thread();
    else if (strcmp(word, "child") == 0)
        return in_child();
    else if (strcmp(word, "leak") == 0)
        lose();
    else if (strcmp(word, "exec") == 0)
        execl(argv[0], argv[0], "use", NULL);
    else if (strcmp(word, "crash") == 0)
        *(volatile int *)(uintptr_t)8 = 1;
    return read_past_end(24) + 5;
}
