/* SPDX-License-Identifier: Apache-2.0
 *
 * Forked children that never exec: one runs on beside its parent and leaves by exit(), with handlers; one has the planted bug.
 */
#include <sys/wait.h>

#include "guest.h"

static void farewell(void) {
    puts("child leaves");
}

static void child(int argc, char **argv) {
    atexit(farewell);
    for (unsigned i = 0; i < 30; i++) {
        churn(i, 100);
        usleep(5000);
    }
    maybe_double_free(argc, argv);
    exit(5);
}

int main(int argc, char **argv) {
    char *inherited = malloc(1000);
    pid_t process = fork();
    MUST(process >= 0);
    if (process == 0) {
        free(inherited);
        child(argc, argv);
    }
    churn(3, 1000);
    free(inherited);
    int status;
    MUST(waitpid(process, &status, 0) == process && WIFEXITED(status) && WEXITSTATUS(status) == 5);
    puts("parent leaves");
    return 0;
}
