/* SPDX-License-Identifier: Apache-2.0
 *
 * A guest that starts other programs in every way there is, with and without success, from fork and from vfork.
 *
 * usage: starts ENV        (a program that prints its environment, by its full path)
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *program;
static uintptr_t volatile bad = 8; /* no address; the compiler is not to know */
static char *one[] = {"LIKE=this", NULL};

static void by_execve(void) {
    execve(program, (char *[]){program, NULL}, environ);
}

static void by_execve_emptied(void) {
    execve(program, (char *[]){program, NULL}, one);
}

static void by_execve_without(void) {
    execve(program, (char *[]){program, NULL}, NULL);
}

static void by_execv(void) {
    execv(program, (char *[]){program, NULL});
}

static void by_execvp(void) {
    execvp("env", (char *[]){"env", NULL});
}

static void by_execvpe(void) {
    execvpe("env", (char *[]){"env", NULL}, one);
}

static void by_execl(void) {
    execl(program, program, "A=1", "B=2", "C=3", "D=4", "E=5", "F=6", "G=7", (char *)NULL);
}

static void by_execle(void) {
    execle(program, program, "-u", "x", (char *)NULL, one);
}

static void by_execlp(void) {
    execlp("env", "env", (char *)NULL);
}

static void by_fexecve(void) {
    fexecve(open(program, O_PATH | O_CLOEXEC), (char *[]){program, NULL}, environ);
}

static void by_execveat(void) {
    execveat(open("/", O_PATH | O_DIRECTORY), program + 1, (char *[]){program, NULL}, environ, 0);
}

static void spawn(int (*function)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
                                  char *const[], char *const[]),
                  const char *file) {
    pid_t child;
    int status = 0, result = function(&child, file, NULL, NULL, (char *[]){program, NULL}, environ);
    if (result)
        printf("spawn: %s\n", strerror(result));
    else
        waitpid(child, &status, 0);
    _exit(status);
}

static void by_spawn(void) {
    spawn(posix_spawn, program);
}

static void by_spawnp(void) {
    spawn(posix_spawnp, "env");
}

static void by_spawn_in_vain(void) {
    spawn(posix_spawn, "/does/not/exist");
}

static void by_spawnp_in_vain(void) {
    spawn(posix_spawnp, "does-not-exist");
}

static void fail(const char *what) {
    printf("%s: %s\n", what, strerror(errno));
}

static void in_vain(void) {
    char *arguments[] = {"x", NULL};
    execv("/does/not/exist", arguments);
    fail("nothing there");
    execv("/", arguments);
    fail("a folder");
    execvp("does-not-exist", arguments);
    fail("by name");
    execvp("", arguments);
    fail("by no name");
    execv("", arguments);
    fail("no path");
    execve((char *)bad, arguments, environ);
    fail("bad path");
    execve(program, (char **)bad, environ);
    fail("bad arguments");
    execve(program, arguments, (char **)bad);
    fail("bad environment");
    execve(program, arguments, (char *[]){(char *)bad, NULL});
    fail("bad variable");
    fexecve(-1, arguments, environ);
    fail("no file");
    execveat(-1, "x", arguments, environ, 0);
    fail("no folder");
    execveat(AT_FDCWD, "", arguments, environ, 0);
    fail("nothing at all");
    setenv("PATH", "", 1);
    execvp("env", arguments);
    fail("empty search path");
    unsetenv("PATH");
    execlp("env", "env", (char *)NULL);
}

static void many_variables(void) {
    static char texts[5000][16], *variables[5002];
    for (int i = 0; i < 5000; i++) {
        snprintf(texts[i], sizeof texts[i], "V%d=", i);
        variables[i] = texts[i];
    }
    execve(program, (char *[]){program, NULL}, variables);
}

static void (*const ways[])(void) = {
    by_execve, by_execve_emptied, by_execve_without, by_execv,   by_execvp,      by_execvpe,
    by_execl,  by_execle,         by_execlp,         by_fexecve, by_execveat,    by_spawn,
    by_spawnp, by_spawn_in_vain,  by_spawnp_in_vain, in_vain,    many_variables,
};

int main(int argc, char **argv) {
    if (argc < 2)
        return 1;
    program = argv[1];
    int status;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        printf("-- %zu\n", i);
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            ways[i]();
            fflush(stdout);
            _exit(5);
        }
        waitpid(child, &status, 0);
        printf("-- status %d\n", status);
        fflush(stdout);
    }
    for (int i = 0; i < 5; i++) {
        pid_t child = vfork();
        if (child == 0) {
            execv(i % 2 ? program : "/does/not/exist", (char *[]){program, "A=b", NULL});
            _exit(6);
        }
        waitpid(child, &status, 0);
        printf("-- vfork %d\n", status);
        fflush(stdout);
    }
    execv("/does/not/exist", argv);
    printf("%s\n", strerror(errno));
    return 0;
}
