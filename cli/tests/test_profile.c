/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judged.h"
#include "pool.h"

static struct judged judged;

static int setup(void **state) {
    (void)state;
    judged_setup(&judged);
    writer_module(&judged.writer, 1, 0x10000, "/nowhere/libgreeting.so.1");
    return 0;
}
static int teardown(void **state) {
    (void)state;
    judged_teardown(&judged);
    return 0;
}

static const struct writer_python_frame line_3 = {"main", "app.py", 3, 0}, line_4 = {"main", "app.py", 4, 0};

static struct ffisan_record_profile numbers(uint64_t calls, uint64_t ns) {
    return (struct ffisan_record_profile){
        .function = 0x10010, .generation = 1, .calls = calls, .ns = ns, .shortest = 5, .name = "greet"};
}

static void rows_of_one_line_are_summed(void **state) {
    (void)state;
    struct ffisan_record_profile first = numbers(10, 1000), second = numbers(5, 400);
    first.bytes = 7;
    second.shortest = 2;
    writer_profile(&judged.writer, &first, &line_3);
    writer_profile(&judged.writer, &second, &line_3);
    second.ns = 9000;
    writer_profile(&judged.writer, &second, &line_4);
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    assert_int_equal(report->profile.count, 2);
    const struct profile_row *rows = report->profile.rows;
    assert_int_equal(rows[0].line, 4); /* the dearest */
    assert_int_equal(rows[1].line, 3);
    assert_int_equal(rows[1].calls, 15);
    assert_int_equal(rows[1].ns, 1400);
    assert_int_equal(rows[1].shortest_ns, 2);
    assert_int_equal(rows[1].bytes, 7);
    assert_string_equal(rows[1].file, "app.py");
    assert_string_equal(rows[1].function, "greet");
    assert_string_equal(rows[1].library, "libgreeting.so.1");
    report_free(report);
}

static void callbacks_have_rows_of_their_own(void **state) {
    (void)state;
    struct ffisan_record_profile call = numbers(10, 1000), back = numbers(10, 500);
    back.flags = FFISAN_CALL_UP;
    writer_profile(&judged.writer, &call, &line_3);
    writer_profile(&judged.writer, &back, &line_3);
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    assert_int_equal(report->profile.count, 2);
    assert_false(report->profile.rows[0].up);
    assert_true(report->profile.rows[1].up);
    char *text = report_text(report, &judged.plan, false);
    assert_non_null(strstr(text, "made at app.py:3 main"));
    assert_non_null(strstr(text, "greet of libgreeting.so.1"));
    free(text);
    report_free(report);
}

static const char *hint(struct pool *pool, uint64_t calls, uint64_t ns_a_call, uint64_t repeated, bool up) {
    struct profile_row row = {.up = up, .calls = calls, .ns = calls * ns_a_call, .repeated = repeated};
    const char *text = profile_hint(pool, &row);
    return text ? text : "";
}

static void many_short_calls_are_worth_a_batch(void **state) {
    (void)state;
    struct pool *pool = pool_new();
    assert_non_null(strstr(hint(pool, 1000000, 30, 0, false), "many items at once"));
    assert_string_equal(hint(pool, 50, 30, 0, false), "");
    assert_string_equal(hint(pool, 1000000, 5000, 0, false), "");
    assert_string_equal(hint(pool, 1000000, 30, 0, true), "");
    pool_free(pool);
}

static void the_same_text_again_is_worth_keeping(void **state) {
    (void)state;
    struct pool *pool = pool_new();
    assert_non_null(strstr(hint(pool, 1000, 500, 900, false), "keep it"));
    assert_string_equal(hint(pool, 1000, 500, 20, false), "");
    assert_string_equal(hint(pool, 1000, 500, 300, false), "");
    pool_free(pool);
}

static void a_line_that_is_not_sound_is_left_out(void **state) {
    (void)state;
    struct ffisan_record_profile row = numbers(10, 1000);
    size_t at = judged.writer.used;
    writer_profile(&judged.writer, &row, &line_3);
    struct ffisan_record_python *python = (void *)(judged.writer.bytes + at + sizeof row);
    python->depth = 0x10000000;
    judged_save(&judged);
    struct report *report = judged_report(&judged);
    assert_int_equal(report->profile.count, 1);
    assert_null(report->profile.rows[0].file);
    report_free(report);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_of_one_line_are_summed, setup, teardown),
        cmocka_unit_test_setup_teardown(callbacks_have_rows_of_their_own, setup, teardown),
        cmocka_unit_test(many_short_calls_are_worth_a_batch),
        cmocka_unit_test(the_same_text_again_is_worth_keeping),
        cmocka_unit_test_setup_teardown(a_line_that_is_not_sound_is_left_out, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
