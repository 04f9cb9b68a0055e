/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "judged.h"
#include "text_file.h"
#include "trouble.h"

static struct judged judged;
static const uint64_t frames[] = {0x10010, 0x20020};

static int setup(void **state) {
    (void)state;
    judged_setup(&judged);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    judged_teardown(&judged);
    return 0;
}

/* A finding in libgreeting.so.1, called by Python. */
static struct ffisan_record_finding *add_finding(enum ffisan_rule rule, enum ffisan_role role) {
    struct record_writer *writer = &judged.writer;
    writer_header(writer)->forked = 1; /* all of one program */
    writer_module(writer, 1, 0x10000, "/nowhere/libgreeting.so.1");
    size_t at = writer->used;
    writer_finding(writer, rule, "free");
    writer_stack(writer, role, frames, 2);
    writer_python(writer, role, &(const struct writer_python_frame){"main", "app.py", 3, 1}, 1);
    return (void *)(writer->bytes + at);
}

static void same_defects_are_one_finding(void **state) {
    (void)state;
    add_finding(FFISAN_RULE_DOUBLE_FREE, FFISAN_ROLE_DETECTED)->count = 3;
    judged_save(&judged);
    add_finding(FFISAN_RULE_DOUBLE_FREE, FFISAN_ROLE_DETECTED)->count = 4;
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->findings[0].count, 7);
    assert_int_equal(report->findings[0].pid, 100);
    assert_int_equal(report->process_count, 2);
    assert_int_equal(report_errors(report), 1);
    report_free(report);
}

static void add_collected(uint64_t created, bool called) {
    struct record_writer *writer = &judged.writer;
    const struct writer_term kept = {FFISAN_ROLE_LENT, FFISAN_WORD_RETAINED, 1, 0x10100, 0, 0, "f", "fn", "", "", "", ""};
    writer_finding(writer, FFISAN_RULE_COLLECTED_CALLBACK, "");
    writer_stack(writer, FFISAN_ROLE_CREATED, &created, 1);
    if (called)
        writer_call(writer, FFISAN_ROLE_DETECTED, 0x5000, 0, NULL)->flags = FFISAN_CALL_UP;
    writer_term(writer, &kept);
}

static void a_callback_that_was_called_after_its_end_is_one_finding(void **state) {
    (void)state;
    writer_module(&judged.writer, 1, 0x10000, "/nowhere/libgreeting.so.1");
    add_collected(0x10010, false);
    add_collected(0x10020, false);
    add_collected(0x10010, true);
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    assert_int_equal(report->finding_count, 2);
    assert_int_equal(report->findings[0].facts.called_up + report->findings[1].facts.called_up, 1);
    assert_string_equal(report->findings[0].function, "f");
    assert_string_equal(report->findings[1].function, "f");
    report_free(report);
}

/* A call that was made `count` times, and what it declared. */
static void add_call(const char *declared, uint64_t count) {
    struct record_writer *writer = &judged.writer;
    static const struct ffisan_record_argument argument;
    writer_call_record(writer)->count = count;
    writer_stack(writer, FFISAN_ROLE_DETECTED, frames, 2);
    writer_call_with(writer, FFISAN_ROLE_DETECTED, 0x10100, "f", &argument, 1)->flags = FFISAN_CALL_RESULT_DECLARED;
    writer_types(writer, FFISAN_ROLE_DETECTED, declared);
}

static void ways_of_one_call_are_one_finding(void **state) {
    (void)state;
    writer_module(&judged.writer, 1, 0x10000, "/nowhere/libgreeting.so.1");
    add_call("(*c;*c)", 1);
    add_call("(d;*c)", 7);
    add_call("(d;*c)", 0); /* a cut result */
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->findings[0].count, 7);
    report_free(report);
}

