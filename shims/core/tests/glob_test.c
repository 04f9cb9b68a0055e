/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/glob.h"

static bool matches(const char *pattern, const char *text) {
    return glob_match(pattern, strlen(pattern), text);
}

static void plain_text(void **state) {
    (void)state;
    assert_true(matches("", ""));
    assert_true(matches("python3", "python3"));
    assert_false(matches("python", "python3"));
    assert_false(matches("python3", "python"));
    assert_false(matches("", "x"));
}

static void stars_and_marks(void **state) {
    (void)state;
    assert_true(matches("*", ""));
    assert_true(matches("*", "/usr/bin/env"));
    assert_true(matches("*/bin/*", "/usr/bin/env"));
    assert_true(matches("python*", "python"));
    assert_true(matches("python3.?", "python3.8"));
    assert_false(matches("python3.?", "python3.11"));
    assert_true(matches("*a*b*c", "xxabababcabc"));
    assert_false(matches("*a*b*c", "xxabababcab"));
    assert_true(matches("**", "x"));
    assert_false(matches("?", ""));
}

static void sets(void **state) {
    (void)state;
    assert_true(matches("python[23]", "python2"));
    assert_true(matches("python[2-3]*", "python3.11"));
    assert_false(matches("python[!2]", "python2"));
    assert_true(matches("python[^2]", "python3"));
    assert_true(matches("[]]", "]"));
    assert_true(matches("[a-]", "-"));
    assert_true(matches("[", "["));
    assert_true(matches("[ab", "[ab"));
    assert_false(matches("[ab", "a"));
}

static void taken_as_it_is(void **state) {
    (void)state;
    assert_true(matches("\\*", "*"));
    assert_false(matches("\\*", "x"));
    assert_true(matches("a\\", "a\\"));
}

static void only_so_much_of_the_pattern(void **state) {
    (void)state;
    assert_true(glob_match("libz*,libssl*", 5, "libz.so.1"));
    assert_false(glob_match("[a]", 2, "a"));
    assert_true(glob_match("", 0, ""));
}

static void many_stars_take_no_time(void **state) {
    (void)state;
    char pattern[101] = "", text[4001];
    for (size_t i = 0; i < 100; i++)
        pattern[i] = i % 2 ? 'a' : '*';
    memset(text, 'a', 4000);
    text[3999] = 'b';
    text[4000] = 0;
    assert_false(matches(pattern, text));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text),
        cmocka_unit_test(stars_and_marks),
        cmocka_unit_test(sets),
        cmocka_unit_test(taken_as_it_is),
        cmocka_unit_test(many_stars_take_no_time),
        cmocka_unit_test(only_so_much_of_the_pattern),
    };
    return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
