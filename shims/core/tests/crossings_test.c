/* SPDX-License-Identifier: Apache-2.0
 * Open crossings, their ends that nobody sees, and the ring of the last ones.
 */
#include <string.h>

#include "core/callbacks.h"
#include "core/crossings.h"
#include "core/records.h"
#include "core/thread.h"
#include "unit.h"

/* A piece of stack of our own making: return addresses stand where crossings say that they do. */
static uintptr_t stack[64];

static uintptr_t cfa_at(unsigned slot) {
    return (uintptr_t)&stack[slot + 1];
}

static void enter(unsigned slot, uintptr_t function) {
    stack[slot] = 0x1000 + slot;
    crossing_enter(&(struct origin){.cfa = cfa_at(slot), .ra = stack[slot]}, function, NULL, NULL, place_here());
}

static uintptr_t stack_pointer(void) {
    return (uintptr_t)stack;
}

static uintptr_t innermost(void) {
    const struct crossing *crossing = crossing_innermost(stack_pointer());
    return crossing ? crossing->function : 0;
}

static int start(void **state) {
    (void)state;
    memset(stack, 0, sizeof stack);
    boundary_thread_end();
    return 0;
}

static void calls_nest(void **state) {
    (void)state;
    enter(40, 1);
    enter(30, 2);
    assert_int_equal(innermost(), 2);
    crossing_leave(cfa_at(30));
    assert_int_equal(innermost(), 1);
    crossing_leave(cfa_at(40));
    assert_int_equal(innermost(), 0);
}

static void one_that_was_left_unseen_is_dropped_by_the_next(void **state) {
    (void)state;
    enter(40, 1);
    enter(30, 2); /* a longjmp leaves this one */
    enter(35, 3);
    assert_int_equal(innermost(), 3);
    crossing_leave(cfa_at(35));
    assert_int_equal(innermost(), 1);
}

static void leaving_the_outer_one_ends_the_inner_ones(void **state) {
    (void)state;
    enter(40, 1);
    enter(30, 2);
    crossing_leave(cfa_at(40));
    assert_int_equal(innermost(), 0);
    assert_int_equal(self.boundary->open_count, 0);
}

static void the_end_of_one_that_was_dropped_changes_nothing(void **state) {
    (void)state;
    enter(40, 1);
    crossing_leave(cfa_at(35));
    assert_int_equal(innermost(), 1);
}

static void what_another_stack_has_put_in_its_place_is_not_taken_for_it(void **state) {
    (void)state;
    enter(40, 1);
    enter(30, 2);
    stack[30] = 0x77; /* a coroutine's frames lie there now */
    assert_int_equal(innermost(), 1);
}

static void one_below_the_stack_pointer_is_over(void **state) {
    (void)state;
    enter(40, 1);
    enter(30, 2);
    const struct crossing *crossing = crossing_innermost(cfa_at(35));
    assert_non_null(crossing);
    assert_int_equal(crossing->function, 1);
}

static void too_deep_ones_are_not_kept_and_do_no_harm(void **state) {
    (void)state;
    for (unsigned i = 0; i < CROSSINGS_OPEN; i++)
        enter(60 - i, i + 1);
    enter(10, 99);
    crossing_leave(cfa_at(10));
    assert_int_equal(innermost(), CROSSINGS_OPEN);
    for (unsigned i = CROSSINGS_OPEN; i > 0; i--) {
        assert_int_equal(innermost(), i);
        crossing_leave(cfa_at(60 - i + 1));
    }
    assert_int_equal(self.boundary->open_count, 0);
}

static void the_last_ones_are_remembered_newest_first(void **state) {
    (void)state;
    struct last_crossing last[CROSSINGS_LAST];
    assert_int_equal(crossings_last(last), 0);
    for (uintptr_t i = 1; i <= CROSSINGS_LAST + 5; i++) {
        enter(40, i);
        if (i != CROSSINGS_LAST + 5)
            crossing_leave(cfa_at(40));
    }
    assert_int_equal(crossings_last(last), CROSSINGS_LAST);
    for (unsigned i = 0; i < CROSSINGS_LAST; i++) {
        assert_int_equal(last[i].function, CROSSINGS_LAST + 5 - i);
        assert_int_equal(last[i].open, i == 0);
    }
}

static void a_callback_is_told_from_a_call(void **state) {
    (void)state;
    struct last_crossing last[CROSSINGS_LAST];
    enter(40, 1);
    stack[30] = 0x1030;
    static struct callback callback;
    crossing_enter(&(struct origin){.cfa = cfa_at(30), .ra = 0x1030}, 2, NULL, &callback, place_here());
    assert_ptr_equal(crossing_innermost(stack_pointer())->callback, &callback);
    assert_int_equal(crossings_last(last), 2);
    assert_true(last[0].up);
    assert_false(last[1].up);
}

static struct managed_place here(void) {
    return (struct managed_place){.code = 0xc0de, .instruction = 1};
}

static size_t describe(struct managed_place place, struct ffisan_record_python *item, size_t size) {
    assert_int_equal(place.code, 0xc0de);
    if (size < sizeof *item)
        return 0;
    memset(item, 0, sizeof *item);
    item->item = (struct ffisan_record_item){FFISAN_ITEM_PYTHON, sizeof *item};
    return sizeof *item;
}

static void items_hold_their_lines_and_end_with_the_room(void **state) {
    (void)state;
    char room[600];
    managed_places = (struct managed_places){.here = here, .describe = describe};
    for (uintptr_t i = 1; i <= 3; i++)
        enter(40, i);
    size_t one = sizeof(struct ffisan_record_crossing) + sizeof(struct ffisan_record_python);
    assert_int_equal(crossings_write(room, sizeof room), 3 * one);
    const struct ffisan_record_crossing *item = (const void *)room;
    assert_int_equal(item->function, 3);
    assert_int_equal(item->item.size, one);
    assert_int_equal(crossings_write(room, one + sizeof(struct ffisan_record_crossing)),
                     one + sizeof(struct ffisan_record_crossing));
    assert_int_equal(crossings_write(room, 8), 0);
    managed_places = (struct managed_places){0};
}

static void the_header_counts_them(void **state) {
    (void)state;
    uint64_t before = records_header()->crossings;
    for (unsigned i = 0; i < 100; i++)
        enter(40, 1);
    crossings_tell();
    assert_int_equal(records_header()->crossings - before, 100);
    crossings_tell();
    assert_int_equal(records_header()->crossings - before, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(calls_nest, start),
        cmocka_unit_test_setup(one_that_was_left_unseen_is_dropped_by_the_next, start),
        cmocka_unit_test_setup(leaving_the_outer_one_ends_the_inner_ones, start),
        cmocka_unit_test_setup(the_end_of_one_that_was_dropped_changes_nothing, start),
        cmocka_unit_test_setup(what_another_stack_has_put_in_its_place_is_not_taken_for_it, start),
        cmocka_unit_test_setup(one_below_the_stack_pointer_is_over, start),
        cmocka_unit_test_setup(too_deep_ones_are_not_kept_and_do_no_harm, start),
        cmocka_unit_test_setup(the_last_ones_are_remembered_newest_first, start),
        cmocka_unit_test_setup(a_callback_is_told_from_a_call, start),
        cmocka_unit_test_setup(items_hold_their_lines_and_end_with_the_room, start),
        cmocka_unit_test_setup(the_header_counts_them, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
