/* SPDX-License-Identifier: Apache-2.0
 *
 * Other checkers' reports as they write them, cut, mixed and made up; and a finding from one of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checked.h"
#include "judged.h"
#include "pool.h"

static struct checked_errors errors;

static int open_errors(void **state) {
    (void)state;
    errors = (struct checked_errors){.pool = pool_new()};
    return 0;
}

static int close_errors(void **state) {
    (void)state;
    pool_free(errors.pool);
    return 0;
}

static const char asan_use[] =
    "=================================================================\n"
    "==python3==77==ERROR: AddressSanitizer: heap-use-after-free on address 0x603000001003 at pc 0x11fd bp 0x1 sp 0x2\n"
    "READ of size 4 at 0x603000001003 thread T2 (worker)\n"
    "    #0 0x100010fc  (lib.so+0x11fc)\n"
    "    #1 0x100020fc in main /a b.c:3\n"
    "\n"
    "0x603000001003 is located 3 bytes inside of 24-byte region [0x603000001000,0x603000001018)\n"
    "freed by thread T0 here:\n"
    "    #0 0x30000000  (libasan.so.8+0x1)\n"
    "    #1 0x100030fc\n"
    "    #2 0x100040fc\n"
    "\n"
    "previously allocated by thread T1 here:\n"
    "    #0 0x100050fc\n"
    "Thread T1 created by T0 here:\n"
    "    #0 0x100060fc\n"
    "SUMMARY: AddressSanitizer: heap-use-after-free (lib.so+0x11fc)\n"
    "  #0 0x99 (shadow)\n";

static void a_use_after_free_has_its_stacks(void **state) {
    (void)state;
    asan_report_read(&errors, asan_use, strlen(asan_use), 77);
    assert_int_equal(errors.count, 1);
    const struct checked_error *error = &errors.items[0];
    assert_int_equal(error->rule, FFISAN_RULE_USE_AFTER_FREE);
    assert_int_equal(error->address, 0x603000001003);
    assert_true(error->has_block);
    assert_int_equal(error->block, 0x603000001000);
    assert_int_equal(error->size, 24);
    assert_int_equal(error->place, FFISAN_PLACE_FREED_BLOCK);
    assert_int_equal(error->access, ACCESS_READ);
    assert_int_equal(error->access_size, 4);
    assert_int_equal(error->thread, 2);
    assert_int_equal(error->stacks[FFISAN_ROLE_DETECTED]->depth, 2);
    assert_int_equal(error->stacks[FFISAN_ROLE_DETECTED]->frames[0], 0x100010fd);
    assert_int_equal(error->stacks[FFISAN_ROLE_FREED]->depth, 3);
    assert_int_equal(error->stacks[FFISAN_ROLE_ALLOCATED]->depth, 1);
}

/* A line of an error, and what is to be known of it. */
static const struct {
    const char *line;
    enum ffisan_rule rule;
    uint64_t address;
    const char *said;
} asan_kinds[] = {
    {"heap-buffer-overflow on address 0x10 at pc 0x2", FFISAN_RULE_HEAP_OVERFLOW, 0x10, "heap-buffer-overflow"},
    {"attempting double-free on 0x20 in thread T0:", FFISAN_RULE_DOUBLE_FREE, 0x20, "attempting"},
    {"attempting free on address which was not malloc()-ed: 0x30 in thread T0", FFISAN_RULE_INVALID_FREE, 0x30, "attempting"},
    {"alloc-dealloc-mismatch (operator new [] vs free) on 0x40", FFISAN_RULE_MISMATCHED_DEALLOCATOR, 0x40,
     "alloc-dealloc-mismatch"},
    {"SEGV on unknown address 0x50 (pc 0x1 bp 0x2 sp 0x3 T0)", FFISAN_RULE_FOREIGN_CRASH, 0x50, "SEGV"},
    {"stack-overflow on address 0x60 (pc 0x1)", FFISAN_RULE_FOREIGN_CRASH, 0x60, "stack-overflow"},
    {"global-buffer-overflow on address 0x70 at pc", FFISAN_RULE_FOREIGN_CRASH, 0x70, "global-buffer-overflow"},
    {"memcpy-param-overlap: memory ranges [0x80,0x90) and [0x81, 0x91) overlap", FFISAN_RULE_FOREIGN_CRASH, 0,
     "memcpy-param-overlap"},
    {"something that is new \033[1m on address", FFISAN_RULE_FOREIGN_CRASH, 0, "something"},
};

