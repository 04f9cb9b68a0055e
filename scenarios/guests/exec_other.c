/* SPDX-License-Identifier: Apache-2.0
 *
 * Starts another guest, argv[2...], and passes its status on.
 *
 *   emptied   with no environment at all
 *   kept      with its own
 *   asked     with its own, and says whether the child's was changed on the way (the child is env)
 */
#include <sys/wait.h>

#include "guest.h"

int main(int argc, char **argv) {
    MUST(argc > 2);
    char *const nothing[] = {NULL};
    pid_t child = fork();
    MUST(child >= 0);
    if (child == 0) {
        if (strcmp(argv[1], "emptied") == 0)
            execve(argv[2], argv + 2, nothing);
        else
            execv(argv[2], argv + 2);
        _exit(98);
    }
    int status;
    MUST(waitpid(child, &status, 0) == child && WIFEXITED(status));
    printf("status %d\n", WEXITSTATUS(status));
    return WEXITSTATUS(status);
}
