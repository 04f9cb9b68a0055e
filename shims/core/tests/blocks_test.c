/* SPDX-License-Identifier: Apache-2.0
 * The books: birth, death, tombstones, canaries, looking around; on made-up addresses where the block's memory is not touched.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/blocks.h"
#include "ffisan/record.h"
#include "unit.h"

/* Room for blocks, 16-aligned, over three MiB so that a block may lie across chunks of the shadow. */
static char *room;

static int open_books(void **state) {
    (void)state;
    room = mmap(NULL, 4u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return room != MAP_FAILED && blocks_open() ? 0 : -1;
}

static void a_live_block_is_known(void **state) {
    (void)state;
    struct block block;
    block_birth(room, 100, FFISAN_FAMILY_NEW, 77);
    assert_true(block_at((uintptr_t)room, &block));
    assert_int_equal(block.start, (uintptr_t)room);
    assert_int_equal(block.size, 100);
    assert_int_equal(block.state, BLOCK_LIVE);
    assert_int_equal(block.family, FFISAN_FAMILY_NEW);
    assert_int_equal(block.allocated, 77);
    assert_int_equal(block.freed, 0);
}

static const size_t sizes[] = {0, 1, 8, 15, 16, 17, 24, 29, 30, 31, 32, 33, 100, 4096, (1u << 20) + 5};

static void a_tombstone_remembers_every_size(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct block block;
        block_birth(room, sizes[i], FFISAN_FAMILY_MALLOC, SITE_LIMIT - 1);
        assert_int_equal(block_death(room, SITE_LIMIT - 2, &block), BLOCK_LIVE);
        assert_int_equal(block.size, sizes[i]);
        assert_true(block_at((uintptr_t)room, &block));
        assert_int_equal(block.state, BLOCK_FREED);
        assert_int_equal(block.size, sizes[i]);
        assert_int_equal(block.allocated, SITE_LIMIT - 1);
        assert_int_equal(block.freed, SITE_LIMIT - 2);
    }
}

/* More than 30 bits of size: only address space, the canary's page excepted. */
static void a_huge_block_keeps_its_size(void **state) {
    (void)state;
    size_t size = ((size_t)5 << 30) + 7;
    char *huge = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(huge, MAP_FAILED);
    struct block block;
    block_birth(huge, size, FFISAN_FAMILY_MALLOC, 3);
    assert_true(block_around((uintptr_t)huge + size - 1, 0, &block));
    assert_int_equal(block.size, size);
    assert_int_equal(block_death(huge, 4, &block), BLOCK_LIVE);
    assert_true(block_at((uintptr_t)huge, &block));
    assert_int_equal(block.size, size);
    block_revive(&block);
    assert_true(block_at((uintptr_t)huge, &block));
    assert_int_equal(block.state, BLOCK_LIVE);
    assert_int_equal(block.size, size);
    block_forget(huge);
    munmap(huge, size + 4096);
}

static void a_second_death_changes_nothing(void **state) {
    (void)state;
    struct block block;
    block_birth(room, 40, FFISAN_FAMILY_MALLOC, 5);
    assert_int_equal(block_death(room, 6, &block), BLOCK_LIVE);
    assert_int_equal(block_death(room, 7, &block), BLOCK_FREED);
    assert_int_equal(block.freed, 6);
}

static void an_address_is_reused(void **state) {
    (void)state;
    struct block block;
    block_birth(room, 40, FFISAN_FAMILY_MALLOC, 5);
    block_death(room, 6, &block);
    block_birth(room, 24, FFISAN_FAMILY_MALLOC, 8);
    assert_int_equal(block_death(room, 9, &block), BLOCK_LIVE);
    assert_int_equal(block.allocated, 8);
}

static void forgotten_is_unknown(void **state) {
    (void)state;
    struct block block;
    block_birth(room, 40, FFISAN_FAMILY_MALLOC, 5);
    block_forget(room);
    assert_false(block_at((uintptr_t)room, &block));
    assert_int_equal(block_death(room, 6, &block), BLOCK_UNKNOWN);
}

