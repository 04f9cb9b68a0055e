/* SPDX-License-Identifier: Apache-2.0
 * Ranges that C keeps, and memory that goes.
 */
#include "contract/memory.h"

#include <pthread.h>
#include <sys/mman.h>

#include "contract/kept.h"
#include "core/blocks.h"
#include "core/crossings.h"
#include "core/tests/unit.h"
#include "fake_calls.h"

#define PAGE    4096u
#define OWNER   0x5001u
#define CALLED  0x7000u
#define SIXTEEN (16u * PAGE)

static char *room;
static const struct origin origin = {.cfa = 0x100, .ra = 0x200};
static const struct memory_doer host = {.origin = &origin, .function = "free"};

static int start(void **state) {
    (void)state;
    room = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return blocks_open() ? 0 : -1;
}

static bool forget(struct kept *kept, void *context) {
    (void)context;
    kept_remove(kept);
    return true;
}

static int empty(void **state) {
    (void)state;
    kept_enter();
    kept_each_of_all(forget, NULL);
    kept_leave();
    fake_open(NULL, NULL);
    fake_taken();
    return 0;
}

static uintptr_t at(size_t offset) {
    return (uintptr_t)room + offset;
}

static void keep(size_t offset, size_t size, uint64_t owner) {
    struct kept kept = {.registered = fake_registered(BOX_PUT),
                        .owner = owner,
                        .argument = 2,
                        .start = at(offset),
                        .size = size,
                        .cfa = CALLED,
                        .state = KEPT_HELD};
    assert_true(kept_enter());
    assert_true(kept_add(&kept));
    kept_leave();
}

static bool freed(size_t offset, size_t size) {
    return memory_ends(at(offset), size, MEMORY_FREED, &host);
}

static void nothing_is_kept_at_first(void **state) {
    (void)state;
    assert_false(memory_kept(at(0), 100));
    assert_false(freed(0, 100));
}

static void what_holds_it_is_freed(void **state) {
    (void)state;
    keep(64, 10, 0);
    assert_true(memory_kept(at(48), 40));
    assert_true(freed(48, 40));
    assert_int_equal(fake_taken(), 1);
    assert_int_equal(fake_finding.rule, FFISAN_RULE_FREED_WHILE_RETAINED);
    assert_int_equal(fake_finding.address, at(64));
    assert_int_equal(fake_finding.offset, 16);
    assert_int_equal(fake_argument, 2);
}

static void it_is_said_once(void **state) {
    (void)state;
    keep(64, 10, 0);
    freed(48, 40);
    assert_false(memory_kept(at(48), 40));
    assert_false(freed(48, 40));
    assert_int_equal(fake_taken(), 1);
}

static void a_neighbour_in_the_same_page_is_another_matter(void **state) {
    (void)state;
    keep(64, 16, 0);
    assert_false(freed(0, 64));
    assert_false(freed(80, 64));
    assert_int_equal(fake_taken(), 0);
    assert_true(memory_kept(at(64), 16));
}

static void every_registration_in_a_block_is_told(void **state) {
    (void)state;
    keep(0, 16, 0);
    keep(PAGE, 16, 0);
    keep(5 * PAGE, 16, 0);
    assert_true(freed(0, 2 * PAGE));
    assert_int_equal(fake_taken(), 2);
    assert_true(memory_kept(at(5 * PAGE), 1));
}

static void a_large_block_holds_it_too(void **state) {
    (void)state;
    keep(70 * PAGE, 16, 0);
    assert_true(freed(0, 100 * PAGE));
    assert_int_equal(fake_taken(), 1);
}

static void pages_share_no_end(void **state) {
    (void)state;
    keep(0, 16, 0);
    keep(32, 16, 0);
    freed(0, 16);
    assert_true(memory_kept(at(32), 16));
    freed(32, 16);
    assert_false(memory_kept(at(32), 16));
}

