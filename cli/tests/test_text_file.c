/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pool.h"
#include "record_writer.h"
#include "text_file.h"
#include "trouble.h"

static char *folder, path[4200], other[4200];
static struct pool *pool;

static int setup(void **state) {
    (void)state;
    pool = pool_new();
    folder = writer_folder();
    snprintf(path, sizeof(path), "%s/file", folder);
    snprintf(other, sizeof(other), "%s/link", folder);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    writer_folder_remove(folder);
    pool_free(pool);
    return 0;
}

static const char *content(const char *name) {
    char *text;
    size_t size;
    assert_null(text_file_read(pool, name, &text, &size));
    assert_int_equal(strlen(text), size);
    return text;
}

static size_t files_in_folder(void) {
    size_t count = 0;
    DIR *open = opendir(folder);
    while (readdir(open))
        count++;
    closedir(open);
    return count - 2;
}

static void files_are_replaced_whole(void **state) {
    (void)state;
    struct stat status;
    assert_null(text_file_check(path));
    assert_int_equal(files_in_folder(), 0);
    assert_null(text_file_write(path, "one", 3));
    assert_int_equal(chmod(path, 0640), 0);
    assert_null(text_file_write(path, "two", 3));
    assert_string_equal(content(path), "two");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    assert_int_equal(files_in_folder(), 1);
}

static void links_stay(void **state) {
    (void)state;
    struct stat status;
    assert_null(text_file_write(path, "one", 3));
    assert_int_equal(symlink(path, other), 0);
    assert_null(text_file_write(other, "two", 3));
    assert_string_equal(content(path), "two");
    assert_int_equal(lstat(other, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
}

static void what_cannot_be_written_is_known_before(void **state) {
    (void)state;
    char name[4300];
    snprintf(name, sizeof(name), "%s/none/file", folder);
    struct trouble *trouble = text_file_check(name);
    assert_non_null(strstr(trouble_text(trouble), "No such file"));
    trouble_free(trouble);
    trouble = text_file_write("/dev/full", "x", 1);
    assert_non_null(strstr(trouble_text(trouble), "No space left"));
    trouble_free(trouble);
    assert_null(text_file_check("/dev/null"));
    trouble = text_file_check("");
    assert_non_null(trouble);
    trouble_free(trouble);
}

static void long_files_are_read(void **state) {
    (void)state;
    char *text = pool_get(pool, 100001);
    memset(text, 'x', 100000);
    assert_null(text_file_write(path, text, 100000));
    assert_string_equal(content(path), text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(files_are_replaced_whole), TEST(links_stay),
                                       TEST(what_cannot_be_written_is_known_before), TEST(long_files_are_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
