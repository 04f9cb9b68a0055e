/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "commands_judge.h"
#include "judged.h"
#include "pool.h"
#include "text_file.h"

static struct judged judged;
static char report_path[4200], report_option[4300], baseline_option[4300];

static int setup(void **state) {
    (void)state;
    judged_setup(&judged);
    snprintf(report_path, sizeof(report_path), "%s/report.json", judged.folder);
    snprintf(report_option, sizeof(report_option), "json:%s", report_path);
    snprintf(baseline_option, sizeof(baseline_option), "%s/baseline", judged.folder);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    judged_teardown(&judged);
    return 0;
}

/* argp takes strings that it may write to. */
static int call(int (*command)(int, char **), const char *const *arguments) {
    char *argv[16] = {0};
    int argc = 0, status;
    for (; arguments[argc]; argc++)
        argv[argc] = strdup(arguments[argc]);
    char *owned[16];
    memcpy(owned, argv, sizeof(owned)); /* argp moves options in front of the rest */
    status = command(argc, argv);
    for (int i = 0; i < argc; i++)
        free(owned[i]);
    return status;
}
#define REPORT(...)   call(command_report, (const char *const[]){"ffisan report", __VA_ARGS__, NULL})
#define EXPLAIN(name) call(command_explain, (const char *const[]){"ffisan explain", name, NULL})

static void the_exit_status_tells_of_errors(void **state) {
    (void)state;
    judged_save(&judged);
    assert_int_equal(REPORT("--report", report_option, judged.folder), 0);
    writer_finding(&judged.writer, FFISAN_RULE_DOUBLE_FREE, "free");
    judged_save(&judged);
    assert_int_equal(REPORT("--report", report_option, judged.folder), 99);
    assert_int_equal(REPORT("--report", report_option, "--exit-code", "7", judged.folder), 7);
    assert_int_equal(REPORT("--report", report_option, "--rules=-double-free", judged.folder), 0);
    assert_int_equal(REPORT("--report", report_option, "--write-baseline", baseline_option, judged.folder), 99);
    assert_int_equal(REPORT("--report", report_option, "--baseline", baseline_option, judged.folder), 0);
    assert_int_equal(access(report_path, R_OK), 0);
}

static void trouble_is_125_and_writes_nothing(void **state) {
    (void)state;
    assert_int_equal(REPORT("--report", report_option, judged.folder), 125);
    assert_int_equal(REPORT("--report", report_option, "--rules=+nonsense", judged.folder), 125);
    assert_int_equal(access(report_path, R_OK), -1);
}

static void rules_are_explained(void **state) {
    (void)state;
    assert_int_equal(EXPLAIN("double-free"), 0);
    assert_int_equal(EXPLAIN("no-gil"), 0);
    assert_int_equal(EXPLAIN("duble-free"), 125);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(the_exit_status_tells_of_errors), TEST(trouble_is_125_and_writes_nothing),
                                       TEST(rules_are_explained)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
