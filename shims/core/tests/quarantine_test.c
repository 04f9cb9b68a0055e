/* SPDX-License-Identifier: Apache-2.0
 * Quarantine: what is held back, when it leaves, and that a late write is found. The real free is a counter here.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/blocks.h"
#include "core/findings.h"
#include "core/options.h"
#include "core/quarantine.h"
#include "unit.h"

static char *room;
static size_t used, released;
static struct finding last;
static struct block last_block;
static unsigned found;

static void sink(const struct finding *finding) {
    last = *finding;
    last_block = *finding->block;
    found++;
}

static void release(void *start) {
    (void)start;
    released++;
}

static int start(void **state) {
    (void)state;
    if (!room) {
        room = mmap(NULL, 64u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        blocks_open();
    }
    options_parse(&options, "quarantine=all:quarantine-size=1", NULL, NULL);
    finding_set_sink(sink);
    quarantine_forked();
    released = found = 0;
    return 0;
}

/* A block that has just been freed. */
static struct block dead(size_t size) {
    struct block block;
    char *place = room + used;
    used += (size + 8 + 4095) & ~(size_t)4095;
    block_birth(place, size, FFISAN_FAMILY_MALLOC, 5);
    assert_int_equal(block_death(place, 6, &block), BLOCK_LIVE);
    return block;
}

static void what_is_wanted(void **state) {
    (void)state;
    struct block block = dead(40);
    assert_true(quarantine_wants(&block));
    options.quarantine = FFISAN_QUARANTINE_CROSSED;
    assert_false(quarantine_wants(&block));
    block.crossed = true;
    assert_true(quarantine_wants(&block));
    options.quarantine = FFISAN_QUARANTINE_NONE;
    assert_false(quarantine_wants(&block));
}

static void larger_than_all_is_not_wanted(void **state) {
    (void)state;
    struct block block = dead((1u << 20) + 1);
    assert_false(quarantine_wants(&block));
}

static void oldest_leave_first(void **state) {
    (void)state;
    for (int i = 0; i < 10; i++) {
        struct block block = dead(200 << 10);
        assert_true(quarantine_take(&block, release));
    }
    assert_int_equal(released, 5); /* five times 200 KiB fit into a MiB */
    assert_int_equal(found, 0);
}

static void a_late_write_is_found_when_the_block_leaves(void **state) {
    (void)state;
    struct block block = dead(100);
    assert_true(quarantine_take(&block, release));
    ((char *)block.start)[42] = 'x';
    for (int i = 0; i < 6; i++) {
        struct block more = dead(200 << 10);
        quarantine_take(&more, release);
    }
    assert_int_equal(found, 1);
    assert_int_equal(last.rule, FFISAN_RULE_USE_AFTER_FREE);
    assert_int_equal(last.offset, 42);
    assert_int_equal(last.byte, 'x');
    assert_int_equal(last_block.start, block.start);
    assert_int_equal(last_block.size, 100);
    assert_int_equal(last_block.freed, 6);
}

static void a_late_write_is_found_at_the_end(void **state) {
    (void)state;
    struct block block = dead(3);
    assert_true(quarantine_take(&block, release));
    ((char *)block.start)[2] = 0;
    quarantine_check();
    assert_int_equal(found, 1);
}

static void a_fault_on_a_guard_page_is_ours(void **state) {
    (void)state;
    struct block block = dead(64 << 10);
    assert_true(quarantine_take(&block, release));
    uintptr_t inside = block.start + (32 << 10);
    assert_true(quarantine_fault(inside, NULL));
    assert_int_equal(found, 1);
    assert_int_equal(last.address, inside);
    assert_int_equal(last.offset, 32 << 10);
    *(volatile char *)inside = 1; /* open now */
    assert_false(quarantine_fault(0x10, NULL));
    assert_int_equal(found, 1);
}

static void a_held_block_is_neither_alive_nor_forgotten(void **state) {
    (void)state;
    struct block block = dead(100);
    assert_true(quarantine_take(&block, release));
    struct block again;
    assert_int_equal(block_death((void *)block.start, 9, &again), BLOCK_QUARANTINED);
    assert_int_equal(again.freed, 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_wanted, start),
        cmocka_unit_test_setup(larger_than_all_is_not_wanted, start),
        cmocka_unit_test_setup(oldest_leave_first, start),
        cmocka_unit_test_setup(a_late_write_is_found_when_the_block_leaves, start),
        cmocka_unit_test_setup(a_late_write_is_found_at_the_end, start),
        cmocka_unit_test_setup(a_fault_on_a_guard_page_is_ours, start),
        cmocka_unit_test_setup(a_held_block_is_neither_alive_nor_forgotten, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
