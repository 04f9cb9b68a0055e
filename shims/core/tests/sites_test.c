/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/sites.h"

enum { THREADS = 4, STACKS = 20000 };

static void make_stack(uintptr_t *frames, unsigned number) {
    for (unsigned i = 0; i < 8; i++)
        frames[i] = 0x7f0000000000 + number * (i < 4 ? 1U : 16U) + i;
}

static void test_a_stack_has_one_number(void **state) {
    (void)state;
    const uintptr_t frames[] = {0x1001, 0x1002, 0x1003};
    site_id site = site_intern(5, 3, 0, frames, 3, true);
    assert_int_not_equal(site, 0);
    assert_int_equal(site_intern(5, 3, 0, frames, 3, true), site);
    const struct site *got = site_get(site);
    assert_non_null(got);
    assert_int_equal(got->row, 5);
    assert_int_equal(got->generation, 3);
    assert_int_equal(got->depth, 3);
    assert_true(got->complete);
    assert_memory_equal(got->frames, frames, sizeof frames);
    assert_true(sites_count() >= site);
}

static void test_what_makes_a_stack_another(void **state) {
    (void)state;
    const uintptr_t frames[] = {0x2001, 0x2002, 0x2003}, others[] = {0x2001, 0x2002, 0x2004};
    site_id site = site_intern(5, 3, 0, frames, 3, true);
    assert_int_not_equal(site_intern(6, 3, 0, frames, 3, true), site);
    assert_int_not_equal(site_intern(5, 3, 0, frames, 3, false), site);
    assert_int_not_equal(site_intern(5, 3, 0, frames, 2, true), site);
    assert_int_not_equal(site_intern(5, 3, 0, others, 3, true), site);
}

/* Modules that only came do not change what an address means; one that went does. */
static void test_generations(void **state) {
    (void)state;
    const uintptr_t frames[] = {0x3001, 0x3002};
    site_id site = site_intern(1, 4, 0, frames, 2, true);
    assert_int_equal(site_intern(1, 7, 4, frames, 2, true), site);
    site_id later = site_intern(1, 8, 8, frames, 2, true);
    assert_int_not_equal(later, site);
    assert_int_equal(site_get(later)->generation, 8);
    assert_int_equal(site_intern(1, 9, 8, frames, 2, true), later);
}

static void test_numbers_never_given_out(void **state) {
    (void)state;
    assert_null(site_get(0));
    assert_null(site_get(SITE_LIMIT - 1));
    assert_null(site_get(SITE_LIMIT));
    assert_null(site_get(UINT32_MAX));
}

static site_id given[THREADS][STACKS];

static void *intern_all(void *argument) {
    site_id *ids = argument;
    uintptr_t frames[8];
    for (unsigned i = 0; i < STACKS; i++) {
        make_stack(frames, i);
        ids[i] = site_intern(2, 1, 0, frames, 8, false);
    }
    return NULL;
}

static void test_threads_agree(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, intern_all, given[i]), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < STACKS; i++) {
        uintptr_t frames[8];
        make_stack(frames, i);
        assert_int_not_equal(given[0][i], 0);
        assert_memory_equal(site_get(given[0][i])->frames, frames, sizeof frames);
        for (unsigned thread = 1; thread < THREADS; thread++)
            assert_int_equal(given[thread][i], given[0][i]);
    }
}

static volatile bool enough;
static void *intern_new(void *argument) {
    uintptr_t frames[8];
    for (unsigned i = STACKS * (1 + (unsigned)(uintptr_t)argument * 100); !enough; i++) {
        make_stack(frames, i);
        site_intern(3, 1, 0, frames, 8, false);
    }
    return NULL;
}

/* A child of a process whose other threads are in the middle of it. */
static void test_forks(void **state) {
    (void)state;
    pthread_t threads[2];
    enough = false;
    for (uintptr_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, intern_new, (void *)i), 0);
    for (unsigned round = 0; round < 10; round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            alarm(20); /* a child that hangs dies of it */
            intern_all(given[0]);
            intern_all(given[1]);
            _exit(memcmp(given[0], given[1], sizeof given[0]) == 0 && given[0][0] ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    enough = true;
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

static int without_memory(void) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_AS, &none);
    uintptr_t frames[8];
    for (unsigned i = 0; i < 2000000; i++) {
        make_stack(frames, i * 7);
        if (site_intern(4, 1, 0, frames, 8, false) == 0)
            return site_intern(4, 1, 0, frames, 8, false) == 0 && site_get(1) ? 0 : 1;
    }
    return 2;
}

static void test_without_memory(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(without_memory());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_stack_has_one_number),
        cmocka_unit_test(test_what_makes_a_stack_another),
        cmocka_unit_test(test_generations),
        cmocka_unit_test(test_numbers_never_given_out),
        cmocka_unit_test(test_threads_agree),
        cmocka_unit_test(test_forks),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
