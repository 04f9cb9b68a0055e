/* SPDX-License-Identifier: Apache-2.0
 *
 * Prints a JSON report of made-up records in which everything that a report can hold occurs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record_writer.h"
#include "report.h"
#include "trouble.h"

/* One that says otherwise than the one before: nobody knows the function. */
static void call_write(struct record_writer *writer, const char *declared) {
    static const uint64_t frames[] = {0x10010};
    static const struct ffisan_record_argument argument;
    writer_call_record(writer);
    writer_stack(writer, FFISAN_ROLE_DETECTED, frames, 1);
    writer_call_with(writer, FFISAN_ROLE_DETECTED, 0x10020, "f", &argument, 1)->flags =
        FFISAN_CALL_RESULT_DECLARED | FFISAN_CALL_VALUES_KNOWN;
    writer_types(writer, FFISAN_ROLE_DETECTED, declared);
}

static void crash_write(struct record_writer *writer) {
    static const struct ffisan_record_argument argument = {.value = 5, .flags = FFISAN_ARGUMENT_FREED};
    writer_finding(writer, FFISAN_RULE_FOREIGN_CRASH, "f")->signal = 11;
    writer_call_with(writer, FFISAN_ROLE_DETECTED, 0x10020, "f", &argument, 1);
    writer_types(writer, FFISAN_ROLE_DETECTED, "(i;*@\xff {i})");
    writer_crossing(writer, 0x10020, &(const struct writer_python_frame){"main", "app.py", 3, 0})->flags = FFISAN_CROSSING_OPEN;
    writer_crossing(writer, 0x10020, NULL)->flags = FFISAN_CALL_UP;
}

static void term_write(struct record_writer *writer) {
    writer_finding(writer, FFISAN_RULE_USE_AFTER_CLOSE, "f");
    writer_term(writer, &(const struct writer_term){.role = FFISAN_ROLE_DETECTED,
                                                    .word = FFISAN_WORD_HANDLE,
                                                    .function = 0x10020,
                                                    .name = "f",
                                                    .place = "d",
                                                    .kind = "doc",
                                                    .source = "doc.h:3"});
    writer_term(writer, &(const struct writer_term){.role = FFISAN_ROLE_FREED, .name = "g\xff"});
}

static void subjects_write(struct record_writer *writer) {
    writer_finding(writer, FFISAN_RULE_BORROWED_DECREF, "");
    writer_subject(writer, &(const struct writer_subject){.what = FFISAN_SUBJECT_INSIDE,
                                                          .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                                          .name = "spam.take",
                                                          .detail = "spam.so"});
    writer_subject(writer, &(const struct writer_subject){.what = FFISAN_SUBJECT_OBJECT,
                                                          .argument = 0,
                                                          .flags = FFISAN_SUBJECT_DIED,
                                                          .count = 1,
                                                          .wanted = 2,
                                                          .name = "list\xff"});
    writer_subject(writer, &(const struct writer_subject){
                               .what = FFISAN_SUBJECT_OBJECT, .argument = FFISAN_SUBJECT_SELF, .count = UINT64_MAX});
    writer_subject(
        writer, &(const struct writer_subject){
                    .what = FFISAN_SUBJECT_HOLDER, .argument = FFISAN_SUBJECT_NO_ARGUMENT, .name = "tuple", .detail = "item 0"});
    writer_subject(writer, &(const struct writer_subject){.what = FFISAN_SUBJECT_CALL,
                                                          .role = FFISAN_ROLE_LENT,
                                                          .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                                          .name = "PyList_GetItem"});
    writer_subject(writer,
                   &(const struct writer_subject){
                       .what = FFISAN_SUBJECT_EXCEPTION, .argument = FFISAN_SUBJECT_RESULT, .name = "ValueError", .detail = "x"});
    writer_subject(writer, &(const struct writer_subject){.what = FFISAN_SUBJECT_STATE, .given = 300, .name = "GIL"});
}

static void records_write(const char *folder) {
    static struct record_writer writer;
    static const uint64_t frames[] = {0x10010, 0x20020, 0x7fff0000};
    char path[4200];
    writer_start(&writer);
    writer_header(&writer)->python_version = 0x030b;
    writer_header(&writer)->leak_verdict = FFISAN_LEAKS_THREADS;
    writer_module(&writer, 1, 0x10000, "/nowhere/libgreeting.so.1");
    writer_note(&writer, FFISAN_NOTE_NAMESPACE, "libaudit.so");
    for (unsigned rule = 0; rule < FFISAN_RULES; rule++) {
        struct ffisan_record_finding *finding = writer_finding(&writer, (enum ffisan_rule)rule, "free");
        snprintf(finding->test, sizeof(finding->test), "tests/test_x.py::test_\xff");
        finding->owner = 1;
        writer_stack(&writer, FFISAN_ROLE_DETECTED, frames, 3);
        writer_stack(&writer, FFISAN_ROLE_ALLOCATED, frames, 1);
        writer_python(&writer, FFISAN_ROLE_DETECTED, &(const struct writer_python_frame){"main", "app.py", 0, 1}, 1);
    }
    writer_profile(&writer,
                   &(const struct ffisan_record_profile){.function = 0x10010, .generation = 1, .calls = 20000, .ns = 100},
                   &(const struct writer_python_frame){"main", "app.py", 3, 0});
    call_write(&writer, "(i;*c)");
    call_write(&writer, "(*c;*c)");
    crash_write(&writer);
    term_write(&writer);
    subjects_write(&writer);
    snprintf(path, sizeof(path), "%s/100-0.ffr", folder);
    writer_save(&writer, path);
}

int main(void) {
    char *folder = writer_folder();
    const char *paths[] = {folder};
    char words[2][16] = {"pytest", "--password=x"};
    char *argv[] = {words[0], words[1], NULL};
    const struct command_result command = {.argv = argv, .started_ns = 1700000000000000000u, .seconds = 1.25};
    struct plan plan = {.exit_code = 99};
    struct report *report;
    records_write(folder);
    struct trouble *trouble = plan_check(&plan);
    if (!trouble)
        trouble = report_read(&report, &plan, paths, 1, &command, NULL, 0, NULL, 0);
    if (trouble) {
        fprintf(stderr, "%s\n", trouble_text(trouble));
        return EXIT_FAILURE;
    }
    char *json = report_json(report, &plan);
    fputs(json, stdout);
    free(json);
    report_free(report);
    plan_free(&plan);
    writer_folder_remove(folder);
    return EXIT_SUCCESS;
}
