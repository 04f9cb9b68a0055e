/* SPDX-License-Identifier: Apache-2.0
 *
 * On programs that the build makes for this (EXAMPLES is their folder), and on files that the tests write themselves.
 */
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "pool.h"
#include "program.h"

static struct pool *pool;
static char folder[64];

static int with_folder(void **state) {
    (void)state;
    pool = pool_new();
    snprintf(folder, sizeof(folder), "/tmp/ffisan-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -r %s", folder);
    pool_free(pool);
    return system(command); /* NOLINT(cert-env33-c): our own constant */
}

static struct program examined(const char *name) {
    struct program program;
    program_examine(&program, pool, name);
    return program;
}

static const char *made(const char *name, const void *bytes, size_t size, mode_t mode) {
    const char *path = pool_text(pool, "%s/%s", folder, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, size), size);
    assert_int_equal(fchmod(file, mode), 0);
    close(file);
    return path;
}

static const char *script(const char *name, const char *text) {
    return made(name, text, strlen(text), 0755);
}

/* A copy of an example, changed by the caller. */
static char *bytes_of(const char *path, size_t *size) {
    struct stat info = {0};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0 && fstat(file, &info) == 0);
    char *bytes = pool_get(pool, (size_t)info.st_size);
    *size = (size_t)read(file, bytes, (size_t)info.st_size);
    close(file);
    return bytes;
}

static void assert_obstacle(const struct program *program, const char *part) {
    const char *obstacle = program_obstacle(program, pool);
    assert_non_null(obstacle);
    assert_non_null(strstr(obstacle, part));
}

static void a_dynamic_program(void **state) {
    (void)state;
    struct program program = examined(EXAMPLES "/example_dynamic");
    assert_int_equal(program.kind, PROGRAM_DYNAMIC);
    assert_null(program_obstacle(&program, pool));
    assert_string_equal(program.file, EXAMPLES "/example_dynamic");
    assert_non_null(strstr(program.loader, "ld-linux-x86-64.so.2"));
    assert_string_equal(program.needed[0], "libc.so.6");
    assert_false(program.has_asan || program.has_malloc || program.is_go || program.is_python);
}

static void static_programs(void **state) {
    (void)state;
    struct program program = examined(EXAMPLES "/example_static");
    assert_int_equal(program.kind, PROGRAM_STATIC);
    assert_obstacle(&program, "statically linked");
    program = examined(EXAMPLES "/example_static_pie");
    assert_int_equal(program.kind, PROGRAM_STATIC_PIE);
    assert_obstacle(&program, "statically linked");
}

static void the_loader_itself_preloads(void **state) {
    (void)state;
    struct program dynamic = examined(EXAMPLES "/example_dynamic"), loader = examined(dynamic.loader);
    assert_int_equal(loader.kind, PROGRAM_DYNAMIC);
}

static void features(void **state) {
    (void)state;
    assert_true(examined(EXAMPLES "/example_asan").has_asan);
    assert_true(examined(EXAMPLES "/example_malloc").has_malloc);
    assert_true(examined(EXAMPLES "/example_go").is_go);
}

static void another_libc(void **state) {
    (void)state;
    if (access(EXAMPLES "/example_musl", X_OK) != 0)
        skip();
    struct program program = examined(EXAMPLES "/example_musl");
    assert_int_equal(program.kind, PROGRAM_OTHER_LIBC);
    assert_obstacle(&program, "ld-musl");
}

static void another_machine(void **state) {
    (void)state;
    size_t size;
    char *bytes = bytes_of(EXAMPLES "/example_dynamic", &size);
    ((Elf64_Ehdr *)(void *)bytes)->e_machine = EM_AARCH64;
    struct program program = examined(made("arm", bytes, size, 0755));
    assert_int_equal(program.kind, PROGRAM_OTHER_MACHINE);
    assert_obstacle(&program, "x86");
}

static void cut_and_corrupt_files(void **state) {
    (void)state;
    size_t size;
    char *bytes = bytes_of(EXAMPLES "/example_dynamic", &size);
    for (size_t cut = 4; cut < size; cut += cut < 1200 ? 1 : 997)
        examined(made("cut", bytes, cut, 0755));
    for (size_t at = 4; at < 1200; at++) {
        bytes[at] ^= (char)0xff;
        examined(made("corrupt", bytes, size, 0755));
        bytes[at] ^= (char)0xff;
    }
}

