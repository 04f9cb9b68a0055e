/* SPDX-License-Identifier: Apache-2.0
 *
 * exec that comes back: the program goes on and ends as itself.
 */
#include "guest.h"

extern char **environ;

int main(int argc, char **argv) {
    char *const arguments[] = {"x", NULL};
    char *const *volatile bad = (char *const *)8;
    MUST(execl("/no/such/program", "x", (char *)NULL) == -1 && errno == ENOENT);
    MUST(execlp("no-such-program-anywhere", "x", (char *)NULL) == -1 && errno == ENOENT);
    MUST(execv("/etc/passwd", arguments) == -1 && errno == EACCES);
    MUST(execv("/etc", arguments) == -1 && errno == EACCES);
    MUST(execve("", arguments, environ) == -1 && errno == ENOENT);
    MUST(execvpe("", arguments, environ) == -1 && errno == ENOENT);
    MUST(execve((const char *)bad, arguments, environ) == -1 && errno == EFAULT);
    MUST(execve("/bin/true", bad, environ) == -1 && errno == EFAULT);
    MUST(execve("/bin/true", arguments, bad) == -1 && errno == EFAULT);
    MUST(fexecve(-1, arguments, environ) == -1 && errno == EINVAL);
    MUST(execveat(-1, "x", arguments, environ, 0) == -1 && errno == EBADF);
    maybe_double_free(argc, argv);
    puts("still here");
    return 6;
}