static void each_kind_has_its_rule(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(asan_kinds) / sizeof(*asan_kinds); i++) {
        const char *text = pool_text(errors.pool, "==9==ERROR: AddressSanitizer: %s", asan_kinds[i].line);
        asan_report_read(&errors, text, strlen(text), 9);
        assert_int_equal(errors.count, i + 1);
        assert_int_equal(errors.items[i].rule, asan_kinds[i].rule);
        assert_int_equal(errors.items[i].address, asan_kinds[i].address);
        assert_string_equal(errors.items[i].said, asan_kinds[i].said);
    }
    assert_int_equal(errors.items[3].family, FFISAN_FAMILY_NEW_ARRAY);
    assert_int_equal(errors.items[3].free_family, FFISAN_FAMILY_MALLOC);
}

static void only_direct_leaks_count(void **state) {
    (void)state;
    static const char text[] = "==5==ERROR: LeakSanitizer: detected memory leaks\n\n"
                               "Direct leak of 48 byte(s) in 2 object(s) allocated from:\n    #0 0x1000\n    #1 0x2000\n\n"
                               "Indirect leak of 10 byte(s) in 1 object(s) allocated from:\n    #0 0x3000\n\n"
                               "SUMMARY: AddressSanitizer: 58 byte(s) leaked in 3 allocation(s).\n";
    asan_report_read(&errors, text, strlen(text), 5);
    assert_int_equal(errors.count, 1);
    assert_int_equal(errors.items[0].rule, FFISAN_RULE_LEAK);
    assert_int_equal(errors.items[0].count, 2);
    assert_int_equal(errors.items[0].size, 48);
    assert_int_equal(errors.items[0].stacks[FFISAN_ROLE_ALLOCATED]->depth, 2);
}

static const char valgrind_use[] =
    "<?xml version=\"1.0\"?>\n<valgrindoutput>\n<pid>7</pid>\n"
    "<error>\n<unique>0x1</unique><tid>1</tid>\n<kind>InvalidRead</kind>\n<what>Invalid read of size 8</what>\n"
    "<stack><frame><ip>0x5000</ip><obj>/lib/lib.so</obj><fn>inner</fn></frame><frame><ip>0x5000</ip><fn>outer</fn></frame>"
    "<frame><ip>0x6000</ip></frame></stack>\n"
    "<auxwhat>Address 0x9003 is 1,003 bytes inside a block of size 2,400 free'd</auxwhat>\n"
    "<stack><frame><ip>0x7000</ip></frame></stack>\n<auxwhat>Block was alloc'd at</auxwhat>\n"
    "<stack><frame><ip>0x8000</ip></frame></stack>\n</error>\n"
    "<clientmsg>\n<tid>2</tid>\n<text>ffisan-checked 64\n</text></clientmsg>\n"
    "<clientmsg>\n<tid>1</tid>\n<text>ffisan-checked 4096\n</text></clientmsg>\n"
    "<error><unique>0x2</unique><tid>1</tid><kind>InvalidWrite</kind><what>Invalid write of size 1</what>"
    "<stack><frame><ip>0x5000</ip></frame></stack>"
    "<auxwhat>Address 0x9018 is 0 bytes after a block of size 24 "
    "alloc'd</auxwhat><stack><frame><ip>0x1</ip></frame></stack></error>\n"
    "</valgrindoutput>\n";

static void memcheck_says_where_in_the_block(void **state) {
    (void)state;
    valgrind_report_read(&errors, valgrind_use, strlen(valgrind_use), 7);
    assert_int_equal(errors.count, 2);
    const struct checked_error *use = &errors.items[0], *overflow = &errors.items[1];
    assert_int_equal(use->rule, FFISAN_RULE_USE_AFTER_FREE);
    assert_int_equal(use->block, 0x9003 - 1003);
    assert_int_equal(use->size, 2400);
    assert_int_equal(use->access_size, 8);
    assert_int_equal(use->stacks[FFISAN_ROLE_DETECTED]->depth, 2);
    assert_int_equal(use->stacks[FFISAN_ROLE_DETECTED]->frames[1], 0x6001);
    assert_int_equal(use->stacks[FFISAN_ROLE_FREED]->frames[0], 0x7000);
    assert_int_equal(use->stacks[FFISAN_ROLE_ALLOCATED]->frames[0], 0x8000);
    assert_int_equal(overflow->rule, FFISAN_RULE_HEAP_OVERFLOW);
    assert_int_equal(overflow->block, 0x9000);
    assert_int_equal(overflow->place, FFISAN_PLACE_BEHIND_BLOCK);
    assert_int_equal(overflow->access, ACCESS_WRITE);
}

