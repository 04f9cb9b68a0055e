/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "folder.h"
#include "trouble.h"

static char base[PATH_MAX];

static int with_base(void **state) {
    (void)state;
    snprintf(base, sizeof(base), "/tmp/ffisan-test-XXXXXX");
    if (!mkdtemp(base))
        return -1;
    setenv("XDG_RUNTIME_DIR", base, 1);
    return 0;
}

/* Fails when something was left behind. */
static int drop_base(void **state) {
    (void)state;
    unsetenv("XDG_RUNTIME_DIR");
    return rmdir(base);
}

static void put(const char *path, const char *name) {
    char file[2 * PATH_MAX];
    snprintf(file, sizeof(file), "%s/%s", path, name);
    int descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(descriptor >= 0);
    close(descriptor);
}

static bool exists(const char *path) {
    return access(path, F_OK) == 0;
}

static void it_is_closed_to_others_and_goes_with_all_in_it(void **state) {
    (void)state;
    struct folder folder;
    struct stat info;
    assert_null(folder_make(&folder, NULL));
    assert_int_equal(strncmp(folder.path, base, strlen(base)), 0);
    assert_int_equal(stat(folder.path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    for (int i = 0; i < 300; i++) { /* more than one getdents64 */
        char name[32];
        snprintf(name, sizeof(name), "%d-0.ffr", i);
        put(folder.path, name);
    }
    assert_true(folder_has_records_of(&folder, 7));
    assert_false(folder_has_records_of(&folder, 300));
    folder_remove(&folder, true);
    folder_remove(&folder, true);
}

static void places_that_cannot_be_written_are_passed_over(void **state) {
    (void)state;
    struct folder folder;
    setenv("XDG_RUNTIME_DIR", "/no/such/folder", 1);
    setenv("TMPDIR", base, 1);
    assert_null(folder_make(&folder, NULL));
    assert_int_equal(strncmp(folder.path, base, strlen(base)), 0);
    folder_remove(&folder, true);
    unsetenv("TMPDIR");
}

static void a_kept_folder_stays(void **state) {
    (void)state;
    struct folder folder;
    struct stat info;
    char path[PATH_MAX + 8];
    snprintf(path, sizeof(path), "%s/kept", base);
    assert_null(folder_make(&folder, path));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    folder_remove(&folder, true);
    assert_true(exists(path));
    folder_remove(&folder, false);
    assert_false(exists(path));
}

static void an_empty_folder_is_taken_and_closed(void **state) {
    (void)state;
    struct folder folder;
    struct stat info;
    assert_int_equal(chmod(base, 0755), 0);
    assert_null(folder_make(&folder, base));
    assert_int_equal(stat(base, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    folder_remove(&folder, false);
    assert_true(exists(base)); /* it was not ours to remove */
}

static void assert_refused(const char *path, const char *part) {
    struct folder folder;
    struct trouble *trouble = folder_make(&folder, path);
    assert_non_null(trouble);
    assert_non_null(strstr(trouble_text(trouble), path));
    assert_non_null(strstr(trouble_text(trouble), part));
    trouble_free(trouble);
}

static void other_places_are_refused(void **state) {
    (void)state;
    char file[PATH_MAX + 8];
    snprintf(file, sizeof(file), "%s/file", base);
    put(base, "file");
    assert_refused(base, "not empty");
    assert_refused(file, "not a folder");
    assert_refused("/no/such/folder", "No such file");
    unlink(file);
}

/* In a child: makes a folder, then ends as it is told. */
static int status_of_child(int end_signal) {
    pid_t child = fork();
    if (child == 0) {
        static struct folder folder;
        signal(SIGHUP, SIG_IGN);
        if (folder_make(&folder, NULL))
            _exit(1);
        put(folder.path, "1-0.ffr");
        folder_guard(&folder);
        raise(SIGHUP); /* was ignored, stays ignored */
        if (end_signal)
            raise(end_signal);
        exit(3);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

static void every_end_removes_it(void **state) {
    (void)state;
    int status = status_of_child(0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    status = status_of_child(SIGTERM);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    status = status_of_child(SIGINT);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_base, drop_base)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(it_is_closed_to_others_and_goes_with_all_in_it),
        TEST(places_that_cannot_be_written_are_passed_over),
        TEST(a_kept_folder_stays),
        TEST(an_empty_folder_is_taken_and_closed),
        TEST(other_places_are_refused),
        TEST(every_end_removes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