/* A size whose low bits look like a state must not make the middle of a block a block. */
static void the_inside_is_no_block(void **state) {
    (void)state;
    for (size_t size = 0; size < 200; size++) {
        struct block block;
        block_birth(room, size, FFISAN_FAMILY_MALLOC, 5);
        for (size_t inside = 1; inside < 32; inside++)
            assert_int_equal(block_death(room + inside, 6, &block), BLOCK_UNKNOWN);
        block_death(room, 7, &block);
        assert_int_equal(block_death(room + 16, 6, &block), BLOCK_UNKNOWN);
        block_forget(room);
    }
}

static void every_overflow_is_seen(void **state) {
    (void)state;
    for (size_t size = 0; size < 64; size++)
        for (size_t past = 0; past < CANARY_SIZE; past++)
            for (unsigned value = 0; value < 256; value += 51) {
                struct block block;
                size_t offset = 0;
                uint8_t byte = 1;
                block_birth(room, size, FFISAN_FAMILY_MALLOC, 5);
                assert_true(block_at((uintptr_t)room, &block));
                assert_false(block_overflowed(&block, &offset, &byte));
                char kept = room[size + past];
                room[size + past] = (char)(kept == (char)value ? ~value : value);
                assert_true(block_overflowed(&block, &offset, &byte));
                assert_int_equal(offset, size + past);
                assert_int_equal(byte, (unsigned char)room[size + past]);
                block_forget(room);
            }
}

static void a_canary_has_no_common_byte(void **state) {
    (void)state;
    for (size_t at = 0; at < 1u << 16; at += 16) {
        block_birth(room + at, 8, FFISAN_FAMILY_MALLOC, 5);
        for (size_t i = 8; i < 16; i++)
            assert_in_range((unsigned char)room[at + i], 0x80, 0xbf);
        block_forget(room + at);
    }
}

static void a_copied_canary_is_seen(void **state) {
    (void)state;
    struct block block;
    size_t offset;
    uint8_t byte;
    block_birth(room, 8, FFISAN_FAMILY_MALLOC, 5);
    block_birth(room + 32, 8, FFISAN_FAMILY_MALLOC, 5);
    memcpy(room, room + 32, 16);
    block_at((uintptr_t)room, &block);
    assert_true(block_overflowed(&block, &offset, &byte));
    block_forget(room);
    block_forget(room + 32);
}

static void looking_around_finds_the_block(void **state) {
    (void)state;
    struct block block;
    char *start = room + (1u << 20) - 64; /* across the border of a MiB, or nearly, wherever `room` lies */
    block_birth(start, (2u << 20) - 9, FFISAN_FAMILY_MALLOC, 5);
    for (size_t inside = 0; inside < (2u << 20) - 9; inside += 4099) {
        assert_true(block_around((uintptr_t)start + inside, 0, &block));
        assert_int_equal(block.start, (uintptr_t)start);
    }
    assert_false(block_around((uintptr_t)start - 16, 64, &block));
    assert_false(block_around((uintptr_t)start + (3u << 20), 0, &block) && block.state == BLOCK_LIVE &&
                 block.start == (uintptr_t)start);
    assert_true(block_before((uintptr_t)start + (2u << 20), &block));
    assert_int_equal(block.start, (uintptr_t)start);
    block_forget(start);
}

static void a_live_block_hides_old_tombstones_inside(void **state) {
    (void)state;
    struct block block;
    block_birth(room + 64, 32, FFISAN_FAMILY_MALLOC, 5);
    block_death(room + 64, 6, &block);
    block_birth(room, 200, FFISAN_FAMILY_MALLOC, 7);
    assert_true(block_around((uintptr_t)room + 70, 0, &block));
    assert_int_equal(block.start, (uintptr_t)room);
    assert_int_equal(block.state, BLOCK_LIVE);
    block_forget(room);
    block_forget(room + 64);
}

