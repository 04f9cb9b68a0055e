/* SPDX-License-Identifier: Apache-2.0
 *
 * Forks twice and leaves; the daemon lives SECONDS tenths longer than its parents, and has the planted bug.
 */
#include <sys/wait.h>

#include "guest.h"

int main(int argc, char **argv) {
    MUST(argc > 1);
    pid_t child = fork();
    MUST(child >= 0);
    if (child > 0) {
        MUST(waitpid(child, NULL, 0) == child);
        puts("parent leaves");
        return 0;
    }
    MUST(setsid() > 0);
    if (fork() != 0)
        _exit(0);
    churn(1, 100);
    usleep((unsigned)atoi(argv[1]) * 100000);
    churn(2, 100);
    maybe_double_free(argc, argv);
    puts("daemon leaves");
    return 3;
}