/* With the owner's own memory everything goes that it could have been used by. */
static void nothing_is_kept_by_an_owner_that_is_gone(void **state) {
    (void)state;
    keep(64, 10, at(8 * PAGE + 16));
    assert_false(freed(8 * PAGE, 100));
    assert_false(freed(64, 10));
    assert_int_equal(fake_taken(), 0);
}

static void owner_and_memory_in_one_block_go_together(void **state) {
    (void)state;
    keep(64, 10, at(32));
    assert_false(freed(0, 100));
    assert_int_equal(memory_kept_count, 0);
}

static void a_call_that_has_not_returned_keeps_nothing_yet(void **state) {
    (void)state;
    struct kept kept = {.registered = fake_registered(BOX_PUT), .start = at(0), .size = 1, .cfa = CALLED, .state = KEPT_PENDING};
    kept_enter();
    kept_add(&kept);
    kept_leave();
    assert_false(freed(0, 100));
    assert_int_equal(memory_kept_count, 0);
}

static void a_block_that_is_another_by_now_is_not_meant(void **state) {
    (void)state;
    block_birth(room, 100, 0, 7);
    struct kept kept = {.registered = fake_registered(BOX_PUT),
                        .start = at(0),
                        .size = 1,
                        .block = at(0),
                        .allocated = 6,
                        .cfa = CALLED,
                        .state = KEPT_HELD};
    kept_enter();
    kept_add(&kept);
    kept_leave();
    assert_false(freed(0, 100));
    block_forget(room);
}

static void the_finding_names_the_block(void **state) {
    (void)state;
    struct block block;
    block_birth(room + 2 * PAGE, 100, 0, 7);
    keep(2 * PAGE, 10, 0);
    block_death(room + 2 * PAGE, 8, &block);
    assert_true(freed(2 * PAGE, 100));
    assert_non_null(fake_finding.block);
    block_forget(room + 2 * PAGE);
}

/* The test has no rows: a call of the library's that is open stands for the library at work. */
static const struct registered_call *begins(enum box_function function, uint64_t argument) {
    static struct registered_call call;
    call = fake_call(function, 0x9000, &argument, 1);
    return &call;
}

/* What its owner keeps is told when that is worked on. */
static void what_an_owner_lost_is_not_told_yet(void **state) {
    (void)state;
    keep(64, 10, OWNER);
    assert_false(freed(48, 40));
    assert_false(memory_kept(at(64), 10));
    assert_int_equal(kept_losses, 1);
    assert_int_equal(fake_taken(), 0);
}

static void it_is_told_at_once_while_its_owner_is_worked_on(void **state) {
    (void)state;
    struct registered_call open = *begins(BOX_LOOK, OWNER);
    keep(64, 10, OWNER);
    fake_open(NULL, &open);
    assert_true(freed(48, 40));
    assert_int_equal(kept_losses, 0);
}

static void not_while_its_owner_is_closed(void **state) {
    (void)state;
    struct registered_call open = *begins(BOX_CLOSE, OWNER);
    keep(64, 10, OWNER);
    fake_open(NULL, &open);
    assert_false(freed(48, 40));
}

static void a_library_gives_back_what_it_keeps(void **state) {
    (void)state;
    struct registered_call open = fake_call(BOX_CLOSE, 0x9000, (const uint64_t[]){OWNER}, 1);
    fake_open(&open, NULL);
    keep(0, 10, 0);
    assert_false(memory_ends(at(0), 100, MEMORY_FREED, &host));
    assert_int_equal(memory_kept_count, 0);
}

static void what_python_hands_out_is_no_librarys_to_give_back(void **state) {
    (void)state;
    struct registered_call open = fake_call(BOX_CLOSE, 0x9000, (const uint64_t[]){OWNER}, 1);
    struct memory_doer python = {.origin = &origin, .managed = true, .function = "PyObject_Free"};
    fake_open(&open, NULL);
    keep(0, 10, 0);
    assert_true(memory_ends(at(0), 100, MEMORY_FREED, &python));
}

