/* SPDX-License-Identifier: Apache-2.0
 * Which thread may do what with a handle, and when.
 */
#include "contract/threads.h"

#include "contract/book.h"
#include "contract/objects.h"
#include "core/blocks.h"
#include "core/options.h"
#include "core/tests/unit.h"
#include "fake_docs.h"

#define DOC     ((uintptr_t)0x7000000010)
#define OTHER   ((uintptr_t)0x7000000090)
#define NOTHING FFISAN_RULES

static void forget(struct object *object, void *context) {
    (void)context;
    book_forget(object);
}

static int start(void **state) {
    (void)state;
    options.rules_on = UINT64_MAX;
    return blocks_open() ? 0 : -1;
}

static int empty(void **state) {
    (void)state;
    assert_true(book_lock());
    book_each(forget, NULL);
    book_unlock();
    docs_open(NULL, NULL);
    docs_tid = 1;
    docs_cfa = 0x8000;
    docs_findings = 0;
    docs_call(DOC_OPEN, DOC, 0, 0);
    docs_call(DOC_OPEN, OTHER, 0, 0);
    return 0;
}

static struct registered_call begin_on(uint32_t tid, enum doc_function function, uintptr_t doc) {
    docs_tid = tid;
    docs_cfa = tid * 0x1000;
    return docs_begin(function, 0, doc, 0);
}

/* ---- serial ---- */

/* doc_alone has two words; of the second one there is nothing to say here. */
static enum ffisan_rule rule_of_serial(void) {
    docs_findings -= docs_findings && docs_finding.rule == FFISAN_RULE_WRONG_THREAD;
    return docs_rule();
}

static void two_threads_inside_with_one_handle(void **state) {
    (void)state;
    struct registered_call first = begin_on(1, DOC_ALONE, DOC);
    docs_open(&first, NULL);
    book_lock();
    book_forget(book_find(DOC, 0)); /* so that nobody made it */
    book_unlock();
    begin_on(2, DOC_ALONE, DOC);
    assert_int_equal(docs_rule(), FFISAN_RULE_CONCURRENT_USE);
    assert_int_equal(docs_part_count, 2);
    assert_int_equal(docs_parts[1].role, FFISAN_ROLE_LAST_USED);
    assert_int_equal(docs_parts[1].given, 1);
    assert_int_equal(docs_finding.sites[FFISAN_ROLE_LAST_USED], 0x1000 >> 4);
}

static void one_after_the_other(void **state) {
    (void)state;
    struct registered_call first = begin_on(1, DOC_ALONE, DOC);
    docs_end(&first, false);
    docs_open(&first, NULL);
    begin_on(2, DOC_ALONE, DOC);
    assert_int_equal(rule_of_serial(), NOTHING);
    first = begin_on(1, DOC_ALONE, OTHER);
    docs_end(&first, true);
    begin_on(2, DOC_ALONE, OTHER);
    assert_int_equal(rule_of_serial(), NOTHING);
}

static void two_handles(void **state) {
    (void)state;
    struct registered_call first = begin_on(1, DOC_ALONE, DOC);
    docs_open(&first, NULL);
    begin_on(2, DOC_ALONE, OTHER);
    assert_int_equal(rule_of_serial(), NOTHING);
}

static void inside_ones_own_call(void **state) {
    (void)state;
    struct registered_call first = begin_on(1, DOC_ALONE, DOC);
    docs_cfa = 0x900;
    struct registered_call inner = docs_begin(DOC_ALONE, 0, DOC, 0);
    docs_end(&inner, false);
    assert_int_equal(docs_rule(), NOTHING);
    docs_open(&first, NULL);
    begin_on(2, DOC_ALONE, DOC);
    assert_true(docs_findings > 0);
}

/* By an exception: its place still says that it is inside, and no call is open. */
static void a_call_that_was_left_unseen(void **state) {
    (void)state;
    begin_on(1, DOC_ALONE, DOC);
    begin_on(2, DOC_ALONE, DOC);
    assert_int_equal(rule_of_serial(), NOTHING);
}

