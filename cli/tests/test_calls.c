/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of calls in, findings out. What the functions are is said by this file: the program's own answer is not linked in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"
#include "notation.h"
#include "pool.h"
#include "prototypes.h"
#include "reader.h"
#include "record_writer.h"
#include "trouble.h"

#define WRITTEN  (FFISAN_CALL_ARGUMENTS_DECLARED | FFISAN_CALL_RESULT_DECLARED)
#define LIBRARY  0x10000u
#define CTYPES   0x20000u
#define PROGRAM  0x30000u
#define GOBJECT  0x40000u
#define FUNCTION (LIBRARY + 0x100u)

static struct record_writer writer;
static struct record_file file;
static struct process process;
static struct workshop workshop;

/* What is known of every function: its prototypes under each name, in notation. */
static const char *known[PROTOTYPES_MAX];
static _Alignas(8) char rooms[PROTOTYPES_MAX][1024];
static struct type_table tables[PROTOTYPES_MAX];

size_t prototypes_of(struct prototypes *prototypes, const struct module *module, uint64_t address, const char *asked_name,
                     struct prototype *found, size_t limit) {
    size_t count = 0;
    (void)prototypes, (void)module, (void)address, (void)asked_name;
    for (; count < limit && known[count]; count++) {
        size_t size = notation_read(known[count], (void *)rooms[count], sizeof(rooms[count]));
        assert_true(type_table_open(&tables[count], rooms[count], size));
        found[count] = (struct prototype){{&tables[count], 1}, "f", "f.h"};
    }
    return count;
}

static int setup(void **state) {
    (void)state;
    memset(known, 0, sizeof(known));
    writer_start(&writer);
    writer_module(&writer, 1, LIBRARY, "/nowhere/libf.so.1");
    writer_module(&writer, 2, CTYPES, "/nowhere/_ctypes.cpython-311-x86_64-linux-gnu.so");
    writer_module(&writer, 3, PROGRAM, "/nowhere/program");
    writer_module(&writer, 4, GOBJECT, "/nowhere/libgobject-2.0.so.0");
    workshop = (struct workshop){.pool = pool_new(), .prototypes = (struct prototypes *)&known};
    return 0;
}

static int teardown(void **state) {
    (void)state;
    record_file_free(&file);
    pool_free(workshop.pool);
    return 0;
}

/* A call from a line of Python. */
static struct ffisan_record_call *call_write(const char *declared, uint32_t flags, uint64_t from, const char *python) {
    static const struct ffisan_record_argument arguments[2];
    writer_call_record(&writer);
    writer_stack(&writer, FFISAN_ROLE_DETECTED, (const uint64_t[]){from + 0x10}, 1);
    writer_python(&writer, FFISAN_ROLE_DETECTED, &(const struct writer_python_frame){python, "app.py", 3, 1}, 1);
    struct ffisan_record_call *call = writer_call_with(&writer, FFISAN_ROLE_DETECTED, FUNCTION, "f", arguments, 2);
    call->flags = flags;
    writer_types(&writer, FFISAN_ROLE_DETECTED, declared);
    return call;
}

/* All findings of all records. */
static size_t judge(struct finding *to, size_t limit) {
    size_t found = 0;
    record_file_free(&file);
    writer_finish(&writer);
    assert_null(record_file_parse(&file, writer.bytes, writer.used, "test"));
    process_read(&process, workshop.pool, &file, "test");
    struct declarations *declarations = declarations_new(workshop.pool);
    for (struct record record = {0}; record_next(&file, &record);) {
        struct finding *findings;
        bool judged = record.type == FFISAN_RECORD_CALL || record.type == FFISAN_RECORD_FINDING;
        size_t count = judged ? findings_read(&workshop, declarations, &process, &record, &findings) : 0;
        for (size_t i = 0; i < count; i++, found++)
            if (found < limit)
                to[found] = findings[i];
    }
    return found;
}

