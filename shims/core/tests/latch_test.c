/* SPDX-License-Identifier: Apache-2.0
 *
 * One at a time, and nobody for ever.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/latch.h"
#include "unit.h"

#define THREADS 4
#define TURNS   20000

static struct latch latch;
static unsigned turns; /* not atomic: that is the latch's affair */

static void *take_turns(void *unused) {
    (void)unused;
    for (unsigned i = 0; i < TURNS; i++) {
        if (!latch_take(&latch))
            return &turns;
        turns++;
        latch_give(&latch);
    }
    return NULL;
}

static void threads_take_turns(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    void *answer;
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_turns, NULL), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &answer), 0);
        assert_null(answer);
    }
    assert_int_equal(turns, THREADS * TURNS);
}

static void *take_and_keep(void *latch_) {
    latch_take(latch_);
    return NULL;
}

static void have_another_take(struct latch *taken) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, take_and_keep, taken), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void who_died_with_it_holds_nobody_up_for_ever(void **state) {
    (void)state;
    struct latch lost = {0};
    have_another_take(&lost);
    assert_false(latch_is_own(&lost));
    assert_false(latch_take(&lost));
    latch_give(&lost);
    assert_false(latch_take(&lost));
}

static int in_child(void (*check)(struct latch *latch), struct latch *taken) {
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        check(taken);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void is_free_again(struct latch *taken) {
    if (!latch_forked(taken) || !latch_take(taken))
        _exit(1);
}
static void is_still_own(struct latch *taken) {
    if (latch_forked(taken) || !latch_is_own(taken))
        _exit(1);
}

static void a_child_is_not_held_up_by_threads_that_it_lacks(void **state) {
    (void)state;
    struct latch taken = {0};
    have_another_take(&taken);
    assert_int_equal(in_child(is_free_again, &taken), 0);
}

static void a_child_keeps_what_its_own_thread_had(void **state) {
    (void)state;
    struct latch taken = {0};
    assert_true(latch_take(&taken));
    assert_int_equal(in_child(is_still_own, &taken), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_take_turns),
        cmocka_unit_test(who_died_with_it_holds_nobody_up_for_ever),
        cmocka_unit_test(a_child_is_not_held_up_by_threads_that_it_lacks),
        cmocka_unit_test(a_child_keeps_what_its_own_thread_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
