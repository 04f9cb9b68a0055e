/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/thread.h"

struct bounds {
    uintptr_t low, high, true_low, true_high, sp;
    bool known;
};

static void look(struct bounds *bounds) {
    pthread_attr_t attributes;
    void *start;
    size_t size;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &start, &size);
    pthread_attr_destroy(&attributes);
    bounds->true_low = (uintptr_t)start;
    bounds->true_high = (uintptr_t)start + size;
    bounds->sp = (uintptr_t)__builtin_frame_address(0);
    errno = 4711;
    bounds->known = thread_stack(&bounds->low, &bounds->high);
}

static void *look_in_thread(void *argument) {
    look(argument);
    return NULL;
}

static void test_the_main_thread(void **state) {
    (void)state;
    struct bounds bounds;
    look(&bounds);
    assert_true(bounds.known);
    assert_int_equal(errno, 4711);
    assert_true(bounds.high >= bounds.true_high &&
                bounds.high - bounds.true_high < 1 << 16); /* libc leaves out what is above main's frames */
    assert_true(bounds.low < bounds.sp - (100 << 10));     /* it may grow */
    uintptr_t low, high;
    assert_true(thread_stack(&low, &high));
    assert_int_equal(low, bounds.low);
    assert_int_equal(high, bounds.high);
}

static void check_thread(pthread_attr_t *attributes) {
    struct bounds bounds;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, attributes, look_in_thread, &bounds), 0);
    pthread_join(thread, NULL);
    assert_true(bounds.known);
    assert_true(bounds.low <= bounds.sp && bounds.sp < bounds.high);
    assert_true(bounds.high <= bounds.true_high &&
                bounds.true_high - bounds.high < 1 << 14); /* less the thread's control block */
}

static void test_threads(void **state) {
    (void)state;
    check_thread(NULL);
}

static void test_a_stack_that_the_program_brought(void **state) {
    (void)state;
    size_t size = 1 << 20;
    char *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(room, MAP_FAILED);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstack(&attributes, room, size), 0);
    check_thread(&attributes);
    pthread_attr_destroy(&attributes);
    munmap(room, size);
}

static struct bounds on_signal_stack, afterwards;
static void handle(int number) {
    (void)number;
    look(&on_signal_stack);
}

static void *look_on_signal_stack(void *argument) {
    size_t size = 1 << 16;
    char *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0); /* shared: a mapping of its own */
    stack_t stack = {.ss_sp = room, .ss_size = size}, none = {.ss_flags = SS_DISABLE};
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    pthread_kill(pthread_self(), SIGUSR1);
    sigaltstack(&none, NULL);
    munmap(room, size);
    look(&afterwards);
    return argument;
}

/* Asked first on a stack that is not the thread's own: no answer, and the right one later. */
static void test_a_signal_stack_is_not_taken_for_it(void **state) {
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, look_on_signal_stack, NULL), 0);
    pthread_join(thread, NULL);
    assert_false(on_signal_stack.known);
    assert_true(afterwards.known && afterwards.sp >= afterwards.low && afterwards.sp < afterwards.high);
}

static void test_ids(void **state) {
    (void)state;
    self.tid = 0;
    assert_int_equal(thread_id(), getpid());
    assert_int_equal(self.tid, getpid());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_main_thread),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_a_stack_that_the_program_brought),
        cmocka_unit_test(test_a_signal_stack_is_not_taken_for_it),
        cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