static void wrong_call_is_a_finding(void **state) {
    (void)state;
    struct finding finding;
    known[0] = "(*c;name:&c,size:z)";
    call_write("(i;*c,z)", 0, CTYPES, "load");
    assert_int_equal(judge(&finding, 1), 1);
    assert_int_equal(finding.rule, FFISAN_RULE_TRUNCATED_POINTER);
    assert_string_equal(finding.runtime, "ctypes");
    assert_string_equal(finding.library, "libf.so.1");
    assert_string_equal(finding.function, "f");
    assert_int_equal(finding.count, 2);
    assert_int_equal(finding.stack_count, 1);
    assert_string_equal(finding.stacks[0].frames[finding.stacks[0].frame_count - 1].function, "load");
    assert_string_equal(finding.mismatch->prototype, "char *f(const char *name, size_t size)");
    assert_int_equal(process.findings_damaged, 0);
}

static void right_call_is_none(void **state) {
    (void)state;
    struct finding finding;
    known[0] = "(*c;&c,z)";
    call_write("(*c;*c,z)", WRITTEN, CTYPES, "load");
    assert_int_equal(judge(&finding, 1), 0);
}

static void each_defect_is_one(void **state) {
    (void)state;
    struct finding findings[3];
    known[0] = "(d;d,*c)";
    call_write("(i;i,i)", WRITTEN, CTYPES, "load");
    assert_int_equal(judge(findings, 3), 3);
    assert_string_not_equal(findings[0].fingerprint, findings[1].fingerprint);
    assert_string_not_equal(findings[1].fingerprint, findings[2].fingerprint);
}

/* Names that are one function, with prototypes of their own: who is right by one of them is right. */
static void one_name_is_enough(void **state) {
    (void)state;
    struct finding findings[2];
    known[0] = "(*c;*c,z)";
    known[1] = "(i;*c,z)";
    call_write("(i;*c,z)", WRITTEN, CTYPES, "load");
    assert_int_equal(judge(findings, 2), 0);
    known[1] = "(d;*c,z)";
    assert_int_equal(judge(findings, 2), 1);
    assert_int_equal(findings[0].rule,
                     FFISAN_RULE_TRUNCATED_POINTER); /* by the first, which is to be believed before the others */
}

static void same_defect_has_the_same_fingerprint(void **state) {
    (void)state;
    struct finding findings[3];
    known[0] = "(*c;*c,z)";
    call_write("(i;*c,z)", 0, CTYPES, "load");
    call_write("(i;*c,z)", 0, CTYPES, "load")->flags = FFISAN_CALL_VALUES_KNOWN;
    call_write("(i;*c,z)", 0, CTYPES, "save");
    assert_int_equal(judge(findings, 3), 3);
    assert_string_equal(findings[0].fingerprint, findings[1].fingerprint);
    assert_string_not_equal(findings[0].fingerprint, findings[2].fingerprint);
}

static void libffi_is_told_types_by_hand(void **state) {
    (void)state;
    struct finding finding;
    known[0] = "(v;*v,z)";
    call_write("(v;i,z)", 0, PROGRAM, "main")->binding = FFISAN_BINDING_LIBFFI;
    assert_int_equal(judge(&finding, 1), 1);
    assert_int_equal(finding.rule, FFISAN_RULE_TRUNCATED_POINTER);
    assert_string_equal(finding.runtime, "cpython");
}

/* Which makes them of the values; only its checker knows more, and had nothing to say. */
static void but_for_ctypes(void **state) {
    (void)state;
    struct finding finding;
    known[0] = "(*c;*v,z)";
    call_write("(i;i,z)", 0, CTYPES, "main")->binding = FFISAN_BINDING_LIBFFI;
    assert_int_equal(judge(&finding, 1), 0);
}

static void handlers_of_signals_take_what_they_need(void **state) {
    (void)state;
    struct finding finding;
    known[0] = "(v;*v)";
    call_write("(v;*v,i,*v)", 0, GOBJECT, "main")->binding = FFISAN_BINDING_LIBFFI;
    assert_int_equal(judge(&finding, 1), 0);
    call_write("(v;i)", 0, GOBJECT, "main")->binding = FFISAN_BINDING_LIBFFI;
    assert_int_equal(judge(&finding, 1), 1);
    call_write("(v;*v,i)", 0, PROGRAM, "main")->binding = FFISAN_BINDING_LIBFFI;
    assert_int_equal(judge(&finding, 1), 2);
}

