/* SPDX-License-Identifier: Apache-2.0
 * Which blocks crossed the boundary, and by which call.
 */
#include <sys/mman.h>

#include "core/lends.h"
#include "core/modules.h"
#include "unit.h"

static char *room;

static int start(void **state) {
    (void)state;
    room = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return blocks_open() ? 0 : -1;
}

static void a_block_that_crosses_is_marked(void **state) {
    (void)state;
    struct block block;
    block_birth(room, 100, 0, 7);
    assert_true(block_at((uintptr_t)room, &block) && !block.crossed);
    assert_int_equal(block_cross((uintptr_t)room, &block), BLOCK_LIVE);
    assert_true(block.crossed);
    assert_int_equal(block.size, 100);
    assert_int_equal(block.allocated, 7);
    assert_true(block_at((uintptr_t)room, &block) && block.crossed);
    assert_int_equal(block_death(room, 8, &block), BLOCK_LIVE);
    assert_true(block.crossed);
}

static void a_new_block_at_its_address_has_not_crossed(void **state) {
    (void)state;
    struct block block;
    block_birth(room, 64, 0, 9);
    assert_true(block_at((uintptr_t)room, &block) && !block.crossed);
}

static void what_starts_no_block_does_not_cross(void **state) {
    (void)state;
    struct block block;
    block_birth(room, 100, 0, 7);
    assert_int_equal(block_cross((uintptr_t)room + 16, &block), BLOCK_UNKNOWN);
    assert_int_equal(block_cross((uintptr_t)room + 3, &block), BLOCK_UNKNOWN);
    assert_int_equal(block_cross((uintptr_t)room + 65536, &block), BLOCK_UNKNOWN);
    assert_int_equal(block_cross(16, &block), BLOCK_UNKNOWN);
}

static void a_dead_one_says_so_and_stays_unmarked(void **state) {
    (void)state;
    struct block block;
    block_birth(room + 4096, 100, 0, 7);
    block_death(room + 4096, 8, &block);
    assert_int_equal(block_cross((uintptr_t)room + 4096, &block), BLOCK_FREED);
    assert_false(block.crossed);
}

static void the_last_call_is_known(void **state) {
    (void)state;
    struct block block;
    struct lend lend;
    block_birth(room + 8192, 100, 0, 7);
    block_cross((uintptr_t)room + 8192, &block);
    assert_false(lend_of(&block, &lend));
    lend_note(&block, 0x1111, 0);
    lend_note(&block, 0x2222, 1);
    assert_true(lend_of(&block, &lend));
    assert_int_equal(lend.function, 0x2222);
    assert_int_equal(lend.argument, 1);
}

static void another_block_at_the_same_address_was_not_lent(void **state) {
    (void)state;
    struct block block;
    struct lend lend;
    block_birth(room + 12288, 100, 0, 7);
    block_cross((uintptr_t)room + 12288, &block);
    lend_note(&block, 0x1111, 0);
    block_birth(room + 12288, 100, 0, 7);
    block_at((uintptr_t)room + 12288, &block);
    assert_false(lend_of(&block, &lend));
    block_birth(room + 12288, 100, 0, 8);
    block_cross((uintptr_t)room + 12288, &block);
    assert_false(lend_of(&block, &lend));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_that_crosses_is_marked),
        cmocka_unit_test(a_new_block_at_its_address_has_not_crossed),
        cmocka_unit_test(what_starts_no_block_does_not_cross),
        cmocka_unit_test(a_dead_one_says_so_and_stays_unmarked),
        cmocka_unit_test(the_last_call_is_known),
        cmocka_unit_test(another_block_at_the_same_address_was_not_lent),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
