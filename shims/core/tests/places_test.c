/* SPDX-License-Identifier: Apache-2.0
 * What an address is, and which of them can never be freed.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/blocks.h"
#include "core/confined.h"
#include "core/modules.h"
#include "core/places.h"
#include "unit.h"

static char *room;
static int in_data = 1;

static void patch(struct module *module) {
    (void)module;
}

static void changed(bool unloaded) {
    (void)unloaded;
}

static int start(void **state) {
    (void)state;
    room = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return blocks_open() && modules_refresh(true, patch, changed) ? 0 : -1;
}

static enum ffisan_place place(const void *address) {
    struct block block;
    bool known;
    return place_of((uintptr_t)address, &block, &known);
}

static void places_are_told_apart(void **state) {
    (void)state;
    int on_stack = 0;
    struct block block;
    bool known;
    block_birth(room + 4096, 100, 0, 1);
    block_birth(room + 8192, 100, 0, 1);
    block_death(room + 8192, 2, &block);
    assert_int_equal(place(NULL), FFISAN_PLACE_NULL);
    assert_int_equal(place((void *)4000), FFISAN_PLACE_NULL);
    assert_int_equal(place(room + 4096), FFISAN_PLACE_LIVE_BLOCK);
    assert_int_equal(place(room + 4195), FFISAN_PLACE_LIVE_BLOCK);
    assert_int_equal(place(room + 4196), FFISAN_PLACE_BEHIND_BLOCK);
    assert_int_equal(place_of((uintptr_t)room + 4300, &block, &known), FFISAN_PLACE_BEHIND_BLOCK);
    assert_true(known);
    assert_int_equal(block.start, (uintptr_t)room + 4096);
    assert_int_equal(place(room + 8200), FFISAN_PLACE_FREED_BLOCK);
    assert_int_equal(place(&on_stack), FFISAN_PLACE_STACK);
    assert_int_equal(place(&in_data), FFISAN_PLACE_MODULE);
    assert_int_equal(place("constant"), FFISAN_PLACE_MODULE);
    assert_int_equal(place(room + (1 << 19)), FFISAN_PLACE_MAPPED);
    assert_int_equal(place((void *)0x12345678000), FFISAN_PLACE_UNMAPPED);
    block_forget(room + 4096);
    block_forget(room + 8192);
}

static bool refused(const void *address) {
    struct block block;
    bool known;
    enum ffisan_place where;
    return place_cannot_be_freed((uintptr_t)address, true, &where, &block, &known);
}

static void what_can_never_be_freed(void **state) {
    (void)state;
    int on_stack = 0;
    block_birth(room + 4096, 100, 0, 1);
    assert_true(refused(&on_stack));
    assert_true(refused(&in_data));
    assert_true(refused(room + 4096 + 16));
    assert_true(refused(room + (1 << 18)));     /* nothing that glibc could have put in front of it */
    assert_true(refused(room + (1 << 18) + 8)); /* not aligned */
    block_forget(room + 4096);
}

/* Real blocks that are in no book: they may come from before the shim. */
static void what_may_be_a_block_is_let_pass(void **state) {
    (void)state;
    for (size_t size = 1; size < 1 << 20; size = size * 3 + 1) {
        void *unknown = malloc(size);
        assert_false(refused(unknown));
        free(unknown);
    }
}

static bool owns(uintptr_t address) {
    return address == (uintptr_t)room + (1 << 19);
}

static void managed_memory_is_named(void **state) {
    (void)state;
    places_on_managed(owns);
    assert_int_equal(place(room + (1 << 19)), FFISAN_PLACE_PYTHON_ARENA);
    assert_true(refused(room + (1 << 19)));
    places_on_managed(NULL);
}

/* Where the kernel cannot be asked, nothing is concluded from what it does not say. */
static void a_confined_process_does_not_know(void **state) {
    (void)state;
    int on_stack = 0;
    assert_int_equal(place(&on_stack), FFISAN_PLACE_STACK);
    confinement = CONFINED_PERHAPS;
    enum ffisan_place far = place((void *)0x12345678000), stack = place(&on_stack), data = place(&in_data);
    bool far_refused = refused((void *)0x12345678000), odd_refused = refused((void *)0x12345678008), room_refused = refused(room);
    confinement = CONFINED_NOT;
    assert_int_equal(far, FFISAN_PLACE_UNKNOWN);
    assert_int_equal(stack, FFISAN_PLACE_STACK);
    assert_int_equal(data, FFISAN_PLACE_MODULE);
    assert_false(far_refused);
    assert_true(odd_refused);
    assert_false(room_refused);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_told_apart),
        cmocka_unit_test(what_can_never_be_freed),
        cmocka_unit_test(what_may_be_a_block_is_let_pass),
        cmocka_unit_test(managed_memory_is_named),
        cmocka_unit_test(a_confined_process_does_not_know),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
