/* SPDX-License-Identifier: Apache-2.0
 * The books of callbacks: found by address, kept in the order of their release, made use of again.
 */
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/callbacks.h"
#include "core/memory.h"
#include "unit.h"

#define THREADS 4
#define ROUNDS  20000

static const struct callback_release nobody;

/* One that lives at this address, and has its code `apart` bytes further on. */
static struct callback *live_at(uintptr_t closure, uintptr_t apart) {
    struct callback *callback = callback_new();
    assert_non_null(callback);
    callback->closure = closure;
    callback->code = closure + apart;
    assert_true(callback_enter(callback, CALLBACK_LIVE));
    return callback;
}

static struct callback *drop_next(void) {
    struct callback *oldest = callback_overdue();
    if (oldest)
        callback_discard(oldest);
    return oldest;
}

static void a_callback_is_found_by_its_code_and_by_its_closure(void **state) {
    (void)state;
    assert_null(callback_at(0x10000));
    struct callback *callback = live_at(0x10000, 0x20000);
    assert_ptr_equal(callback_at(0x30000), callback);
    assert_ptr_equal(callback_of(0x10000), callback);
    assert_null(callback_at(0x10000));
    assert_null(callback_of(0x30000));
    assert_null(callback_at(0x30008));
    assert_null(callback_at(0x30001));
    callback_forget(callback);
    assert_null(callback_at(0x30000));
    assert_null(callback_of(0x10000));
}

static void a_reserved_one_is_no_callback_yet(void **state) {
    (void)state;
    struct callback *callback = callback_new();
    callback->closure = callback->code = 0x11000;
    assert_true(callback_enter(callback, CALLBACK_RESERVED));
    assert_null(callback_at(0x11000));
    assert_ptr_equal(callback_of(0x11000), callback);
    assert_false(callback_release(callback, &nobody));
    struct callback *second = live_at(0x11000, 0);
    assert_ptr_equal(callback_at(0x11000), second);
    assert_ptr_equal(callback_new(), callback); /* the reserved one was nobody's any more */
    callback_forget(second);
}

static void who_released_it_is_known(void **state) {
    (void)state;
    struct callback *callback = live_at(0x12000, 0);
    uint32_t before = callbacks_kept();
    assert_true(callback_release(callback, &(struct callback_release){.site = 7, .line = 9}));
    assert_ptr_equal(callback_at(0x12000), callback);
    assert_int_equal(callback->state, CALLBACK_RELEASED);
    assert_int_equal(callback->released, 7);
    assert_int_equal(callback->released_line, 9);
    assert_int_equal(callbacks_kept(), before + 1);
    assert_false(callback_release(callback, &nobody));
    assert_int_equal(callback->released, 7);
    assert_int_equal(callbacks_kept(), before + 1);
}

static void a_replaced_one_stays_as_it_is_for_a_while(void **state) {
    (void)state;
    struct callback *first = live_at(0x13000, 0x1000);
    first->handler = 0x5555;
    struct callback *second = live_at(0x13000, 0x1000);
    assert_ptr_equal(callback_at(0x14000), second);
    assert_int_equal(first->state, CALLBACK_REPLACED);
    assert_int_equal(first->handler, 0x5555);
    for (unsigned i = 0; i < 100; i++)
        assert_ptr_not_equal(callback_new(), first);
    callback_forget(second);
}

/* The runtime goes on using what it gave back. */
static void a_released_one_that_is_prepared_again_is_not_given_back(void **state) {
    (void)state;
    struct callback *first = live_at(0x15000, 0);
    callback_release(first, &nobody);
    struct callback *second = live_at(0x15000, 0);
    assert_int_equal(first->state, CALLBACK_REPLACED);
    for (unsigned i = 0; i <= CALLBACKS_KEPT; i++) {
        callback_release(live_at(0x1000000 + i * 64, 0), &nobody);
        struct callback *oldest = drop_next();
        assert_ptr_not_equal(oldest, first);
    }
    assert_ptr_equal(callback_at(0x15000), second);
    callback_forget(second);
}