static void programs_with_more_rights(void **state) {
    (void)state;
    size_t size;
    struct statvfs mount;
    const char *bytes = bytes_of(EXAMPLES "/example_dynamic", &size), *path = made("privileged", bytes, size, 0755);
    if (geteuid() != 0 || statvfs(folder, &mount) != 0 || (mount.f_flag & ST_NOSUID))
        skip();
    assert_int_equal(chmod(path, 04755), 0);
    assert_int_equal(examined(path).kind, PROGRAM_DYNAMIC); /* root's own rights are no more than root's */
    assert_int_equal(chown(path, 65534, 65534), 0);
    assert_int_equal(chmod(path, 04755), 0);
    struct program program = examined(path);
    assert_int_equal(program.kind, PROGRAM_PRIVILEGED);
    assert_obstacle(&program, "set-uid");
    assert_int_equal(chmod(path, 02755), 0);
    assert_int_equal(examined(path).kind, PROGRAM_PRIVILEGED);
    assert_int_equal(chmod(path, 02745), 0); /* without group execution it means mandatory locking */
    assert_int_equal(examined(path).kind, PROGRAM_DYNAMIC);
}

static void scripts_lead_to_their_interpreter(void **state) {
    (void)state;
    struct program program = examined(script("plain", "#! " EXAMPLES "/example_dynamic -x\n"));
    assert_int_equal(program.kind, PROGRAM_DYNAMIC);
    assert_int_equal(program.scripts, 1);
    assert_string_equal(program.file, EXAMPLES "/example_dynamic");

    program = examined(script("static", "#!" EXAMPLES "/example_static"));
    assert_int_equal(program.kind, PROGRAM_STATIC);

    const char *inner = script("inner", "#!/bin/sh\n"), *outer = pool_text(pool, "#!%s\n", inner);
    program = examined(script("outer", outer));
    assert_int_equal(program.scripts, 2);
    assert_int_equal(program.kind, PROGRAM_DYNAMIC);
}

static void env_in_a_script_is_looked_through(void **state) {
    (void)state;
    struct program program = examined(script("env", "#!/usr/bin/env -S A=b sh -e\n"));
    assert_int_equal(program.kind, PROGRAM_DYNAMIC);
    assert_non_null(strstr(program.file, "/sh"));
    program = examined(script("lost", "#!/usr/bin/env no-such-program-here\n"));
    assert_int_equal(program.kind, PROGRAM_NOT_FOUND);
    assert_string_equal(program.missing, "no-such-program-here");
}

static void text_without_an_interpreter_is_for_the_shell(void **state) {
    (void)state;
    struct program program = examined(script("text", "echo hello\n"));
    assert_int_equal(program.kind, PROGRAM_DYNAMIC);
    assert_string_equal(program.file, "/bin/sh");
}

static void a_script_that_runs_itself_ends(void **state) {
    (void)state;
    const char *line = pool_text(pool, "#!%s/loop\n", folder);
    examined(script("loop", line));
}

static void what_cannot_be_run(void **state) {
    (void)state;
    assert_int_equal(examined("no-such-program-here").kind, PROGRAM_NOT_FOUND);
    assert_int_equal(examined("/no/such/file").kind, PROGRAM_NOT_FOUND);
    assert_int_equal(examined(folder).kind, PROGRAM_NOT_EXECUTABLE);
    assert_int_equal(examined(made("data", "x", 1, 0644)).kind, PROGRAM_NOT_EXECUTABLE);
    struct program program = examined(script("broken", "#!/no/such/interpreter\n"));
    assert_int_equal(program.kind, PROGRAM_NOT_FOUND);
    assert_obstacle(&program, "/no/such/interpreter");
}

static void names_are_looked_up_in_path(void **state) {
    (void)state;
    char saved[PATH_MAX];
    snprintf(saved, sizeof(saved), "%s", getenv("PATH"));
    const char *path = script("ffisan-test-name", "#!/bin/sh\n");
    setenv("PATH", pool_text(pool, "/no/such/folder:%s", folder), 1);
    assert_string_equal(examined("ffisan-test-name").path, path);
    setenv("PATH", "/no/such/folder", 1);
    assert_int_equal(examined("ffisan-test-name").kind, PROGRAM_NOT_FOUND);
    setenv("PATH", saved, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_folder, drop_folder)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_dynamic_program),
        TEST(static_programs),
        TEST(the_loader_itself_preloads),
        TEST(features),
        TEST(another_libc),
        TEST(another_machine),
        TEST(cut_and_corrupt_files),
        TEST(programs_with_more_rights),
        TEST(scripts_lead_to_their_interpreter),
        TEST(env_in_a_script_is_looked_through),
        TEST(text_without_an_interpreter_is_for_the_shell),
        TEST(a_script_that_runs_itself_ends),
        TEST(what_cannot_be_run),
        TEST(names_are_looked_up_in_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
