/* SPDX-License-Identifier: Apache-2.0
 *
 * Becomes nobody, when it may, and meets the planted bug as such; forks once more as that user.
 */
#include <grp.h>
#include <sys/wait.h>

#include "guest.h"

int main(int argc, char **argv) {
    churn(1, 100);
    if (geteuid() == 0)
        MUST(chdir("/") == 0 && setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0 && setuid(0) == -1);
    pid_t child = fork();
    MUST(child >= 0);
    if (child == 0) {
        churn(2, 100);
        _exit(3);
    }
    int status;
    MUST(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3);
    maybe_double_free(argc, argv);
    puts("nobody");
    return 0;
}
