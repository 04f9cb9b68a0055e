/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "judged.h"

static struct judged judged;
static int ends[2];
static char printed[4096];

static int setup(void **state) {
    (void)state;
    judged_setup(&judged);
    return pipe(ends);
}
static int teardown(void **state) {
    (void)state;
    judged_teardown(&judged);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/* What a poll prints; something is written behind it, so that reading does not wait. */
static const char *poll_once(struct live *live) {
    live_poll(live);
    assert_int_equal(write(ends[1], ".", 1), 1);
    ssize_t size = read(ends[0], printed, sizeof(printed) - 1);
    assert_true(size > 0);
    printed[size - 1] = 0;
    return printed;
}

static void save_again(void) {
    struct record_writer copy = judged.writer;
    judged.files = 0;
    judged_save(&judged);
    judged.writer = copy;
}

static void each_finding_is_said_once(void **state) {
    (void)state;
    assert_null(plan_check(&judged.plan));
    struct live *live = live_new(&judged.plan, judged.folder, ends[1]);
    assert_string_equal(poll_once(live), "");
    writer_module(&judged.writer, 1, 0x10000, "/nowhere/libx.so");
    size_t at = judged.writer.used;
    writer_finding(&judged.writer, FFISAN_RULE_DOUBLE_FREE, "free");
    writer_stack(&judged.writer, FFISAN_ROLE_DETECTED, (const uint64_t[]){0x10010}, 1);
    struct ffisan_record *record = (void *)(judged.writer.bytes + at);
    record->committed = 0;
    save_again();
    assert_string_equal(poll_once(live), "");
    record->committed = FFISAN_COMMITTED; /* nothing else changes: the writer was in the middle of it */
    save_again();
    assert_string_equal(poll_once(live),
                        "ffisan: error: free() of a block of 24 bytes that was already freed [double-free, process 100]\n");
    assert_string_equal(poll_once(live), "");
    writer_finding(&judged.writer, FFISAN_RULE_LEAK, "");
    save_again();
    assert_non_null(strstr(poll_once(live), "warning: 1 block of 24 bytes was lost"));
    live_free(live);
}

/* What nobody knows is compared with what others say of it: for this no prototype is needed. */
static void calls_are_judged(void **state) {
    (void)state;
    static const char *const declared[] = {"(i;*c)", "(*c;*c)"};
    static const struct ffisan_record_argument argument;
    assert_null(plan_check(&judged.plan));
    struct live *live = live_new(&judged.plan, judged.folder, ends[1]);
    writer_module(&judged.writer, 1, 0x10000, "/nowhere/libx.so");
    for (unsigned i = 0; i < 2; i++) {
        writer_call_record(&judged.writer);
        writer_call_with(&judged.writer, FFISAN_ROLE_DETECTED, 0x10100, "f", &argument, 1)->flags = FFISAN_CALL_RESULT_DECLARED;
        writer_types(&judged.writer, FFISAN_ROLE_DETECTED, declared[i]);
        save_again();
        assert_int_equal(strstr(poll_once(live), "f() is declared in two ways") != NULL, i == 1);
    }
    assert_string_equal(poll_once(live), "");
    live_free(live);
}

static void collect(struct writer_term *kept, bool called) {
    writer_finding(&judged.writer, FFISAN_RULE_COLLECTED_CALLBACK, "");
    writer_stack(&judged.writer, FFISAN_ROLE_CREATED, (const uint64_t[]){0x10010}, 1);
    if (called)
        writer_call(&judged.writer, FFISAN_ROLE_DETECTED, 0x5000, 0, NULL)->flags = FFISAN_CALL_UP;
    writer_term(&judged.writer, kept);
}

/* A callback that was freed is called later, or at once. */
static void two_findings_about_one_callback_are_said_once(void **state) {
    (void)state;
    struct writer_term kept = {FFISAN_ROLE_LENT, FFISAN_WORD_RETAINED, 1, 0x10100, 0, 0, "f", "fn", "", "", "", ""};
    assert_null(plan_check(&judged.plan));
    struct live *live = live_new(&judged.plan, judged.folder, ends[1]);
    writer_module(&judged.writer, 1, 0x10000, "/nowhere/libx.so");
    collect(&kept, false);
    save_again();
    assert_non_null(strstr(poll_once(live), "freed a callback that f() has been handed"));
    collect(&kept, true);
    save_again();
    assert_string_equal(poll_once(live), "");
    kept.argument = 2;
    kept.place = "other";
    collect(&kept, false);
    collect(&kept, true);
    save_again();
    assert_non_null(strstr(poll_once(live), "C called a callback"));
    assert_null(strstr(printed, "freed a callback that f()"));
    live_free(live);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(each_finding_is_said_once), TEST(calls_are_judged),
                                       TEST(two_findings_about_one_callback_are_said_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