static void cffi_is_told_types_by_hand(void **state) {
    (void)state;
    struct finding finding;
    known[0] = "(v;*v,z)";
    call_write("(v;i,z)", 0, PROGRAM, "main")->binding = FFISAN_BINDING_CFFI;
    assert_int_equal(judge(&finding, 1), 1);
    assert_string_equal(finding.runtime, "cffi");
    assert_non_null(strstr(finding.fix, "ffi.cdef"));
}

static void declarations_of_unknown_functions_are_compared(void **state) {
    (void)state;
    struct finding findings[2];
    call_write("(d;*c,z)", WRITTEN, CTYPES, "load");
    call_write("(d;*c,z)", WRITTEN, CTYPES, "again");
    call_write("(*c;*c,z)", WRITTEN, CTYPES, "save");
    assert_int_equal(judge(findings, 2), 1);
    assert_int_equal(findings[0].rule, FFISAN_RULE_CLASHING_DECLARATIONS);
    assert_int_equal(findings[0].severity, SEVERITY_WARNING);
    const struct stack *here = finding_stack(&findings[0], FFISAN_ROLE_DETECTED);
    const struct stack *there = finding_stack(&findings[0], FFISAN_ROLE_LAST_USED);
    assert_string_equal(here->frames[here->frame_count - 1].function, "save");
    assert_string_equal(there->frames[there->frame_count - 1].function, "load");
}

static void function_without_a_name_goes_by_its_place(void **state) {
    (void)state;
    struct finding finding = {0};
    call_write("(d;*c,z)", WRITTEN, CTYPES, "load")->name = 0;
    call_write("(*c;*c,z)", WRITTEN, CTYPES, "save")->name = 0;
    assert_int_equal(judge(&finding, 1), 1);
    assert_null(finding.function);
    assert_non_null(strstr(finding.message, "libf.so.1+0x100() is declared in two ways"));
}

static void callbacks_are_no_declarations(void **state) {
    (void)state;
    struct finding finding;
    known[0] = "(*c;*v,z)";
    call_write("(i;i,z)", WRITTEN | FFISAN_CALL_UP, CTYPES, "main");
    assert_int_equal(judge(&finding, 1), 0);
}

static void tables_that_are_not_sound_say_nothing(void **state) {
    (void)state;
    struct finding finding;
    known[0] = "(d;*c,z)";
    call_write("(i;*c,z)", 0, CTYPES, "main");
    size_t end = writer.used;
    for (size_t at = writer.last + sizeof(struct ffisan_record_finding); at < end; at++) {
        writer.bytes[at] ^= 0xff;
        judge(&finding, 1);
        writer.bytes[at] ^= 0xff;
    }
    assert_int_equal(judge(&finding, 1), 1);
}

/* ---- findings that happened in a call ---- */

static void crash_write(const struct ffisan_record_argument *argument, const char *declared, uint64_t address,
                        enum ffisan_place place) {
    struct ffisan_record_finding *crash = writer_finding(&writer, FFISAN_RULE_FOREIGN_CRASH, "f");
    crash->signal = 11;
    crash->address = address;
    crash->place = place;
    writer_stack(&writer, FFISAN_ROLE_DETECTED, (const uint64_t[]){CTYPES + 0x10}, 1);
    writer_call_with(&writer, FFISAN_ROLE_DETECTED, FUNCTION, "f", argument, 1)->flags = FFISAN_CALL_VALUES_KNOWN;
    writer_types(&writer, FFISAN_ROLE_DETECTED, declared);
}

