/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/copies.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hooks/with.h"

struct with_memory with_memory;

static unsigned told;
static size_t told_offset;

static void written(struct copy *copy, size_t offset) {
    (void)copy;
    told++;
    told_offset = offset;
}

static int open_all(void **state) {
    (void)state;
    static bool open;
    if (!open && !copies_start(written))
        return 1;
    open = true;
    copies_check();
    told = 0;
    return 0;
}

static char memory[8192];

static struct copy *copy_of(size_t offset, size_t size, unsigned how) {
    struct copy *copy = copy_make((uintptr_t)memory + offset, size, 0, how);
    assert_non_null(copy);
    return copy;
}

static void a_copy_holds_what_was_there(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2, 63, 64, 65, 100, 4096, 5000};
    for (size_t i = 0; i < sizeof memory; i++)
        memory[i] = (char)(i * 7);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct copy *copy = copy_of(i * 3, sizes[i], 0);
        assert_memory_equal((void *)copy->start, memory + i * 3, sizes[i]);
        assert_int_equal(copy->start % 64, ((uintptr_t)memory + i * 3) % 64);
        assert_ptr_equal(copy_at(copy->start + sizes[i] - 1), copy);
        copy_take_away(copy);
    }
}

static void what_c_has_changed_is_known_byte_by_byte(void **state) {
    (void)state;
    struct copy *copy = copy_of(0, 3000, 0);
    char *bytes = (char *)copy->start;
    assert_int_equal(copy_changed(copy, 0), 3000);
    bytes[0]++;
    bytes[1500]++;
    bytes[2999]++;
    assert_int_equal(copy_changed(copy, 0), 0);
    assert_int_equal(copy_changed(copy, 1), 1500);
    assert_int_equal(copy_changed(copy, 1501), 2999);
    assert_int_equal(copy_changed(copy, 3000), 3000);
    copy_take_away(copy);
}

static void what_is_only_read_is_not_compared(void **state) {
    (void)state;
    struct copy *copy = copy_of(0, 100, COPY_CONSTANT);
    ((char *)copy->start)[3]++;
    assert_int_equal(copy_changed(copy, 0), 100);
    copy_take_away(copy);
}

static void nothing_is_left_of_what_was_taken_away(void **state) {
    (void)state;
    memset(memory, 'x', 100);
    struct copy *copy = copy_of(0, 100, 0);
    copy_take_away(copy);
    for (size_t i = 0; i < 100; i++)
        assert_int_not_equal(((char *)copy->start)[i], 'x');
}

static void a_late_write_is_told_once(void **state) {
    (void)state;
    struct copy *copy = copy_of(0, 100, 0);
    copy_take_away(copy);
    copies_check();
    assert_int_equal(told, 0);
    ((char *)copy->start)[42] = 'y';
    copies_check();
    copies_check();
    assert_int_equal(told, 1);
    assert_int_equal(told_offset, 42);
}

static void a_late_write_is_told_before_the_memory_is_lent_again(void **state) {
    (void)state;
    struct copy *first = copy_of(0, 100, 0), *copy;
    copy_take_away(first);
    ((char *)first->start)[7] = 'y';
    unsigned round = 0;
    do {
        assert_int_equal(told, 0);
        copy = copy_of(0, 100, 0);
        copy_take_away(copy);
    } while (copy != first && round++ < 100000);
    assert_ptr_equal(copy, first);
    assert_int_equal(told, 1);
}

/* ---- guarded --------------------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t faults;
static struct copy *volatile faulted;

static void on_fault(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)context;
    struct copy *copy = copy_at((uintptr_t)info->si_addr);
    faults++;
    faulted = copy;
    if (!copy || !copy_open_again(copy))
        abort();
}

static void a_guarded_one_faults_and_is_as_it_was_when_opened(void **state) {
    (void)state;
    const struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    struct sigaction before;
    memset(memory, 'g', 5000);
    sigaction(SIGSEGV, &action, &before);
    struct copy *copy = copy_of(0, 5000, COPY_GUARDED);
    copy_take_away(copy);
    assert_true(copy->guarded);
    assert_int_equal(((volatile char *)copy->start)[4000], 'g');
    assert_int_equal(faults, 1);
    assert_ptr_equal(faulted, copy);
    assert_int_equal(((volatile char *)copy->start)[0], 'g');
    assert_int_equal(faults, 1);
    for (unsigned i = 0; i < 1000; i++) /* it comes round again */
        copy_take_away(copy_of(0, 5000, COPY_GUARDED));
    assert_int_equal(faults, 1);
    sigaction(SIGSEGV, &before, NULL);
}

/* ---- limits ---------------------------------------------------------------------------------------------------------------- */

static void what_is_open_is_not_given_out_again(void **state) {
    (void)state;
    enum { MOST = 4096 };
    static struct copy *all[MOST];
    unsigned count = 0;
    while (count < MOST && (all[count] = copy_make((uintptr_t)memory, 4000, 0, 0)) != NULL)
        count++;
    assert_in_range(count, 1, MOST - 1);
    for (unsigned i = 1; i < count; i++)
        assert_true(all[i]->start != all[0]->start);
    copy_take_away(all[count / 2]);
    assert_ptr_equal(copy_of(0, 4000, 0), all[count / 2]);
    for (unsigned i = 0; i < count; i++)
        copy_take_away(all[i]);
    assert_null(copy_make((uintptr_t)memory, COPY_MOST + 1, 0, 0));
    assert_null(copy_at((uintptr_t)memory));
    assert_null(copy_at(0));
}

static void *lend_often(void *fill) {
    char own[300];
    memset(own, *(char *)fill, sizeof own);
    for (unsigned i = 0; i < 20000; i++) {
        struct copy *copy = copy_make((uintptr_t)own, sizeof own, 0, 0);
        if (!copy)
            continue;
        ((char *)copy->start)[i % sizeof own]++;
        if (memcmp((void *)copy->before, own, sizeof own) != 0 || copy_changed(copy, 0) != i % sizeof own)
            return fill;
        copy_take_away(copy);
    }
    return NULL;
}

static void threads_do_not_meet(void **state) {
    (void)state;
    static char fills[] = {'a', 'b', 'c', 'd'};
    pthread_t threads[4];
    void *wrong;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, lend_often, &fills[i]), 0);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    copies_check();
    assert_int_equal(told, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, open_all)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_copy_holds_what_was_there),
        TEST(what_c_has_changed_is_known_byte_by_byte),
        TEST(what_is_only_read_is_not_compared),
        TEST(nothing_is_left_of_what_was_taken_away),
        TEST(a_late_write_is_told_once),
        TEST(a_late_write_is_told_before_the_memory_is_lent_again),
        TEST(a_guarded_one_faults_and_is_as_it_was_when_opened),
        TEST(what_is_open_is_not_given_out_again),
        TEST(threads_do_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
