/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "executable.h"
#include "judged.h"
#include "text_file.h"

static struct judged judged;

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

/* Saves what was written and looks for an omission of which `what` and `why` hold these parts. */
static size_t omissions(const char *what, const char *why) {
    size_t count = 0;
    struct report *report = judged_report(&judged);
    for (size_t i = 0; i < report->omission_count; i++) {
        const struct omission *omission = &report->omissions[i];
        if (strstr(omission->what, what) && strstr(omission->why, why))
            count += omission->count;
    }
    report_free(report);
    plan_free(&judged.plan);
    return count;
}

static void notes_become_sentences(void **state) {
    (void)state;
    for (unsigned note = FFISAN_NOTE_FOREIGN_ALLOCATOR; note <= FFISAN_NOTE_CONFINED; note++)
        writer_note(&judged.writer, (enum ffisan_note)note, "detail%s%n");
    writer_note(&judged.writer, (enum ffisan_note)99, "new");
    judged_save(&judged);
    assert_int_equal(omissions("the allocator in detail%s%n", "malloc"), 1);
    assert_int_equal(omissions("new", "no sentence"), 1);
    assert_int_equal(omissions("", ""), FFISAN_NOTE_CONFINED + 1);
}

static void processes_that_say_the_same_are_counted(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        writer_header(&judged.writer)->leak_verdict = FFISAN_LEAKS_THREADS;
        judged_save(&judged);
    }
    assert_int_equal(omissions("leaks in python3", "could not be stopped"), 3);
    judged.plan.rules = "-leak";
    assert_int_equal(omissions("leaks", ""), 0);
}

static void each_leak_verdict_has_its_reason(void **state) {
    (void)state;
    for (uint32_t verdict = FFISAN_LEAKS_NOT_REACHED; verdict <= FFISAN_LEAKS_NO_BLOCKS + 1; verdict++) {
        writer_header(&judged.writer)->leak_verdict = verdict;
        judged_save(&judged);
    }
    assert_int_equal(omissions("leaks in", ""), FFISAN_LEAKS_NO_BLOCKS + 1);
}

static void lost_and_damaged_records_are_named(void **state) {
    (void)state;
    writer_header(&judged.writer)->lost = 7;
    writer_note(&judged.writer, FFISAN_NOTE_NAMESPACE, "x");
    ((struct ffisan_record *)(void *)(judged.writer.bytes + judged.writer.last))->size = 3;
    judged_save(&judged);
    assert_int_equal(omissions("7 records of python3 (process 100)", "full"), 1);
    assert_int_equal(omissions("from byte 3392 on", "damaged"), 1);
}

static void blank_files_are_named(void **state) {
    (void)state;
    static const char zeros[8192];
    char path[4200];
    snprintf(path, sizeof(path), "%s/0-0.ffr", judged.folder);
    assert_null(text_file_write(path, zeros, sizeof(zeros)));
    assert_int_equal(omissions("0-0.ffr", "before its record file was set up"), 1);
}

/* A program that is a copy of the start of an ELF file is not needed: the machine has some of each kind that matters. */
static const char *script(char path[4200]) {
    snprintf(path, 4200, "%s/script", judged.folder);
    assert_null(text_file_write(path, "#!/bin/sh\n", 10));
    assert_int_equal(chmod(path, 0700), 0);
    return path;
}

static void programs_without_records_are_named(void **state) {
    (void)state;
    char path[4200];
    writer_exec(&judged.writer, 500, FFISAN_EXEC_NOT_FOLLOWED, "/bin/a");
    writer_exec(&judged.writer, 501, FFISAN_EXEC_EMPTIED, "/bin/b");
    writer_exec(&judged.writer, 502, FFISAN_EXEC_WATCHED, script(path));
    writer_exec(&judged.writer, 503, FFISAN_EXEC_WATCHED, "/no/such/program");
    judged_save(&judged);
    assert_int_equal(omissions("/bin/a", "--follow"), 1);
    assert_int_equal(omissions("/bin/b", "without the shim"), 1);
    assert_int_equal(omissions("/script", "no records came from it"), 1);
    assert_int_equal(omissions("/no/such/program", ""), 0);
}

static void programs_with_records_are_not(void **state) {
    (void)state;
    char path[4200];
    writer_exec(&judged.writer, 502, FFISAN_EXEC_WATCHED, script(path));
    writer_exec(&judged.writer, 100, FFISAN_EXEC_WATCHED, path); /* posix_spawn by process 100 itself */
    judged_save(&judged);
    writer_header(&judged.writer)->pid = 502;
    writer_header(&judged.writer)->ppid = 100;
    writer_header(&judged.writer)->start_ns += 2000000000u;
    judged_save(&judged);
    assert_int_equal(omissions("/script", ""), 0);
}

static void kinds_of_executables_are_told(void **state) {
    (void)state;
    char path[4200];
    assert_int_equal(executable_kind("/bin/sh"), EXECUTABLE_WATCHABLE);
    assert_int_equal(executable_kind("/no/such/program"), EXECUTABLE_NONE);
    assert_int_equal(executable_kind("/etc/passwd"), EXECUTABLE_NONE);
    assert_int_equal(executable_kind(script(path)), EXECUTABLE_SCRIPT);
    assert_int_equal(executable_kind(STATIC_PROGRAM), EXECUTABLE_STATIC);
}

static void bindings_without_libffi_are_named(void **state) {
    (void)state;
    writer_module(&judged.writer, 1, 0x10000, "/app/node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node");
    writer_module(&judged.writer, 2, 0x20000, "/usr/bin/luajit");
    writer_module(&judged.writer, 3, 0x30000, "/usr/lib/x86_64-linux-gnu/libffi.so.8");
    judged_save(&judged);
    assert_int_equal(omissions("calls by koffi", "libffi"), 1);
    assert_int_equal(omissions("calls by LuaJIT", "libffi"), 1);
    assert_int_equal(omissions("calls by", ""), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(bindings_without_libffi_are_named),       TEST(notes_become_sentences),
        TEST(processes_that_say_the_same_are_counted), TEST(each_leak_verdict_has_its_reason),
        TEST(lost_and_damaged_records_are_named),      TEST(blank_files_are_named),
        TEST(programs_without_records_are_named),      TEST(programs_with_records_are_not),
        TEST(kinds_of_executables_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