static void both_sides_are_shown(void **state) {
    (void)state;
    writer_module(&judged.writer, 1, 0x10000, "/nowhere/libgreeting.so.1");
    add_call("(*c;*c)", 1);
    add_call("(d;*c)", 1);
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    char *text = report_text(report, &judged.plan, false), *json = report_json(report, &judged.plan);
    json_t *root = json_loads(json, 0, NULL), *finding = json_array_get(json_object_get(root, "findings"), 0);
    json_t *declaration = json_object_get(finding, "declaration");
    assert_non_null(strstr(text, "    declared:  double f(char *)\n    elsewhere: char *f(char *)\n"));
    assert_string_equal(json_string_value(json_object_get(declaration, "place")), "result");
    assert_string_equal(json_string_value(json_object_get(declaration, "declared")), "double");
    assert_string_equal(json_string_value(json_object_get(declaration, "declared_as")), "ctypes.c_double");
    assert_string_equal(json_string_value(json_object_get(declaration, "actual")), "char *");
    assert_string_equal(json_string_value(json_object_get(declaration, "prototype")), "char *f(char *)");
    assert_true(json_is_null(json_object_get(declaration, "source")));
    json_decref(root);
    free(text);
    free(json);
    report_free(report);
}

static void crossings_are_shown(void **state) {
    (void)state;
    add_finding(FFISAN_RULE_FOREIGN_CRASH, FFISAN_ROLE_DETECTED);
    writer_crossing(&judged.writer, 0x10100, &(const struct writer_python_frame){"load", "app.py", 7, 0})->flags =
        FFISAN_CROSSING_OPEN;
    writer_crossing(&judged.writer, 0x10200, NULL)->flags = FFISAN_CALL_UP;
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    char *text = report_text(report, &judged.plan, false), *json = report_json(report, &judged.plan);
    json_t *root = json_loads(json, 0, NULL), *finding = json_array_get(json_object_get(root, "findings"), 0);
    json_t *newest = json_array_get(json_object_get(finding, "crossings"), 0);
    assert_non_null(strstr(text,
                           "    last crossings, newest first:\n      into C: ?  libgreeting.so.1  app.py:7  (not back yet)\n"
                           "      from C into ?  libgreeting.so.1\n"));
    assert_string_equal(json_string_value(json_object_get(newest, "direction")), "down");
    assert_string_equal(json_string_value(json_object_get(newest, "caller")), "load");
    assert_int_equal(json_integer_value(json_object_get(newest, "line")), 7);
    json_decref(root);
    free(text);
    free(json);
    report_free(report);
}

static void leaks_add_up(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        add_finding(FFISAN_RULE_LEAK, FFISAN_ROLE_ALLOCATED)->count = 2;
        judged_save(&judged);
    }
    struct report *report = judged_report(&judged);
    assert_int_equal(report->finding_count, 1);
    assert_non_null(strstr(report->findings[0].message, "4 blocks of 48 bytes together"));
    assert_int_equal(report_errors(report), 0);
    assert_int_equal(report->summary.warnings, 1);
    report_free(report);
}

static size_t leak_errors(const char *glob, size_t *findings) {
    judged.plan.only_libraries = malloc(sizeof(char *));
    judged.plan.only_libraries[0] = glob;
    judged.plan.only_libraries_count = 1;
    struct report *report = judged_report(&judged);
    size_t errors = report_errors(report);
    *findings = report->finding_count;
    report_free(report);
    plan_free(&judged.plan);
    return errors;
}

static void leaks_of_the_library_asked_for_are_errors(void **state) {
    (void)state;
    size_t findings;
    add_finding(FFISAN_RULE_LEAK, FFISAN_ROLE_ALLOCATED);
    judged_save(&judged);
    assert_int_equal(leak_errors("libgreeting*", &findings), 1);
    assert_int_equal(leak_errors("/nowhere/*", &findings), 1);
    assert_int_equal(leak_errors("libother*", &findings), 0);
    assert_int_equal(findings, 0);
}