static void the_host_gives_it_back_by_a_function_of_the_library(void **state) {
    (void)state;
    struct registered_call open = fake_call(BOX_EAT, 0x9000, (const uint64_t[]){at(0)}, 1);
    fake_open(&open, NULL);
    keep(0, 10, 0);
    assert_true(memory_ends(at(0), 100, MEMORY_FREED, &host));
}

/* ---- realloc ---- */

static bool moved(size_t to, size_t size) {
    struct memory_move move = memory_moving(at(0), 100);
    return memory_moved(&move, at(to), size, &host);
}

static void what_moved_is_gone(void **state) {
    (void)state;
    keep(10, 10, 0);
    assert_true(moved(PAGE, 200));
    assert_int_equal(fake_taken(), 1);
}

static void what_grew_in_place_is_still_there(void **state) {
    (void)state;
    keep(10, 10, 0);
    assert_false(moved(0, 200));
    assert_true(memory_kept(at(10), 1));
}

static void what_was_cut_off_is_gone(void **state) {
    (void)state;
    keep(10, 10, 0);
    assert_false(moved(0, 20));
    assert_true(moved(0, 19));
}

static void what_came_to_the_old_place_meanwhile_is_not_meant(void **state) {
    (void)state;
    keep(10, 10, 0);
    struct memory_move move = memory_moving(at(0), 100);
    keep(20, 10, 0);
    assert_true(memory_moved(&move, at(PAGE), 200, &host));
    assert_int_equal(fake_taken(), 1);
    assert_true(memory_kept(at(20), 1));
}

/* ---- calls under way ---- */

static void another_thread_reads_it(void **state) {
    (void)state;
    struct memory_user user;
    struct registered_call open = fake_call(BOX_LOOK, 0x9000, (const uint64_t[]){at(10)}, 1);
    open.tid = 1;
    fake_open(NULL, &open);
    assert_true(memory_in_use(at(0), 100, &user));
    assert_int_equal(user.argument, 0);
    assert_int_equal(user.tid, 1);
    assert_false(memory_in_use(at(11), 100, &user));
    assert_true(memory_taken_from_call(at(0), 100, &host));
    assert_int_equal(fake_finding.rule, FFISAN_RULE_FREED_DURING_CALL);
}

static void what_a_call_takes_over_may_go(void **state) {
    (void)state;
    struct memory_user user;
    struct registered_call open = fake_call(BOX_EAT, 0x9000, (const uint64_t[]){at(10)}, 1);
    fake_open(NULL, &open);
    assert_false(memory_in_use(at(0), 100, &user));
}

static void what_no_word_speaks_of_is_not_used(void **state) {
    (void)state;
    struct memory_user user;
    struct registered_call open = fake_call(BOX_CLOSE, 0x9000, (const uint64_t[]){at(10)}, 1);
    fake_open(NULL, &open);
    assert_false(memory_in_use(at(0), 100, &user));
}

static void a_call_of_this_thread_does_as_it_likes(void **state) {
    (void)state;
    struct memory_user user;
    struct registered_call open = fake_call(BOX_LOOK, UINTPTR_MAX, (const uint64_t[]){at(10)}, 1);
    fake_open(&open, NULL);
    assert_false(memory_in_use(at(0), 100, &user));
}

/* ---- the book ---- */

static void ten_thousand_rounds_take_no_room(void **state) {
    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        keep(i % 64 * 16, 16, 0);
        freed(i % 64 * 16, 16);
    }
    assert_int_equal(fake_taken(), 200000);
    assert_int_equal(memory_kept_count, 0);
    assert_int_equal(kept_lost(), 0);
}

static void a_full_book_loses_what_comes_and_no_more(void **state) {
    (void)state;
    struct kept kept = {.registered = fake_registered(BOX_PUT), .owner = OWNER, .start = at(0), .size = 1, .state = KEPT_HELD};
    unsigned entered = 0;
    assert_true(kept_enter());
    for (unsigned i = 0; i < KEPT_MOST + 10; i++)
        entered += kept_add(&kept);
    kept_leave();
    assert_int_equal(entered, KEPT_MOST - 1);
    assert_int_equal(kept_lost(), 11);
}

