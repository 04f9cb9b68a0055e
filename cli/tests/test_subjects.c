/* SPDX-License-Identifier: Apache-2.0
 *
 * Headlines about managed objects, rule by rule; who is to blame, and what is one defect.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judged.h"
#include "pool.h"
#include "subjects.h"
#include "twins.h"

#define DETECTED  .role = FFISAN_ROLE_DETECTED
#define CREATED   .role = FFISAN_ROLE_CREATED
#define FREED     .role = FFISAN_ROLE_FREED
#define LENT      .role = FFISAN_ROLE_LENT
#define INSIDE    .what = FFISAN_SUBJECT_INSIDE, .argument = FFISAN_SUBJECT_NO_ARGUMENT
#define OBJECT    .what = FFISAN_SUBJECT_OBJECT
#define HOLDER    .what = FFISAN_SUBJECT_HOLDER, .argument = FFISAN_SUBJECT_NO_ARGUMENT
#define CALL      .what = FFISAN_SUBJECT_CALL, .argument = FFISAN_SUBJECT_NO_ARGUMENT
#define EXCEPTION .what = FFISAN_SUBJECT_EXCEPTION, .argument = FFISAN_SUBJECT_NO_ARGUMENT
#define STATE     .what = FFISAN_SUBJECT_STATE, .argument = FFISAN_SUBJECT_NO_ARGUMENT
#define SELF      .argument = FFISAN_SUBJECT_SELF
#define RESULT    .argument = FFISAN_SUBJECT_RESULT
#define NONE      .argument = FFISAN_SUBJECT_NO_ARGUMENT
#define SUBJECTS  5u

static const struct {
    enum ffisan_rule rule;
    struct subject subjects[SUBJECTS]; /* up to the first without a name */
    const char *says, *fix;            /* the headline, and a part of the fix */
} rows[] = {
    {FFISAN_RULE_NO_GIL,
     {{CALL, DETECTED, .name = "PyList_Append"}, {INSIDE, .name = "spam.collect"}},
     "PyList_Append() was called without the GIL, by spam.collect()",
     "Py_BEGIN_ALLOW_THREADS"},
    {FFISAN_RULE_UNATTACHED_THREAD,
     {{CALL, DETECTED, .name = "PyObject_CallNoArgs"}},
     "PyObject_CallNoArgs() was called by worker() on a thread that Python never met",
     "PyGILState_Ensure"},
    {FFISAN_RULE_BORROWED_DECREF,
     {{INSIDE, .name = "spam.take"},
      {OBJECT, .argument = 0, .name = "list", .count = 1, .wanted = 2},
      {HOLDER, .name = "function", .detail = "local variable 'x' of main()"},
      {HOLDER, .name = "tuple", .detail = "item 0"}},
     "spam.take() gave up a reference to its argument 1 (a list) that it did not own: the list says 1, and 2 refer to it: local "
     "variable 'x' of main(), item 0 of a tuple",
     "Do not DECREF an argument"},
    {FFISAN_RULE_BORROWED_DECREF,
     {{INSIDE, .name = "spam.first"},
      {OBJECT, NONE, .name = "int", .detail = "item 0 of argument 1", .died = true},
      {HOLDER, .name = "list"},
      {CALL, LENT, .name = "PyList_GetItem"}},
     "spam.first() gave up a reference to an int (item 0 of argument 1), from PyList_GetItem(), that it did not own: it died, "
     "and is "
     "still held by a list",
     "what PyList_GetItem() returns"},
    {FFISAN_RULE_BORROWED_DECREF,
     {{INSIDE, .name = "spam.get"}, {OBJECT, RESULT, .name = "str", .count = 2, .wanted = 3}},
     "spam.get() returned a str that it did not own: the str says 2, and 3 refer to it",
     "Py_INCREF what spam.get() is about to return"},
    {FFISAN_RULE_OVER_STEAL,
     {{INSIDE, .name = "spam.fill"},
      {OBJECT, .argument = 1, .name = "object", .count = 1, .wanted = 2},
      {CALL, DETECTED, .name = "PyList_SetItem", .failed = true}},
     "spam.fill() gave away one reference to its argument 2 (an object) twice, once to PyList_SetItem(), which had failed and "
     "taken it "
     "all the same: the object says 1, and 2 refer to it",
     "also when it fails"},
    {FFISAN_RULE_STORED_BORROWED,
     {{INSIDE, .name = "spam.on_event"},
      {OBJECT, FREED, .argument = 0, .name = "function"},
      {HOLDER, LENT, .name = "C memory", .detail = "static memory of spam.so"}},
     "spam.on_event() kept a borrowed reference to its argument 1 (a function) in static memory of spam.so; the object has died "
     "since",
     "INCREF what is kept"},
    {FFISAN_RULE_REFERENCE_LEAK,
     {{INSIDE, .name = "spam.read"}, {OBJECT, NONE, .name = "bytes", .given = 3}, {CALL, CREATED, .name = "PyObject_CallMethod"}},
     "spam.read() left a reference to a bytes, from PyObject_CallMethod(), that nobody has, in each of 3 calls",
     "what PyObject_CallMethod() returns"},
    {FFISAN_RULE_STALE_INTERIOR,
     {{INSIDE, .name = "spam.path"},
      {OBJECT, FREED, NONE, .name = "bytes"},
      {CALL, LENT, .name = "PyBytes_AsString"},
      {CALL, DETECTED, .name = "strlen"}},
     "spam.path() used the inside of a bytes, from PyBytes_AsString(), after the object had died: it was handed to strlen()",
     "copy the text"},
    {FFISAN_RULE_BUFFER_NOT_RELEASED,
     {{INSIDE, .name = "spam.sum"}, {OBJECT, .argument = 0, .name = "bytearray"}, {CALL, CREATED, .name = "PyObject_GetBuffer"}},
     "spam.sum() took the buffer of its argument 1 (a bytearray) with PyObject_GetBuffer() and never gave it back",
     "after PyObject_GetBuffer() has succeeded"},
    {FFISAN_RULE_PENDING_ERROR,
     {{INSIDE, .name = "spam.Sample.size (getter)"},
      {EXCEPTION, .name = "OverflowError", .detail = "too large"},
      {CALL, CREATED, .name = "PyLong_AsLong"}},
     "spam.Sample.size (getter) returned success with an OverflowError (too large) set, which PyLong_AsLong() had left",
     "Check what PyLong_AsLong() returns"},
    {FFISAN_RULE_PENDING_ERROR,
     {{INSIDE, .name = "spam.f"}, {EXCEPTION, .name = "KeyError"}, {CALL, DETECTED, .name = "PyObject_Repr"}},
     "spam.f() called PyObject_Repr() with a KeyError set",
     "PyErr_Clear()"},
    {FFISAN_RULE_PENDING_ERROR,
     {{INSIDE, .name = "spam.Sample.__iter__"}},
     "spam.Sample.__iter__() returned failure without an exception",
     "Set an exception"},
    {FFISAN_RULE_GIL_HELD_BLOCKING,
     {{INSIDE, .name = "spam.wait"}, {STATE, .name = "GIL", .given = 250, .wanted = 100}},
     "spam.wait() kept the GIL for 250 ms",
     "Py_BEGIN_ALLOW_THREADS"},
    {FFISAN_RULE_EXCEPTION_IN_CALLBACK,
     {{EXCEPTION, .name = "ValueError"}, {STATE, .name = "result", .given = 0, .detail = "int"}},
     "a ValueError ended a callback; C was given 0 (int) instead of a result",
     "Catch everything"},
    {FFISAN_RULE_EXCEPTION_IN_CALLBACK,
     {{EXCEPTION, .name = "KeyError"}, {STATE, .name = "nothing"}},
     "a KeyError ended a callback; C goes on as if nothing had happened",
     "Catch everything"},
    {FFISAN_RULE_EXCEPTION_IN_CALLBACK,
     {{EXCEPTION, .name = "OSError"}, {STATE, .name = "error value"}},
     "an OSError ended a callback; C was given the value of error=",
     "Catch everything"},
    {FFISAN_RULE_EXCEPTION_IN_CALLBACK,
     {{EXCEPTION, .name = "OSError"}},
     "an OSError ended a callback; C was given a value that nobody chose",
     "Catch everything"},
    {FFISAN_RULE_THREAD_STATE_LEAK,
     {{INSIDE, .name = "spam.fast"}, {STATE, .name = "rounding mode", .detail = "to nearest, now upward"}},
     "spam.fast() left the rounding mode changed: to nearest, now upward",
     "floating-point environment"},
    {FFISAN_RULE_THREAD_STATE_LEAK,
     {{STATE, .name = "thread state"}},
     "a thread ended that was still attached",
     "PyGILState_Release"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct finding finding_of(size_t row, struct subject *room) {
    size_t count = 0;
    memcpy(room, rows[row].subjects, sizeof(rows[row].subjects));
    while (count < SUBJECTS && room[count].name)
        count++;
    return (struct finding){.rule = rows[row].rule,
                            .runtime = "native",
                            .function = "worker",
                            .count = 1,
                            .facts = {.called = "", .subjects = room, .subject_count = count}};
}

static void headlines_name_everything(void **state) {
    (void)state;
    struct pool *pool = pool_new();
    for (size_t i = 0; i < ROWS; i++) {
        struct subject room[SUBJECTS];
        struct finding finding = finding_of(i, room);
        finding_explain(&finding, pool);
        if (!strstr(finding.message, rows[i].says))
            fail_msg("'%s' does not say '%s'", finding.message, rows[i].says);
        if (!strstr(finding.fix, rows[i].fix))
            fail_msg("'%s' does not say '%s'", finding.fix, rows[i].fix);
    }
    pool_free(pool);
}

static void parts_that_are_missing_are_done_without(void **state) {
    (void)state;
    struct pool *pool = pool_new();
    for (size_t i = 0; i < ROWS; i++)
        for (unsigned what = 0; what <= FFISAN_SUBJECTS; what++) {
            struct subject alone = {.what = (enum ffisan_subject)what, .argument = FFISAN_SUBJECT_NO_ARGUMENT};
            struct finding finding = {.rule = rows[i].rule, .runtime = "native", .count = 1};
            finding.facts = (struct facts){.called = "", .subjects = &alone, .subject_count = what < FFISAN_SUBJECTS};
            finding_attribute(&finding);
            finding_explain(&finding, pool);
            finding_fingerprint(&finding);
            assert_true(finding.message[0] && finding.fix[0]);
        }
    pool_free(pool);
}

static void the_extensions_function_is_to_blame(void **state) {
    (void)state;
    struct subject subjects[] = {{INSIDE, .name = "spam.take", .detail = "spam.so"}, {OBJECT, .argument = 2, .name = "list"}};
    struct finding finding = {.rule = FFISAN_RULE_BORROWED_DECREF, .runtime = "native"};
    finding.facts = (struct facts){.called = "", .subjects = subjects, .subject_count = 2};
    assert_true(subjects_attribute(&finding));
    assert_string_equal(finding.runtime, "cpython");
    assert_string_equal(finding.library, "spam.so");
    assert_string_equal(finding.function, "spam.take");
    assert_true(finding.has_argument);
    assert_int_equal(finding.argument_index, 2);
    finding.rule = FFISAN_RULE_DOUBLE_FREE;
    assert_false(subjects_attribute(&finding));
}

/* One function, one argument: who called it and with what does not matter; the rule, the argument and the call that it is about do. */
static void a_defect_is_one_whoever_calls(void **state) {
    (void)state;
    struct frame frame = {.python = true, .function = "main", .file = "a.py", .line = 3};
    struct stack stack = {.role = FFISAN_ROLE_DETECTED, .frames = &frame, .frame_count = 1};
    struct subject subjects[] = {
        {INSIDE, .name = "spam.take"}, {OBJECT, .argument = 0, .name = "list"}, {CALL, LENT, .name = "f"}};
    struct finding one = {.rule = FFISAN_RULE_BORROWED_DECREF, .function = "spam.take", .library = "spam.so"};
    one.facts = (struct facts){.called = "", .subjects = subjects, .subject_count = 3};
    one.stacks = &stack;
    one.stack_count = 1;
    struct finding other = one;
    finding_fingerprint(&one);
    frame.function = "test";
    subjects[1].name = "tuple";
    subjects[2].name = "g";
    finding_fingerprint(&other);
    assert_string_equal(one.fingerprint, other.fingerprint);
    subjects[1].argument = 1;
    finding_fingerprint(&other);
    assert_string_not_equal(one.fingerprint, other.fingerprint);
    subjects[1].argument = 0;
    subjects[2].role = FFISAN_ROLE_DETECTED;
    finding_fingerprint(&other);
    assert_string_not_equal(one.fingerprint, other.fingerprint);
}

static size_t kept_of(enum ffisan_rule first, enum ffisan_rule second, const char *function, const char *type) {
    struct subject of_first[] = {{INSIDE, .name = "spam.f"}, {OBJECT, NONE, .name = "list"}};
    struct subject of_second[] = {{INSIDE, .name = function}, {OBJECT, NONE, .name = type}};
    struct finding findings[2] = {{.rule = first, .function = "spam.f"}, {.rule = second, .function = function}};
    findings[0].facts = (struct facts){.called = "", .subjects = of_first, .subject_count = 2};
    findings[1].facts = (struct facts){.called = "", .subjects = of_second, .subject_count = 2};
    size_t kept = twins_drop(findings, 2);
    assert_true(kept == 2 || findings[0].rule == second);
    return kept;
}

static void what_follows_from_another_defect_is_left_out(void **state) {
    (void)state;
    assert_int_equal(kept_of(FFISAN_RULE_BORROWED_DECREF, FFISAN_RULE_OVER_STEAL, "spam.f", "list"), 1);
    assert_int_equal(kept_of(FFISAN_RULE_REFERENCE_LEAK, FFISAN_RULE_BUFFER_NOT_RELEASED, "spam.f", "list"), 1);
    assert_int_equal(kept_of(FFISAN_RULE_BORROWED_DECREF, FFISAN_RULE_OVER_STEAL, "spam.g", "list"), 2);
    assert_int_equal(kept_of(FFISAN_RULE_BORROWED_DECREF, FFISAN_RULE_OVER_STEAL, "spam.f", "dict"), 2);
    assert_int_equal(kept_of(FFISAN_RULE_REFERENCE_LEAK, FFISAN_RULE_OVER_STEAL, "spam.f", "list"), 2);
}

static void names_are_those_of_the_source(void **state) {
    (void)state;
    struct judged judged;
    judged_setup(&judged);
    writer_finding(&judged.writer, FFISAN_RULE_BUFFER_NOT_RELEASED, "");
    writer_subject(&judged.writer, &(const struct writer_subject){CALL, CREATED, .name = "_PyArg_ParseTuple_SizeT"});
    writer_subject(&judged.writer, &(const struct writer_subject){CALL, DETECTED, .name = "_PyObject_Call", .detail = "x\xff"});
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    assert_int_equal(report->finding_count, 1);
    const struct finding *finding = &report->findings[0];
    assert_string_equal(subject_of_role(finding, FFISAN_SUBJECT_CALL, FFISAN_ROLE_CREATED)->name, "PyArg_ParseTuple");
    assert_string_equal(subject_of_role(finding, FFISAN_SUBJECT_CALL, FFISAN_ROLE_DETECTED)->name, "_PyObject_Call");
    report_free(report);
    judged_teardown(&judged);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(headlines_name_everything),
                                       cmocka_unit_test(parts_that_are_missing_are_done_without),
                                       cmocka_unit_test(the_extensions_function_is_to_blame),
                                       cmocka_unit_test(a_defect_is_one_whoever_calls),
                                       cmocka_unit_test(what_follows_from_another_defect_is_left_out),
                                       cmocka_unit_test(names_are_those_of_the_source)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