static void rules_switched_off_are_silent(void **state) {
    (void)state;
    add_finding(FFISAN_RULE_DOUBLE_FREE, FFISAN_ROLE_DETECTED);
    judged_save(&judged);
    judged.plan.rules = "-double-free";
    struct report *report = judged_report(&judged);
    assert_int_equal(report->finding_count, 0);
    report_free(report);
}

static const char *write_file(char path[4200], const char *name, const char *text) {
    snprintf(path, 4200, "%s/%s", judged.folder, name);
    assert_null(text_file_write(path, text, strlen(text)));
    return path;
}

static void suppressed_findings_do_not_count(void **state) {
    (void)state;
    char path[4200];
    add_finding(FFISAN_RULE_DOUBLE_FREE, FFISAN_ROLE_DETECTED);
    judged_save(&judged);
    judged.plan.suppressions = write_file(path, "known", "double-free:libgreeting*\nleak:never\n");
    struct report *report = judged_report(&judged);
    assert_true(report->findings[0].suppressed);
    assert_int_equal(report_errors(report), 0);
    assert_int_equal(report->unused_count, 1);
    assert_string_equal(report->unused[0]->pattern, "never");
    report_free(report);
}

static void the_baseline_of_one_run_silences_the_next(void **state) {
    (void)state;
    char path[4200];
    add_finding(FFISAN_RULE_DOUBLE_FREE, FFISAN_ROLE_DETECTED);
    judged_save(&judged);
    snprintf(path, sizeof(path), "%s/baseline", judged.folder);
    judged.plan.write_baseline = path;
    judged.plan.report_formats = malloc(sizeof(char *));
    judged.plan.report_formats[0] = "text:/dev/null";
    judged.plan.report_formats_count = 1;
    struct report *report = judged_report(&judged);
    assert_int_equal(report_errors(report), 1);
    assert_null(report_write(report, &judged.plan));
    report_free(report);
    plan_free(&judged.plan);
    judged.plan.baseline = path;
    report = judged_report(&judged);
    assert_int_equal(report_errors(report), 0);
    assert_int_equal(report->summary.in_baseline, 1);
    report_free(report);
}

static void launchers_know_better_how_it_ended(void **state) {
    (void)state;
    judged_save(&judged);
    struct report *report;
    const char *folder = judged.folder;
    char words[3][8] = {"pytest", "--token", "abc"};
    char *argv[] = {words[0], words[1], words[2], NULL};
    const struct command_result command = {.argv = argv, .started_ns = 1, .seconds = 2.5, .signal = 9};
    const struct process_end end = {.pid = 100, .signal = 9};
    const struct not_watched more = {"what", "why", "so"};
    assert_null(plan_check(&judged.plan));
    assert_null(report_read(&report, &judged.plan, &folder, 1, &command, &end, 1, &more, 1));
    assert_true(report->killed && report->processes[0].killed && !report->processes[0].exited);
    assert_string_equal(report->omissions[0].what, "what");
    char *json = report_json(report, &judged.plan);
    json_t *root = json_loads(json, 0, NULL);
    assert_string_equal(json_string_value(json_array_get(json_object_get(root, "command"), 2)), "***");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "result"), "signal")), 9);
    assert_true(json_is_null(json_object_get(json_object_get(root, "result"), "exit_status")));
    assert_string_equal(json_string_value(json_object_get(root, "started")), "1970-01-01T00:00:00.000Z");
    json_decref(root);
    free(json);
    report_free(report);
}

static void hostile_text_comes_out_clean(void **state) {
    (void)state;
    struct ffisan_record_finding *finding = add_finding(FFISAN_RULE_DOUBLE_FREE, FFISAN_ROLE_DETECTED);
    memset(finding->test, 0x1b, sizeof(finding->test));
    memset(finding->function, 0xff, sizeof(finding->function));
    memset(finding->thread, '%', sizeof(finding->thread));
    memset(writer_header(&judged.writer)->argv, 0xfe, sizeof(((struct ffisan_record_header *)0)->argv));
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    char *json = report_json(report, &judged.plan), *text = report_text(report, &judged.plan, false);
    assert_non_null(json);
    json_t *root = json_loads(json, 0, NULL);
    assert_non_null(root);
    assert_null(strchr(text, 0x1b));
    json_decref(root);
    free(json);
    free(text);
    report_free(report);
}