static const struct {
    const char *declared;
    struct ffisan_record_argument argument;
    uint64_t address;
    enum ffisan_place place;
    const char *call, *says; /* NULL: nothing about the argument */
} crashes[] = {
    {"(i;*c)", {.value = 0}, 8, FFISAN_PLACE_NULL, "f((char *)0)", "argument 1 is NULL"},
    {"(i;i)", {.value = 0}, 8, FFISAN_PLACE_NULL, "f((int)0)", NULL},
    {"(i;i)", {.value = 5}, 5, FFISAN_PLACE_NULL, "f((int)5)", "argument 1 is a small number and no address"},
    {"(i;*c)",
     {.value = 0x7f0000001000},
     0x7f0000001008,
     FFISAN_PLACE_UNMAPPED,
     "f((char *)0x7f0000001000)",
     "argument 1 leads to where there is no memory"},
    {"(i;*c)",
     {.value = 0x7f0000001000, .flags = FFISAN_ARGUMENT_FREED},
     0x41414141,
     FFISAN_PLACE_UNMAPPED,
     "f((char *)0x7f0000001000)",
     "argument 1 leads into a block that was freed"},
    {"(i;i)",
     {.value = 0x7f0000001000, .flags = FFISAN_ARGUMENT_CUT},
     0x1000,
     FFISAN_PLACE_UNMAPPED,
     "f((int)0x7f0000001000)",
     "argument 1 was cut to 32 bits"},
    {"(i;*c)", {.value = 0x7f0000001000}, 0x41414141, FFISAN_PLACE_UNMAPPED, "f((char *)0x7f0000001000)", NULL},
    {"(i;d)", {.value = 0}, 0x41414141, FFISAN_PLACE_UNMAPPED, "f((double)...)", NULL},
};

static void crash_names_its_call(void **state) {
    (void)state;
    struct finding findings[sizeof(crashes) / sizeof(crashes[0])] = {0};
    const size_t count = sizeof(crashes) / sizeof(crashes[0]);
    for (size_t i = 0; i < count; i++)
        crash_write(&crashes[i].argument, crashes[i].declared, crashes[i].address, crashes[i].place);
    assert_int_equal(judge(findings, count), count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(findings[i].function, "f");
        assert_string_equal(findings[i].library, "libf.so.1");
        assert_string_equal(findings[i].facts.call.text, crashes[i].call);
        assert_int_equal(findings[i].has_argument, crashes[i].says != NULL);
        if (crashes[i].says && !strstr(findings[i].message, crashes[i].says))
            fail_msg("'%s' does not say '%s'", findings[i].message, crashes[i].says);
    }
}

static void crossings_are_listed(void **state) {
    (void)state;
    struct finding finding;
    writer_finding(&writer, FFISAN_RULE_FOREIGN_CRASH, "");
    writer_crossing(&writer, FUNCTION, &(const struct writer_python_frame){"load", "app.py", 7, 0})->flags = FFISAN_CROSSING_OPEN;
    writer_crossing(&writer, LIBRARY + 0x200, NULL)->flags = FFISAN_CALL_UP;
    assert_int_equal(judge(&finding, 1), 1);
    assert_int_equal(finding.facts.crossing_count, 2);
    const struct crossed *crossings = finding.facts.crossings;
    assert_true(crossings[0].open && !crossings[0].up);
    assert_string_equal(crossings[0].library, "libf.so.1");
    assert_string_equal(crossings[0].python, "load");
    assert_string_equal(crossings[0].file, "app.py");
    assert_int_equal(crossings[0].line, 7);
    assert_true(!crossings[1].open && crossings[1].up);
    assert_null(crossings[1].file);
}

static void handed_over_argument_has_a_name(void **state) {
    (void)state;
    struct finding finding = {0};
    known[0] = "(i;db:*v,xBusy:*(i;*v,i))";
    writer_finding(&writer, FFISAN_RULE_COLLECTED_CALLBACK, "");
    writer_call(&writer, FFISAN_ROLE_LENT, FUNCTION, 1, "f");
    assert_int_equal(judge(&finding, 1), 1);
    assert_int_equal(finding.argument_index, 1);
    assert_string_equal(finding.argument_name, "xBusy");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(wrong_call_is_a_finding),
        TEST(right_call_is_none),
        TEST(each_defect_is_one),
        TEST(one_name_is_enough),
        TEST(same_defect_has_the_same_fingerprint),
        TEST(libffi_is_told_types_by_hand),
        TEST(but_for_ctypes),
        TEST(handlers_of_signals_take_what_they_need),
        TEST(cffi_is_told_types_by_hand),
        TEST(declarations_of_unknown_functions_are_compared),
        TEST(function_without_a_name_goes_by_its_place),
        TEST(callbacks_are_no_declarations),
        TEST(tables_that_are_not_sound_say_nothing),
        TEST(crash_names_its_call),
        TEST(crossings_are_listed),
        TEST(handed_over_argument_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
