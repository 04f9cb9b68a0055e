/* SPDX-License-Identifier: Apache-2.0
 *
 * vfork: the child runs on our memory, and execs or leaves at once. 100 of each.
 */
#include <sys/wait.h>

#include "guest.h"

static void expect(pid_t child, int wanted) {
    int status;
    MUST(child > 0 && waitpid(child, &status, 0) == child);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == wanted);
}

int main(int argc, char **argv) {
    for (volatile unsigned i = 0; i < 100; i++) {
        churn(i, 20);
        pid_t child = vfork();
        if (child == 0) {
            execl("/bin/false", "false", (char *)NULL);
            _exit(99);
        }
        expect(child, 1);
        child = vfork();
        if (child == 0)
            _exit(9);
        expect(child, 9);
        child = vfork();
        if (child == 0) {
            execl("/no/such/program", "program", (char *)NULL);
            _exit(errno == ENOENT ? 8 : 99);
        }
        expect(child, 8);
    }
    maybe_double_free(argc, argv);
    puts("300 children");
    return 0;
}
