/* SPDX-License-Identifier: Apache-2.0
 *
 * Becomes itself again by each function of exec's family in turn; the environment goes along.
 */
#include <fcntl.h>
#include <sys/syscall.h>

#include "guest.h"

extern char **environ;

int main(int argc, char **argv) {
    char next[12];
    int step = argc > 1 ? atoi(argv[1]) : 0;
    char *self = realpath("/proc/self/exe", NULL), path[4096];
    MUST(self && strlen(self) < sizeof path);
    strcpy(path, self);
    free(self);
    churn((unsigned)step, 50);
    if (step == 0)
        setenv("GUEST", "kept", 1);
    MUST(strcmp(getenv("GUEST"), "kept") == 0);
    printf("step %d\n", step);
    fflush(stdout);
    snprintf(next, sizeof next, "%d", step + 1);
    char *const arguments[] = {argv[0], next, NULL};
    switch (step) {
    case 0:
        execl(path, argv[0], next, (char *)NULL);
        break;
    case 1:
        execlp(path, argv[0], next, (char *)NULL);
        break;
    case 2:
        execle(path, argv[0], next, (char *)NULL, environ);
        break;
    case 3:
        execv(path, arguments);
        break;
    case 4:
        execvp(path, arguments);
        break;
    case 5:
        execvpe(path, arguments, environ);
        break;
    case 6:
        execve(path, arguments, environ);
        break;
    case 7:
        fexecve(open(path, O_RDONLY | O_CLOEXEC), arguments, environ);
        break;
    case 8:
        execveat(AT_FDCWD, path, arguments, environ, 0);
        break;
    case 9:
        syscall(SYS_execve, path, arguments, environ);
        break;
    default:
        puts("arrived");
        return 11;
    }
    MUST(!"exec came back");
}
