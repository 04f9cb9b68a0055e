/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs started through libc: posix_spawn, posix_spawnp with file actions, system, popen; and one that does not exist.
 */
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "guest.h"

extern char **environ;

static int wait_for(pid_t child) {
    int status;
    MUST(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

int main(void) {
    pid_t child;
    fflush(stdout);
    MUST(posix_spawn(&child, "/bin/echo", NULL, NULL, (char *[]){"echo", "spawned", NULL}, environ) == 0);
    printf("status %d\n", wait_for(child));
    MUST(posix_spawn(&child, "/no/such/program", NULL, NULL, (char *[]){"x", NULL}, environ) == ENOENT);

    posix_spawn_file_actions_t actions;
    MUST(posix_spawn_file_actions_init(&actions) == 0);
    MUST(posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) == 0);
    MUST(posix_spawnp(&child, "sh", &actions, NULL, (char *[]){"sh", "-c", "echo hidden; exit 4", NULL}, environ) == 0);
    printf("status %d\n", wait_for(child));
    MUST(posix_spawn_file_actions_destroy(&actions) == 0);

    fflush(stdout);
    int status = system("echo by system; exit 3");
    printf("status %d\n", WEXITSTATUS(status));
    char line[100] = "";
    FILE *pipe = popen("echo by popen", "r");
    MUST(pipe && fgets(line, sizeof line, pipe));
    printf("%sstatus %d\n", line, pclose(pipe));
    return 0;
}
