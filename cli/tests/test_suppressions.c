/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "findings.h"
#include "pool.h"
#include "suppressions.h"
#include "trouble.h"

static struct pool *pool;
static struct suppressions suppressions;

static int setup(void **state) {
    (void)state;
    pool = pool_new();
    return 0;
}
static int teardown(void **state) {
    (void)state;
    pool_free(pool);
    return 0;
}

static struct trouble *parse(const char *text) {
    return suppressions_parse(&suppressions, pool, text, strlen(text), "known.txt");
}

static struct frame frames[] = {
    {.function = "sqlite3_step", .module = "libsqlite3.so.0"},
    {.python = true, .function = "main", .file = "/home/me/app.py", .line = 3},
};
static struct stack stack = {.role = FFISAN_ROLE_DETECTED, .frames = frames, .frame_count = 2};
static struct finding finding = {
    .rule = FFISAN_RULE_LEAK, .function = "greet", .library = "libgreeting.so.1", .stacks = &stack, .stack_count = 1};

static void lines_are_read(void **state) {
    (void)state;
    assert_null(parse("# known\n\n  leak : libx*  \r\n*:main\nno-gil:f"));
    assert_int_equal(suppressions.count, 3);
    assert_string_equal(suppressions.items[0].rule, "leak");
    assert_string_equal(suppressions.items[0].pattern, "libx*");
    assert_int_equal(suppressions.items[1].line, 4);
}

static void wrong_lines_are_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"leak:x\nleak\n", "known.txt:2: 'leak' is not of the form rule:pattern"},
        {":x", "known.txt:1"},
        {"leak:", "known.txt:1"},
        {"leek:x", "near it: leak"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trouble *trouble = parse(rows[i].text);
        assert_non_null(trouble);
        assert_non_null(strstr(trouble_text(trouble), rows[i].says));
        trouble_free(trouble);
    }
}

static void patterns_are_held_against_names(void **state) {
    (void)state;
    static const struct {
        const char *line;
        bool matches;
    } rows[] = {
        {"leak:greet", true},           {"leak:libgreeting.so*", true}, {"*:sqlite3_*", true},
        {"leak:libsqlite3.so.0", true}, {"leak:*/app.py", true},        {"leak:main", true},
        {"double-free:greet", false},   {"leak:gree", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_null(parse(rows[i].line));
        assert_int_equal(suppressions_match(&suppressions, &finding), rows[i].matches);
        assert_int_equal(suppressions.items[0].used, rows[i].matches);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(lines_are_read), TEST(wrong_lines_are_named), TEST(patterns_are_held_against_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
