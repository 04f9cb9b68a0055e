/* SPDX-License-Identifier: Apache-2.0 */
#include "core/world.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 64

static volatile unsigned long counters[THREADS];
static volatile int over;
static unsigned started;

struct seen {
    unsigned count;
    uint32_t tids[1024];
    bool sane;
};

static void see(const struct stopped_thread *thread, void *context) {
    struct seen *seen = context;
    seen->sane &= thread->tid != 0 && thread->tid != (uint32_t)getpid() && thread->stack_pointer != 0;
    seen->sane &= thread->frame_start < thread->frame_end && thread->frame_end - thread->frame_start < 64 << 10;
    for (unsigned i = 0; i < seen->count; i++)
        seen->sane &= seen->tids[i] != thread->tid;
    seen->tids[seen->count++ % 1024] = thread->tid;
}

static struct seen seen_now(void) {
    struct seen seen = {.sane = true};
    world_each(see, &seen);
    return seen;
}

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void wait_until(const unsigned *value, unsigned wanted) {
    while (__atomic_load_n(value, __ATOMIC_ACQUIRE) < wanted)
        usleep(1000);
}

static void *spin(void *counter) {
    __atomic_fetch_add(&started, 1, __ATOMIC_RELEASE);
    while (!over)
        ++*(volatile unsigned long *)counter;
    return NULL;
}

static void start(pthread_t *threads, unsigned count, void *(*run)(void *)) {
    over = 0;
    started = 0;
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run, (void *)&counters[i]), 0);
    wait_until(&started, count);
}

static void end(pthread_t *threads, unsigned count) {
    over = 1;
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

/* Stops until it works: the machine may be too busy for the first time limit. */
static void stop(void) {
    for (unsigned i = 0; i < 20; i++)
        if (world_stop(1000))
            return;
    fail_msg("the world does not stop");
}

static void alone(void **state) {
    (void)state;
    assert_true(world_stop(200));
    assert_int_equal(seen_now().count, 0);
    world_continue();
}

static void threads_stand_still(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    start(threads, THREADS, spin);
    double before = now_ms();
    stop();
    print_message("%u busy threads stopped in %.1f ms\n", THREADS, now_ms() - before);
    unsigned long copy[THREADS];
    memcpy(copy, (const void *)counters, sizeof copy);
    usleep(20000);
    assert_memory_equal(copy, (const void *)counters, sizeof copy);
    struct seen seen = seen_now();
    assert_int_equal(seen.count, THREADS);
    assert_true(seen.sane);
    world_continue();
    end(threads, THREADS);
}

static void the_signal_is_given_back(void **state) {
    (void)state;
    pthread_t thread;
    struct sigaction action[65];
    for (int signal = 34; signal <= 64; signal++)
        sigaction(signal, NULL, &action[signal]);
    start(&thread, 1, spin);
    stop();
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_true(sigismember(&mask, SIGTERM)); /* no handler of the program runs on the calling thread meanwhile */
    assert_false(sigismember(&mask, SIGSEGV));
    world_continue();
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_false(sigismember(&mask, SIGTERM));
    for (int signal = 34; signal <= 64; signal++) {
        struct sigaction now;
        sigaction(signal, NULL, &now);
        assert_true(now.sa_handler == action[signal].sa_handler);
    }
    end(&thread, 1);
}

static void ignore(int signal) {
    (void)signal;
}

static void a_signal_that_the_program_uses_is_left_alone(void **state) {
    (void)state;
    pthread_t thread;
    struct sigaction now, action = {.sa_handler = ignore};
    sigaction(61, &action, NULL);
    start(&thread, 1, spin);
    stop();
    sigaction(61, NULL, &now);
    assert_true(now.sa_handler == ignore);
    sigaction(60, NULL, &now);
    assert_true(now.sa_handler != SIG_DFL);
    world_continue();
    end(&thread, 1);
    action.sa_handler = SIG_DFL;
    sigaction(61, &action, NULL);
}

static void *be_deaf(void *unused) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    return spin(unused);
}

