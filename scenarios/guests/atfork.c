/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of fork that allocate and free, before it and on both sides, while other threads do; children leave by exit.
 */
#include <stdatomic.h>
#include <sys/wait.h>

#include "guest.h"

static atomic_bool done;
static char *kept;

static void before(void) {
    kept = malloc(500);
}

static void after(void) {
    free(kept);
    kept = NULL;
    churn(1, 10);
}

static void *allocate(void *argument) {
    for (unsigned i = 0; !atomic_load(&done); i++)
        churn(i + (unsigned)(uintptr_t)argument, 50);
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    pthread_atfork(before, after, after);
    for (uintptr_t i = 0; i < 2; i++)
        MUST(pthread_create(&threads[i], NULL, allocate, (void *)i) == 0);
    for (unsigned i = 0; i < 100; i++) {
        pid_t child = fork();
        MUST(child >= 0);
        if (child == 0)
            exit(4);
        int status;
        MUST(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 4);
    }
    atomic_store(&done, true);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    puts("100 children");
    return 0;
}