static void text_ends_with_the_summary(void **state) {
    (void)state;
    add_finding(FFISAN_RULE_DOUBLE_FREE, FFISAN_ROLE_DETECTED);
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    char *text = report_text(report, &judged.plan, false);
    static const char last[] = "\nffisan: 1 error, 0 warnings, 0 suppressed, 0 in baseline; 1 process\n";
    assert_non_null(strstr(text, "error: free() of a block of 24 bytes that was already freed [double-free]"));
    assert_non_null(strstr(text, "detected in thread MainThread:"));
    assert_non_null(strstr(text, "main  app.py:3"));
    assert_string_equal(text + strlen(text) - strlen(last), last);
    free(text);
    report_free(report);
}

static void quiet_is_silent_without_findings(void **state) {
    (void)state;
    judged_save(&judged);
    judged.plan.quiet = true;
    struct report *report = judged_report(&judged);
    char *text = report_text(report, &judged.plan, false);
    assert_string_equal(text, "");
    free(text);
    judged.plan.quiet = false;
    text = report_text(report, &judged.plan, false);
    assert_string_equal(text, "ffisan: 0 errors, 0 warnings, 0 suppressed, 0 in baseline; 1 process\n");
    free(text);
    report_free(report);
}

static void source_lines_are_quoted(void **state) {
    (void)state;
    char path[4200];
    struct writer_python_frame frame = {"main", write_file(path, "app.py", "import ctypes\n    free(\x1b p)\n"), 2, 1};
    writer_finding(&judged.writer, FFISAN_RULE_DOUBLE_FREE, "free");
    writer_python(&judged.writer, FFISAN_ROLE_DETECTED, &frame, 1);
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    char *text = report_text(report, &judged.plan, true);
    assert_non_null(strstr(text, "app.py:2\n          \033[2mfree(? p)\033[0m\n"));
    assert_non_null(strstr(text, "\033[1;31merror\033[0m"));
    free(text);
    report_free(report);
}

/* A record may name any file: a report must not become the way to read it. */
static void only_source_files_are_quoted(void **state) {
    (void)state;
    char path[4200];
    struct writer_python_frame frame = {"main", write_file(path, "id_rsa", "PRIVATE KEY\n"), 1, 1};
    writer_finding(&judged.writer, FFISAN_RULE_DOUBLE_FREE, "free");
    writer_python(&judged.writer, FFISAN_ROLE_DETECTED, &frame, 1);
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    char *text = report_text(report, &judged.plan, false);
    assert_null(strstr(text, "PRIVATE KEY"));
    free(text);
    report_free(report);
}

/* `ffisan run` has a report to give even when one of its files is bad. */
static void launchers_report_what_can_be_read(void **state) {
    (void)state;
    char path[4200];
    struct report *report;
    const char *folder = judged.folder;
    const struct command_result command = {.started_ns = 1};
    writer_finding(&judged.writer, FFISAN_RULE_DOUBLE_FREE, "free");
    judged_save(&judged);
    write_file(path, "1-1.ffr", "something else");
    assert_null(plan_check(&judged.plan));
    assert_null(report_read(&report, &judged.plan, &folder, 1, &command, NULL, 0, NULL, 0));
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->omission_count, 1);
    assert_non_null(strstr(report->omissions[0].why, "too short"));
    report_free(report);
}