static void the_oldest_goes_first(void **state) {
    (void)state;
    for (unsigned i = 0; i < CALLBACKS_KEPT; i++) { /* whatever was kept before is gone then */
        callback_release(live_at(0x4000000 + i * 64, 0), &nobody);
        while (drop_next())
            ;
    }
    assert_int_equal(callbacks_kept(), CALLBACKS_KEPT);
    for (unsigned i = 0; i < CALLBACKS_KEPT; i++) {
        callback_release(live_at(0x8000000 + i * 64, 0), &nobody);
        struct callback *oldest = callback_overdue();
        assert_non_null(oldest);
        assert_int_equal(oldest->closure, 0x4000000 + i * 64);
        assert_int_equal(oldest->state, CALLBACK_DROPPED);
        assert_null(callback_of(oldest->closure));
        assert_null(callback_at(oldest->code));
        assert_null(callback_overdue());
        callback_discard(oldest);
    }
    assert_int_equal(callbacks_kept(), CALLBACKS_KEPT);
}

static void large_ones_are_kept_by_their_bytes(void **state) {
    (void)state;
    struct callback *large = live_at(0x16000, 0);
    large->size = CALLBACKS_KEPT_BYTES - 1;
    callback_release(large, &nobody);
    unsigned dropped = 0;
    while (drop_next())
        dropped++;
    assert_int_equal(dropped, CALLBACKS_KEPT + 1); /* all of them: the large one alone is too much */
    assert_int_equal(callbacks_kept(), 0);
}

static void foreign_memory_that_has_gone_is_no_callback(void **state) {
    (void)state;
    uintptr_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct callback *callback = callback_new();
    callback->closure = callback->code = (uintptr_t)page;
    callback->foreign = true;
    callback->data_offset = 6 * sizeof(uintptr_t);
    callback->head = page[0] = 0x1234;
    page[4] = (uintptr_t)callback->cif;
    assert_true(callback_enter(callback, CALLBACK_LIVE));
    assert_ptr_equal(callback_at((uintptr_t)page), callback);
    page[0] = 0;
    assert_null(callback_at((uintptr_t)page));
    page[0] = 0x1234;
    assert_ptr_equal(callback_at((uintptr_t)page), callback);
    munmap(page, 4096);
    assert_null(callback_at((uintptr_t)page));
    callback_forget(callback);
}

static void an_address_between_the_steps_has_no_place(void **state) {
    (void)state;
    struct callback *callback = callback_new();
    callback->closure = 0x17000;
    callback->code = 0x17003;
    assert_false(callback_enter(callback, CALLBACK_LIVE));
    assert_null(callback_of(0x17000));
    callback_discard(callback);
}

static void a_long_run_needs_no_more_memory(void **state) {
    (void)state;
    uint64_t mapped = 0;
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 2 * CALLBACKS_KEPT; i++) {
            callback_release(live_at(0x20000000 + i * 64, 0), &nobody);
            drop_next();
        }
        if (round > 0)
            assert_int_equal(memory_mapped(), mapped);
        mapped = memory_mapped();
    }
}

static void *come_and_go(void *argument) {
    uintptr_t base = 0x40000000 + (uintptr_t)argument * 0x1000000;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct callback *callback = callback_new();
        callback->closure = callback->code = base + i % 4096 * 64;
        callback->handler = base + i;
        if (!callback_enter(callback, CALLBACK_LIVE) || callback_at(callback->code) != callback ||
            callback->handler != base + i || !callback_release(callback, &nobody))
            return argument;
        for (struct callback *oldest; (oldest = callback_overdue());)
            callback_discard(oldest);
    }
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, (void *)(i + 1)), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_in_range(callbacks_kept(), CALLBACKS_KEPT - THREADS, CALLBACKS_KEPT);
}

static void a_child_of_fork_goes_on(void **state) {
    (void)state;
    pthread_t thread;
    pthread_create(&thread, NULL, come_and_go, (void *)9);
    for (unsigned i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(come_and_go((void *)(uintptr_t)10) ? 1 : 0);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    pthread_join(thread, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_callback_is_found_by_its_code_and_by_its_closure),
        cmocka_unit_test(a_reserved_one_is_no_callback_yet),
        cmocka_unit_test(who_released_it_is_known),
        cmocka_unit_test(a_replaced_one_stays_as_it_is_for_a_while),
        cmocka_unit_test(a_released_one_that_is_prepared_again_is_not_given_back),
        cmocka_unit_test(the_oldest_goes_first),
        cmocka_unit_test(large_ones_are_kept_by_their_bytes),
        cmocka_unit_test(foreign_memory_that_has_gone_is_no_callback),
        cmocka_unit_test(an_address_between_the_steps_has_no_place),
        cmocka_unit_test(a_long_run_needs_no_more_memory),
        cmocka_unit_test(threads_do_not_disturb_each_other),
        cmocka_unit_test(a_child_of_fork_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