static void every_page_has_its_bit(void **state) {
    (void)state;
    for (size_t page = 0; page < 200; page++)
        keep(page * PAGE, 1, 0);
    for (size_t page = 0; page < 200; page++)
        assert_true(memory_kept(at(page * PAGE), SIXTEEN));
    for (size_t page = 0; page < 200; page++)
        assert_true(freed(page * PAGE, 1));
    for (size_t page = 0; page < 256; page++)
        assert_false(memory_kept(at(page * PAGE), 1));
}

static void *is_at_it(void *unused) {
    assert_true(kept_enter());
    return unused;
}

static void a_child_begins_with_nothing(void **state) {
    (void)state;
    pthread_t other;
    keep(0, 10, 0);
    assert_int_equal(pthread_create(&other, NULL, is_at_it, NULL), 0);
    pthread_join(other, NULL);
    kept_forked();
    assert_false(memory_kept(at(0), 10));
    keep(0, 10, 0);
    assert_true(freed(0, 10));
}

/* Last: there is no way back. */
static void at_the_end_nothing_counts(void **state) {
    (void)state;
    keep(0, 10, 0);
    memory_quiet();
    assert_false(memory_kept(at(0), 10));
    assert_false(freed(0, 10));
    assert_false(kept_enter());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_kept_at_first, empty),
        cmocka_unit_test_setup(what_holds_it_is_freed, empty),
        cmocka_unit_test_setup(it_is_said_once, empty),
        cmocka_unit_test_setup(a_neighbour_in_the_same_page_is_another_matter, empty),
        cmocka_unit_test_setup(every_registration_in_a_block_is_told, empty),
        cmocka_unit_test_setup(a_large_block_holds_it_too, empty),
        cmocka_unit_test_setup(pages_share_no_end, empty),
        cmocka_unit_test_setup(nothing_is_kept_by_an_owner_that_is_gone, empty),
        cmocka_unit_test_setup(owner_and_memory_in_one_block_go_together, empty),
        cmocka_unit_test_setup(a_call_that_has_not_returned_keeps_nothing_yet, empty),
        cmocka_unit_test_setup(a_block_that_is_another_by_now_is_not_meant, empty),
        cmocka_unit_test_setup(the_finding_names_the_block, empty),
        cmocka_unit_test_setup(what_an_owner_lost_is_not_told_yet, empty),
        cmocka_unit_test_setup(it_is_told_at_once_while_its_owner_is_worked_on, empty),
        cmocka_unit_test_setup(not_while_its_owner_is_closed, empty),
        cmocka_unit_test_setup(a_library_gives_back_what_it_keeps, empty),
        cmocka_unit_test_setup(what_python_hands_out_is_no_librarys_to_give_back, empty),
        cmocka_unit_test_setup(the_host_gives_it_back_by_a_function_of_the_library, empty),
        cmocka_unit_test_setup(what_moved_is_gone, empty),
        cmocka_unit_test_setup(what_grew_in_place_is_still_there, empty),
        cmocka_unit_test_setup(what_was_cut_off_is_gone, empty),
        cmocka_unit_test_setup(what_came_to_the_old_place_meanwhile_is_not_meant, empty),
        cmocka_unit_test_setup(another_thread_reads_it, empty),
        cmocka_unit_test_setup(what_a_call_takes_over_may_go, empty),
        cmocka_unit_test_setup(what_no_word_speaks_of_is_not_used, empty),
        cmocka_unit_test_setup(a_call_of_this_thread_does_as_it_likes, empty),
        cmocka_unit_test_setup(ten_thousand_rounds_take_no_room, empty),
        cmocka_unit_test_setup(a_full_book_loses_what_comes_and_no_more, empty),
        cmocka_unit_test_setup(every_page_has_its_bit, empty),
        cmocka_unit_test_setup(a_child_begins_with_nothing, empty),
        cmocka_unit_test_setup(at_the_end_nothing_counts, empty),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
