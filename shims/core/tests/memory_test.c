/* SPDX-License-Identifier: Apache-2.0
 * Mappings of our own: what is asked for is there, zeroed and listed; what the kernel refuses is counted.
 */
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>

#include "core/memory.h"
#include "unit.h"

struct wanted {
    uintptr_t start;
    size_t size;
    bool seen;
};

static void look(uintptr_t start, uintptr_t end, void *context) {
    struct wanted *wanted = context;
    if (start == wanted->start && end >= start + wanted->size)
        wanted->seen = true;
}

static bool listed(void *start, size_t size) {
    struct wanted wanted = {(uintptr_t)start, size, false};
    memory_each(look, &wanted);
    return wanted.seen;
}

static void mapping_is_zeroed_and_listed(void **state) {
    (void)state;
    unsigned char *start = memory_map(10000);
    assert_non_null(start);
    for (size_t i = 0; i < 10000; i++)
        assert_int_equal(start[i], 0);
    assert_true(listed(start, 10000));
    memory_unmap(start, 10000);
    assert_false(listed(start, 10000));
}

static void noted_mapping_is_listed(void **state) {
    (void)state;
    static char elsewhere[4096];
    memory_note(elsewhere, sizeof elsewhere);
    assert_true(listed(elsewhere, sizeof elsewhere));
}

/* More mappings than the list has entries, one after the other. */
static void entries_are_used_again(void **state) {
    (void)state;
    for (int i = 0; i < 70000; i++) {
        void *start = memory_map(4096);
        assert_non_null(start);
        memory_unmap(start, 4096);
    }
    void *last = memory_map(4096);
    assert_true(listed(last, 4096));
    memory_unmap(last, 4096);
}

static void impossible_sizes_are_refused(void **state) {
    (void)state;
    assert_null(memory_map(0));
    assert_null(memory_map(SIZE_MAX));
    assert_null(memory_carve(0));
    assert_null(memory_carve((64u << 10) + 1));
}

static void refusal_by_the_kernel_is_counted(void **state) {
    (void)state;
    uint64_t before = memory_losses();
    assert_null(memory_map((size_t)1 << 60));
    assert_int_equal(memory_losses(), before + 1);
}

static void pieces_are_aligned_and_apart(void **state) {
    (void)state;
    char *last = NULL;
    for (size_t i = 0; i < 20000; i++) {
        char *piece = memory_carve(40);
        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece & 15, 0);
        assert_true(!last || piece >= last + 40 || piece + 40 <= last);
        assert_int_equal(piece[39], 0);
        memset(piece, 0xff, 40);
        last = piece;
    }
}

#define THREADS 8
#define EACH    20000
static uint64_t *pieces[THREADS][EACH];

static void *carve_many(void *number) {
    for (size_t i = 0; i < EACH; i++) {
        pieces[(uintptr_t)number][i] = memory_carve(sizeof(uint64_t));
        *pieces[(uintptr_t)number][i] = (uintptr_t)number << 32 | i;
    }
    return NULL;
}

static void threads_get_pieces_of_their_own(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, carve_many, (void *)i), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (uintptr_t i = 0; i < THREADS; i++)
        for (size_t j = 0; j < EACH; j++)
            assert_int_equal(*pieces[i][j], i << 32 | j);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mapping_is_zeroed_and_listed),     cmocka_unit_test(noted_mapping_is_listed),
        cmocka_unit_test(impossible_sizes_are_refused),     cmocka_unit_test(entries_are_used_again),
        cmocka_unit_test(refusal_by_the_kernel_is_counted), cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(threads_get_pieces_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