static void beside_a_function_that_is_not_serial(void **state) {
    (void)state;
    struct registered_call first = begin_on(1, DOC_USE, DOC);
    docs_open(&first, NULL);
    begin_on(2, DOC_ALONE, DOC);
    assert_int_equal(rule_of_serial(), NOTHING);
}

/* ---- the thread that made it ---- */

static void on_another_thread_than_the_one_that_made_it(void **state) {
    (void)state;
    begin_on(2, DOC_ALONE, DOC);
    assert_int_equal(docs_rule(), FFISAN_RULE_WRONG_THREAD);
    assert_int_equal(docs_parts[0].wanted, 1);
    assert_int_equal(docs_parts[0].given, 2);
    assert_ptr_equal(docs_parts[1].registered, docs_registered(DOC_OPEN));
}

static void on_the_thread_that_made_it(void **state) {
    (void)state;
    begin_on(1, DOC_ALONE, DOC);
    assert_int_equal(docs_rule(), NOTHING);
}

static void who_made_it_is_not_known(void **state) {
    (void)state;
    book_lock();
    book_forget(book_find(DOC, 0));
    book_unlock();
    begin_on(2, DOC_ALONE, DOC);
    assert_int_equal(docs_rule(), NOTHING);
}

/* Its thread has another number in the child. */
static void made_before_a_fork(void **state) {
    (void)state;
    objects_forked();
    begin_on(2, DOC_ALONE, DOC);
    assert_int_equal(docs_rule(), NOTHING);
}

/* ---- reentry ---- */

static void from_inside_a_callback_of_the_same_handle(void **state) {
    (void)state;
    struct registered_call outer = begin_on(1, DOC_USE, DOC);
    docs_cfa = 0x800;
    docs_open(&outer, NULL);
    docs_begin(DOC_STEP, 0, DOC, 0);
    assert_int_equal(docs_rule(), FFISAN_RULE_REENTRANT_CALL);
    assert_ptr_equal(docs_parts[1].registered, docs_registered(DOC_USE));
    assert_int_equal(docs_finding.sites[FFISAN_ROLE_LAST_USED], 0x1000 >> 4);
}

static void from_inside_a_callback_of_another_handle(void **state) {
    (void)state;
    struct registered_call outer = begin_on(1, DOC_USE, OTHER);
    docs_open(&outer, NULL);
    docs_begin(DOC_STEP, 0, DOC, 0);
    assert_int_equal(docs_rule(), NOTHING);
}

static void from_inside_a_callback_of_nothing(void **state) {
    (void)state;
    struct registered_call outer = begin_on(1, DOC_USE, 0);
    docs_open(&outer, NULL);
    docs_begin(DOC_STEP, 0, 0, 0);
    assert_int_equal(docs_rule(), NOTHING);
}

/* An argument of that value which is no handle. */
static void beside_a_number_of_the_same_value(void **state) {
    (void)state;
    struct registered_call outer = begin_on(1, TEXT_READ, DOC);
    docs_open(&outer, NULL);
    docs_begin(DOC_STEP, 0, DOC, 0);
    assert_int_equal(docs_rule(), NOTHING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(two_threads_inside_with_one_handle, empty),
        cmocka_unit_test_setup(one_after_the_other, empty),
        cmocka_unit_test_setup(two_handles, empty),
        cmocka_unit_test_setup(inside_ones_own_call, empty),
        cmocka_unit_test_setup(a_call_that_was_left_unseen, empty),
        cmocka_unit_test_setup(beside_a_function_that_is_not_serial, empty),
        cmocka_unit_test_setup(on_another_thread_than_the_one_that_made_it, empty),
        cmocka_unit_test_setup(on_the_thread_that_made_it, empty),
        cmocka_unit_test_setup(who_made_it_is_not_known, empty),
        cmocka_unit_test_setup(made_before_a_fork, empty),
        cmocka_unit_test_setup(from_inside_a_callback_of_the_same_handle, empty),
        cmocka_unit_test_setup(from_inside_a_callback_of_another_handle, empty),
        cmocka_unit_test_setup(from_inside_a_callback_of_nothing, empty),
        cmocka_unit_test_setup(beside_a_number_of_the_same_value, empty),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
