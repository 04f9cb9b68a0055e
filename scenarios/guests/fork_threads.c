/* SPDX-License-Identifier: Apache-2.0
 *
 * A thousand forks while four threads allocate. Each child allocates, frees and leaves by _exit; one that hangs hangs the guest.
 */
#include <stdatomic.h>
#include <sys/wait.h>

#include "guest.h"

static atomic_bool done;

static void *allocate(void *argument) {
    for (unsigned i = 0; !atomic_load(&done); i++)
        churn(i + (unsigned)(uintptr_t)argument, 50);
    return NULL;
}

int main(void) {
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++)
        MUST(pthread_create(&threads[i], NULL, allocate, (void *)i) == 0);
    for (unsigned i = 0; i < 1000; i++) {
        pid_t child = fork();
        MUST(child >= 0);
        if (child == 0) {
            churn(i, 30);
            _exit(7);
        }
        int status;
        MUST(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    }
    atomic_store(&done, true);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    puts("1000 children");
    return 0;
}
