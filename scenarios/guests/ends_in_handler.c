/* SPDX-License-Identifier: Apache-2.0
 *
 * A hundred children that a signal handler ends by _exit, at a random moment of their allocating.
 */
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "guest.h"

static void leave(int signal) {
    (void)signal;
    _exit(5);
}

static void child(unsigned number) {
    struct itimerval soon = {{0, 0}, {0, 500 + number * 37}};
    signal(SIGALRM, leave);
    setitimer(ITIMER_REAL, &soon, NULL);
    for (unsigned i = 0;; i++)
        churn(i, 100);
}

int main(void) {
    for (unsigned i = 0; i < 100; i++) {
        pid_t process = fork();
        MUST(process >= 0);
        if (process == 0)
            child(i);
        int status;
        MUST(waitpid(process, &status, 0) == process && WIFEXITED(status) && WEXITSTATUS(status) == 5);
    }
    puts("100 children");
    return 0;
}