static void a_line_of_ours_is_about_its_own_thread(void **state) {
    (void)state;
    valgrind_report_read(&errors, valgrind_use, strlen(valgrind_use), 7);
    assert_int_equal(errors.items[0].record, 4096);
    assert_int_equal(errors.items[1].record, 0);
}

/* What the shim itself touches, undefined values, memory that was nobody's, and Go's search for the end of a text of C's. */
static void what_is_no_finding_is_left_out(void **state) {
    (void)state;
    static const char text[] =
        "<error><tid>1</tid><kind>InvalidRead</kind><what>Invalid read of size 8</what><stack><frame><ip>0x1</ip>"
        "<obj>/usr/lib/ffisan/libffisan.so</obj></frame></stack></error>"
        "<error><tid>1</tid><kind>UninitCondition</kind><what>Conditional jump</what><stack></stack></error>"
        "<error><tid>1</tid><kind>InvalidRead</kind><what>Invalid read of size 4</what><stack><frame><ip>0x1</ip></frame></stack>"
        "<auxwhat>Address 0x0 is not stack'd, malloc'd or (recently) free'd</auxwhat></error>"
        "<error><tid>1</tid><kind>InvalidRead</kind><what>Invalid read of size 32</what><stack><frame><ip>0x1</ip>"
        "<obj>/tmp/go.test</obj><fn>indexbytebody</fn></frame><frame><ip>0x2</ip><fn>runtime.findnull</fn></frame></stack>"
        "<auxwhat>Address 0x9008 is 8 bytes inside a block of size 32 alloc'd</auxwhat></error>";
    valgrind_report_read(&errors, text, strlen(text), 7);
    assert_int_equal(errors.count, 1);
    assert_true(errors.items[0].only_known);
}

/* From each place on the rest is missing, as when the process was killed; or another process has written in between. */
static void reports_that_end_early_are_read_as_far_as_they_go(void **state) {
    (void)state;
    for (size_t size = 0; size < strlen(asan_use); size++) {
        char *cut = pool_text(errors.pool, "%.*s", (int)size, asan_use);
        asan_report_read(&errors, cut, size, 1);
    }
    for (size_t i = 0; i < errors.count; i++)
        assert_true(errors.items[i].rule == FFISAN_RULE_USE_AFTER_FREE || errors.items[i].rule == FFISAN_RULE_FOREIGN_CRASH);
    for (size_t size = 0; size < strlen(valgrind_use); size++) {
        size_t before = errors.count;
        char *cut = pool_text(errors.pool, "%.*s", (int)size, valgrind_use);
        valgrind_report_read(&errors, cut, size, 1);
        assert_in_range(errors.count - before, 0, 2);
    }
    errors.count = 0;
    static const char torn[] = "<error><tid>1</ti<error><tid>1</tid></error><error></error></error>"
                               "<error><kind>InvalidFree</kind><what>f</what></error><error>";
    valgrind_report_read(&errors, torn, strlen(torn), 1);
    assert_int_equal(errors.count, 1);
}

static void a_report_without_end_is_cut(void **state) {
    (void)state;
    static const char error[] = "ERROR: AddressSanitizer: x\n";
    size_t size = 0, line = sizeof(error) - 1;
    char *text = calloc(3 * CHECKED_ERRORS_MOST, line);
    for (unsigned i = 0; i < 2 * CHECKED_ERRORS_MOST; i++, size += line)
        memcpy(text + size, error, sizeof(error));
    asan_report_read(&errors, text, size, 1);
    assert_int_equal(errors.count, CHECKED_ERRORS_MOST);
    free(text);
}