static void a_deaf_thread_is_not_stopped_and_survives(void **state) {
    (void)state;
    pthread_t threads[3];
    start(threads, 2, spin);
    assert_int_equal(pthread_create(&threads[2], NULL, be_deaf, (void *)&counters[2]), 0);
    wait_until(&started, 3);
    usleep(5000);
    double before = now_ms();
    assert_false(world_stop(200));
    assert_true(now_ms() - before < 1000);
    unsigned long count = counters[0];
    while (counters[0] == count) /* it runs on: when the machine lets it */
        usleep(1000);
    end(threads, 3);
    assert_true(world_stop(200));
    world_continue();
}

static void *end_at_once(void *unused) {
    return unused;
}

static void *storm(void *unused) {
    (void)unused;
    while (!over) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, end_at_once, NULL) == 0)
            pthread_join(thread, NULL);
    }
    return NULL;
}

static void *begin_storm(void *counter) {
    __atomic_fetch_add(&started, 1, __ATOMIC_RELEASE);
    return storm(counter);
}

static void threads_that_make_threads_are_caught(void **state) {
    (void)state;
    pthread_t threads[4];
    unsigned caught = 0;
    start(threads, 4, begin_storm);
    for (unsigned i = 0; i < 50; i++)
        if (world_stop(1000)) {
            struct seen first = seen_now();
            assert_true(first.sane && first.count >= 4 && first.count <= 8);
            caught++;
            world_continue();
        }
    end(threads, 4);
    print_message("%u of 50 stops in a storm of threads\n", caught);
    assert_true(caught > 25);
}

static void *sleep_long(void *unused) {
    (void)unused;
    __atomic_fetch_add(&started, 1, __ATOMIC_RELEASE);
    static uint32_t word;
    while (!over)
        syscall(SYS_futex, &word, 128, 0, &(struct timespec){.tv_nsec = 50000000}, NULL, 0);
    return NULL;
}

static void sleepers_are_stopped_again_and_again(void **state) {
    (void)state;
    pthread_t threads[16];
    start(threads, 16, sleep_long);
    for (unsigned i = 0; i < 200; i++) {
        stop();
        assert_int_equal(seen_now().count, 16);
        world_continue();
    }
    end(threads, 16);
}

static void *stop_too(void *result) {
    *(volatile int *)result = world_stop(50);
    return NULL;
}

static void one_stops_at_a_time(void **state) {
    (void)state;
    pthread_t thread;
    volatile int result = 2;
    assert_true(world_stop(200));
    assert_int_equal(pthread_create(&thread, NULL, stop_too, (void *)&result), 0);
    pthread_join(thread, NULL);
    assert_int_equal(result, 0);
    world_continue();
}

/* A leader that has ended stays in the list of threads for as long as there are others. */
static void *stop_without_a_leader(void *unused) {
    (void)unused;
    usleep(20000);
    bool stopped = world_stop(200);
    world_continue();
    _exit(stopped ? 0 : 1);
}

static void an_ended_leader_does_not_matter(void **state) {
    (void)state;
    int status;
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, stop_without_a_leader, NULL);
        pthread_exit(NULL);
    }
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void *stop_on_small_signal_stack(void *counter) {
    static char room[16 << 10];
    stack_t before;
    sigaltstack(&(stack_t){.ss_sp = room, .ss_size = sizeof room}, &before);
    spin(counter);
    sigaltstack(&before, NULL);
    return NULL;
}

static void a_signal_stack_is_used(void **state) {
    (void)state;
    pthread_t thread;
    start(&thread, 1, stop_on_small_signal_stack);
    usleep(5000);
    stop();
    assert_int_equal(seen_now().count, 1);
    world_continue();
    end(&thread, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alone),
        cmocka_unit_test(threads_stand_still),
        cmocka_unit_test(the_signal_is_given_back),
        cmocka_unit_test(a_signal_that_the_program_uses_is_left_alone),
        cmocka_unit_test(sleepers_are_stopped_again_and_again),
        cmocka_unit_test(threads_that_make_threads_are_caught),
        cmocka_unit_test(one_stops_at_a_time),
        cmocka_unit_test(a_signal_stack_is_used),
        cmocka_unit_test(an_ended_leader_does_not_matter),
        cmocka_unit_test(a_deaf_thread_is_not_stopped_and_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