/* Two reports of the same records are the same byte for byte. */
static void reports_are_reproducible(void **state) {
    (void)state;
    char *texts[2];
    add_finding(FFISAN_RULE_DOUBLE_FREE, FFISAN_ROLE_DETECTED);
    add_finding(FFISAN_RULE_LEAK, FFISAN_ROLE_ALLOCATED);
    judged_save(&judged);
    for (int i = 0; i < 2; i++) {
        struct report *report = judged_report(&judged);
        texts[i] = report_json(report, &judged.plan);
        report_free(report);
        plan_free(&judged.plan);
    }
    assert_string_equal(texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
}

static void assert_read_trouble(const char *path, const char *says) {
    struct report *report;
    if (!judged.plan.judge)
        assert_null(plan_check(&judged.plan));
    struct trouble *trouble = report_read(&report, &judged.plan, &path, 1, NULL, NULL, 0, NULL, 0);
    assert_non_null(trouble);
    assert_null(report);
    assert_non_null(strstr(trouble_text(trouble), says));
    trouble_free(trouble);
}

static void bad_records_are_a_sentence(void **state) {
    (void)state;
    char path[4200];
    assert_read_trouble(judged.folder, "there are no records");
    assert_read_trouble("/no/such/folder", "No such file");
    write_file(path, "1-1.ffr", "something else");
    assert_read_trouble(judged.folder, "too short");
    assert_read_trouble(path, "too short");
}

/* The second process is a program of its own, without a runtime: its leaks are left out, what else is found in it is not. */
static void leaks_of_helpers_are_left_out(void **state) {
    (void)state;
    add_finding(FFISAN_RULE_LEAK, FFISAN_ROLE_ALLOCATED);
    judged_save(&judged);
    add_finding(FFISAN_RULE_LEAK, FFISAN_ROLE_ALLOCATED);
    add_finding(FFISAN_RULE_DOUBLE_FREE, FFISAN_ROLE_DETECTED);
    writer_header(&judged.writer)->forked = 0;
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    size_t leaks = 0, omitted = 0;
    for (size_t i = 0; i < report->finding_count; i++)
        leaks += report->findings[i].rule == FFISAN_RULE_LEAK ? report->findings[i].count : 0;
    for (size_t i = 0; i < report->omission_count; i++)
        omitted += strstr(report->omissions[i].why, "helper program") != NULL;
    assert_int_equal(leaks, 1);
    assert_int_equal(report->finding_count, 2);
    assert_int_equal(omitted, 1);
    report_free(report);
}

static void processes_without_a_file_are_named(void **state) {
    (void)state;
    char path[4200];
    snprintf(path, sizeof(path), "%s/4711-abc.lost", judged.folder);
    assert_int_equal(symlink("27", path), 0); /* EFBIG */
    add_finding(FFISAN_RULE_DOUBLE_FREE, FFISAN_ROLE_DETECTED);
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    bool named = false;
    for (size_t i = 0; i < report->omission_count; i++)
        named = named ||
                (strcmp(report->omissions[i].what, "process 4711") == 0 && strstr(report->omissions[i].why, "File too large"));
    assert_true(named);
    report_free(report);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(same_defects_are_one_finding),
        TEST(a_callback_that_was_called_after_its_end_is_one_finding),
        TEST(ways_of_one_call_are_one_finding),
        TEST(both_sides_are_shown),
        TEST(crossings_are_shown),
        TEST(leaks_add_up),
        TEST(leaks_of_the_library_asked_for_are_errors),
        TEST(rules_switched_off_are_silent),
        TEST(suppressed_findings_do_not_count),
        TEST(the_baseline_of_one_run_silences_the_next),
        TEST(launchers_know_better_how_it_ended),
        TEST(hostile_text_comes_out_clean),
        TEST(text_ends_with_the_summary),
        TEST(quiet_is_silent_without_findings),
        TEST(reports_are_reproducible),
        TEST(source_lines_are_quoted),
        TEST(only_source_files_are_quoted),
        TEST(launchers_report_what_can_be_read),
        TEST(bad_records_are_a_sentence),
        TEST(processes_without_a_file_are_named),
        TEST(leaks_of_helpers_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