static void reports_are_known_by_name(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int pid;
        bool is, xml;
    } rows[] = {{"asan.python3.12", 12, true, false},
                {"asan.12", 12, true, false},
                {"valgrind.34.xml", 34, true, true},
                {"valgrind.34.log", 0, false, true},
                {"valgrind..xml", 0, false, true},
                {"asan.x", 0, false, false},
                {"asan.-1", 0, false, false},
                {"12-ab.ffr", 0, false, false},
                {"valgrind.x.xml", 0, false, true},
                {"valgrind.xml", 0, false, true},
                {"asan.x.99999999999999", 0, false, false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        bool xml;
        int pid;
        assert_int_equal(checked_report_name(rows[i].name, &xml, &pid), rows[i].is);
        if (rows[i].is) {
            assert_int_equal(pid, rows[i].pid);
            assert_int_equal(xml, rows[i].xml);
        }
    }
}

/* ---- with records ---------------------------------------------------------------------------------------------------------- */

static void write_report(const struct judged *judged, const char *name, const char *text) {
    char path[4200];
    snprintf(path, sizeof(path), "%s/%s", judged->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void checked_record(struct judged *judged, uint64_t address) {
    static const uint64_t frames[] = {0x100020fd};
    struct ffisan_record_finding *record = writer_finding(&judged->writer, FFISAN_RULE_USE_AFTER_FREE, NULL);
    record->record.type = FFISAN_RECORD_CHECKED;
    record->rule = FFISAN_RULES;
    record->address = address;
    record->block = 0x603000001000;
    writer_stack(&judged->writer, FFISAN_ROLE_DETECTED, frames, 1);
    writer_python(&judged->writer, FFISAN_ROLE_DETECTED, &(const struct writer_python_frame){"run", "app.py", 3, 1}, 1);
}

static void what_the_shim_knew_is_part_of_the_finding(void **state) {
    (void)state;
    struct judged judged;
    judged_setup(&judged);
    writer_module(&judged.writer, 1, 0x10000000, "/usr/lib/lib.so");
    checked_record(&judged, 0x603000001003);
    judged_save(&judged);
    write_report(&judged, "asan.python3.100", asan_use);
    struct report *report = judged_report(&judged);
    assert_int_equal(report->finding_count, 1);
    const struct finding *finding = &report->findings[0];
    assert_int_equal(finding->rule, FFISAN_RULE_USE_AFTER_FREE);
    assert_string_equal(finding->facts.checker, "AddressSanitizer");
    assert_non_null(strstr(finding->message, "read (4 bytes at offset 3)"));
    const struct stack *stack = finding_stack(finding, FFISAN_ROLE_DETECTED);
    bool python = false;
    for (size_t i = 0; i < stack->frame_count; i++)
        python |= stack->frames[i].python;
    assert_true(python);
    assert_int_equal(stack->native_count, 2);
    assert_non_null(finding_stack(finding, FFISAN_ROLE_FREED));
    report_free(report);
    judged_teardown(&judged);
}

static void an_error_that_the_shim_did_not_see_is_reported_all_the_same(void **state) {
    (void)state;
    struct judged judged;
    judged_setup(&judged);
    judged_save(&judged);
    write_report(&judged, "asan.python3.100", asan_use);
    write_report(&judged, "asan.other.555", asan_use);
    struct report *report = judged_report(&judged);
    assert_int_equal(report->finding_count, 1);
    bool told = false;
    for (size_t i = 0; i < report->omission_count; i++)
        told |= strstr(report->omissions[i].what, "process 555") != NULL;
    assert_true(told);
    report_free(report);
    judged_teardown(&judged);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_errors, close_errors)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_use_after_free_has_its_stacks),
        TEST(each_kind_has_its_rule),
        TEST(only_direct_leaks_count),
        TEST(memcheck_says_where_in_the_block),
        TEST(a_line_of_ours_is_about_its_own_thread),
        TEST(what_is_no_finding_is_left_out),
        TEST(reports_that_end_early_are_read_as_far_as_they_go),
        TEST(a_report_without_end_is_cut),
        TEST(reports_are_known_by_name),
        TEST(what_the_shim_knew_is_part_of_the_finding),
        TEST(an_error_that_the_shim_did_not_see_is_reported_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