static void a_disowned_block_lives_on(void **state) {
    (void)state;
    struct block block;
    block_birth(room, 40, FFISAN_FAMILY_NEW, 5);
    block_disown((uintptr_t)room);
    assert_true(block_at((uintptr_t)room, &block));
    assert_int_equal(block.state, BLOCK_LIVE);
    assert_int_equal(block.size, 40);
    assert_int_equal(block.family, FFISAN_FAMILY_NEW);
    assert_int_equal(block.allocated, 0);
    block_forget(room);
}

static void requests_have_room_for_the_canary(void **state) {
    (void)state;
    assert_int_equal(block_request(0), BLOCK_MINIMUM);
    assert_int_equal(block_request(16), 24);
    assert_int_equal(block_request(17), 25);
    assert_int_equal(block_request(SIZE_MAX), SIZE_MAX);
    assert_int_equal(block_request(PTRDIFF_MAX), PTRDIFF_MAX);
}

static bool sum_up(const struct block *block, void *context) {
    uintptr_t *sums = context;
    assert_true(block->start > sums[1]);
    sums[0]++;
    sums[1] = block->start;
    return true;
}

static void all_live_blocks_are_visited_in_order(void **state) {
    (void)state;
    uint64_t before = blocks_live();
    struct block block;
    for (size_t i = 0; i < 1000; i++)
        block_birth(room + (1u << 20) + i * 48, 24, FFISAN_FAMILY_MALLOC, 5);
    for (size_t i = 0; i < 1000; i += 2)
        block_death(room + (1u << 20) + i * 48, 6, &block);
    uintptr_t sums[2] = {0, 0};
    blocks_each(sum_up, sums);
    assert_int_equal(sums[0], before + 500);
    blocks_forget_tombstones();
    assert_false(block_at((uintptr_t)room + (1u << 20), &block));
    assert_true(block_at((uintptr_t)room + (1u << 20) + 48, &block));
    for (size_t i = 1; i < 1000; i += 2)
        block_forget(room + (1u << 20) + i * 48);
}

/* Of any number of frees of one block exactly one wins. */
#define RACERS 4
#define ROUNDS 20000
static uint32_t winners[ROUNDS];

static void *race(void *context) {
    (void)context;
    for (size_t i = 0; i < ROUNDS; i++) {
        struct block block;
        if (block_death(room + i * 32, 6, &block) == BLOCK_LIVE)
            __atomic_fetch_add(&winners[i], 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void one_of_many_frees_wins(void **state) {
    (void)state;
    for (size_t i = 0; i < ROUNDS; i++)
        block_birth(room + i * 32, 8, FFISAN_FAMILY_MALLOC, 5);
    pthread_t racers[RACERS];
    for (size_t i = 0; i < RACERS; i++)
        assert_int_equal(pthread_create(&racers[i], NULL, race, NULL), 0);
    for (size_t i = 0; i < RACERS; i++)
        pthread_join(racers[i], NULL);
    for (size_t i = 0; i < ROUNDS; i++)
        assert_int_equal(winners[i], 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_live_block_is_known),
        cmocka_unit_test(a_tombstone_remembers_every_size),
        cmocka_unit_test(a_huge_block_keeps_its_size),
        cmocka_unit_test(a_second_death_changes_nothing),
        cmocka_unit_test(an_address_is_reused),
        cmocka_unit_test(forgotten_is_unknown),
        cmocka_unit_test(the_inside_is_no_block),
        cmocka_unit_test(every_overflow_is_seen),
        cmocka_unit_test(a_canary_has_no_common_byte),
        cmocka_unit_test(a_copied_canary_is_seen),
        cmocka_unit_test(looking_around_finds_the_block),
        cmocka_unit_test(a_live_block_hides_old_tombstones_inside),
        cmocka_unit_test(a_disowned_block_lives_on),
        cmocka_unit_test(requests_have_room_for_the_canary),
        cmocka_unit_test(all_live_blocks_are_visited_in_order),
        cmocka_unit_test(one_of_many_frees_wins),
    };
    return cmocka_run_group_tests(tests, open_books, NULL);
}
