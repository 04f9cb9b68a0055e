/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "findings.h"

static struct frame frames[3];
static struct stack stack;
static struct finding finding;
static char before[33];

static int setup(void **state) {
    (void)state;
    frames[0] = (struct frame){.module = "libx.so", .function = "greet", .offset = 0x10, .file = "x.c", .line = 1};
    frames[1] = (struct frame){.module = "liby.so", .offset = 0x20};
    frames[2] = (struct frame){.python = true, .function = "main", .file = "/home/a/app.py", .line = 3};
    stack = (struct stack){.role = FFISAN_ROLE_DETECTED, .thread = "MainThread", .frames = frames, .frame_count = 3};
    finding = (struct finding){.rule = FFISAN_RULE_LEAK, .stacks = &stack, .stack_count = 1, .pid = 1, .facts.called = ""};
    finding_fingerprint(&finding);
    memcpy(before, finding.fingerprint, sizeof(before));
    return 0;
}

static void assert_same(bool same) {
    finding_fingerprint(&finding);
    assert_int_equal(strcmp(before, finding.fingerprint) == 0, same);
}

static void it_is_the_same_everywhere(void **state) {
    (void)state;
    /* A constant: a change of this breaks every baseline there is. */
    assert_string_equal(before, "c7bc12a339dadf036ac44416d1af3b5a");
}

static void what_differs_between_runs_does_not_count(void **state) {
    (void)state;
    finding.pid = 2;
    finding.count = 7;
    finding.facts.size = 99;
    frames[0].offset = 0x77;
    frames[0].line = 9;
    frames[0].file = NULL;
    frames[2].file = "/other/app.py";
    frames[2].line = 8;
    stack.thread = "Thread-1";
    assert_same(true);
}

static void frames_of_runtimes_do_not_count(void **state) {
    (void)state;
    struct frame more[5] = {
        {.module = "libffisan.so", .function = "free", .shim = true},
        frames[0],
        {.module = "python3.11", .function = "_PyEval_Vector", .interpreter = true},
        frames[1],
        frames[2],
    };
    stack.frames = more;
    stack.frame_count = 5;
    assert_same(true);
}

static void other_defects_have_other_fingerprints(void **state) {
    (void)state;
    frames[0].function = "greet2";
    assert_same(false);
    frames[0].function = "greet";
    assert_same(true);
    frames[1].offset = 0x21;
    assert_same(false);
    frames[1].offset = 0x20;
    frames[2].file = "other.py";
    assert_same(false);
    frames[2].file = "app.py";
    finding.rule = FFISAN_RULE_DOUBLE_FREE;
    assert_same(false);
    finding.rule = FFISAN_RULE_LEAK;
    stack.role = FFISAN_ROLE_ALLOCATED;
    assert_same(false);
}

static void thread_that_nobody_attached_is_one_defect(void **state) {
    (void)state;
    struct frame called[6] = {
        {.module = "x.so", .function = "first_call"}, {.module = "x.so", .function = "f"},
        {.module = "x.so", .function = "g"},          {.module = "x.so", .function = "h"},
        {.module = "x.so", .function = "loop"},       {.module = "libc.so.6", .function = "clone", .libc = true}};
    stack.frames = called;
    stack.frame_count = 6;
    finding.rule = FFISAN_RULE_UNATTACHED_THREAD;
    finding_fingerprint(&finding);
    memcpy(before, finding.fingerprint, sizeof(before));
    called[0].function = "second_call";
    assert_same(true);
    called[4].function = "other_loop";
    assert_same(false);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(it_is_the_same_everywhere), TEST(what_differs_between_runs_does_not_count),
                                       TEST(frames_of_runtimes_do_not_count), TEST(other_defects_have_other_fingerprints),
                                       TEST(thread_that_nobody_attached_is_one_defect)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
