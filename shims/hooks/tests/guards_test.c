/* SPDX-License-Identifier: Apache-2.0
 *
 * Guards of both kinds, called as a slot would call them: what passes their test, what does not, and that a call takes and gives the same
 * either way. The functions behind them are the gates' (gate_subjects.c).
 */
#include "hooks/guards.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/modules.h"
#include "core/thread.h"
#include "gate_subjects.h"

int hooks_off;
int main(void);

static struct {
    int asked;
    const struct guard *guard;
    uint64_t integer[6];
    double first;
    bool in_place; /* the return address stands where the origin says */
    uint32_t busy;
} seen;
static uintptr_t lead_to; /* what `slow` answers */
static int begun;

static uintptr_t slow(const struct guard *guard, struct gate_frame *frame) {
    seen.asked++;
    seen.guard = guard;
    memcpy(seen.integer, frame->registers.integer, sizeof seen.integer);
    seen.first = frame->registers.vector[0][0];
    seen.in_place = ((const uintptr_t *)frame->origin.cfa)[-1] == frame->origin.ra;
    seen.busy = self.busy;
    errno = 99;
    __asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n movaps %%xmm0, %%xmm1\n movaps %%xmm0, %%xmm7" : : : "xmm0", "xmm1", "xmm7");
    return lead_to;
}

static bool is_about(const char *name) {
    return strncmp(name, "subject_", 8) == 0;
}
static bool is_about_watched(const char *name) {
    return strncmp(name, "watched_", 8) == 0;
}
static bool wants(const char *name, uintptr_t address, const struct module *caller, const struct module *definer,
                  enum gate_use use) {
    (void)address;
    (void)caller;
    assert_non_null(definer);
    return use == GATE_CALLED && strcmp(name, "subject_chain") != 0;
}
static const void *begin(struct guard *guard) {
    begun++;
    return guard_name(guard);
}
static const struct guard_plan plans[] = {
    {.kind = GUARD_STATE, .about = is_about, .wants = wants, .begin = begin, .slow = slow},
    {.kind = GUARD_WATCHED, .about = is_about_watched, .wants = wants, .slow = slow},
};

static uintptr_t stand_in(const char *name, uintptr_t address) {
    return guards_stand_in(name, address, address, NULL, GATE_CALLED);
}
#define GUARD(function)   ((__typeof__(&(function)))stand_in(#function, (uintptr_t) & (function)))
#define WATCHED(function) ((__typeof__(&(function)))stand_in("watched_function", (uintptr_t) & (function)))

static uintptr_t current; /* the runtime's word */

/* This thread is the one that is current. */
static int agree(void **state) {
    (void)state;
    memset(&seen, 0, sizeof seen);
    lead_to = 0;
    current = 4096;
    self.runtime_word = &current;
    self.runtime_state = 4096;
    self.watched = 0;
    errno = 0;
    return 0;
}

static int64_t integers(int64_t (*function)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t)) {
    return function(1, 2, 3, 4, 5, 6, 7, 8, 9);
}

static void who_has_the_state_passes(void **state) {
    (void)state;
    assert_int_equal(integers(GUARD(subject_integers)), integers(subject_integers));
    assert_int_equal(integers(WATCHED(subject_integers)), integers(subject_integers));
    assert_int_equal(seen.asked, 0);
}

static void check_asked(int times) {
    assert_int_equal(seen.asked, times);
    assert_int_equal(seen.busy, 1);
    assert_int_equal(self.busy, 0);
    assert_int_equal(errno, 0);
    assert_true(seen.in_place);
}

static void who_has_another_state_is_asked(void **state) {
    (void)state;
    current = 8192;
    assert_int_equal(integers(GUARD(subject_integers)), integers(subject_integers));
    check_asked(1);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(seen.integer[i], i + 1);
    assert_string_equal(guard_name(seen.guard), "subject_integers");
    assert_ptr_equal(guard_data(seen.guard), guard_name(seen.guard));
    assert_int_equal(guard_function(seen.guard), (uintptr_t)subject_integers);
    assert_ptr_equal(guard_definer(seen.guard), module_at((uintptr_t)subject_integers));
    current = 0;
    GUARD(subject_plain)(3);
    check_asked(2);
}

static void doubles_and_variadic_calls_arrive(void **state) {
    (void)state;
    current = 0;
    double by_guard = GUARD(subject_doubles)(1, 2, 3, 4, 5, 6, 7, 8, 9);
    assert_true(by_guard == subject_doubles(1, 2, 3, 4, 5, 6, 7, 8, 9));
    assert_true(seen.first == 1);
    assert_true(GUARD(subject_variadic)(3, 1, 2.5, 3) == 6.5);
    struct large large = {.words = {1, 2, 3}};
    assert_int_equal(GUARD(subject_large)(large, 5), subject_large(large, 5));
    check_asked(3);
}

static void results_come_back(void **state) {
    (void)state;
    current = 0;
    struct pair pair = GUARD(subject_pair)(3, 4.5);
    assert_int_equal(pair.first, subject_pair(3, 4.5).first);
    assert_true(pair.second == subject_pair(3, 4.5).second);
    struct large made = GUARD(subject_makes_large)(7), expected = subject_makes_large(7);
    assert_memory_equal(&made, &expected, sizeof made);
}

static void watched_memory_is_asked_about(void **state) {
    (void)state;
    current = 0;
    self.watched = 1;
    assert_int_equal(integers(WATCHED(subject_integers)), integers(subject_integers));
    check_asked(1);
    self.watched = 0;
    integers(WATCHED(subject_integers));
    assert_int_equal(seen.asked, 1);
}

static int64_t elsewhere(int64_t value) {
    return value * 1000;
}

static void the_call_goes_on_where_the_plan_says(void **state) {
    (void)state;
    current = 0;
    lead_to = (uintptr_t)elsewhere;
    assert_int_equal(GUARD(subject_plain)(5), 5000);
    check_asked(1);
}

static void a_guard_may_lead_elsewhere(void **state) {
    (void)state;
    current = 0;
    int64_t (*entry)(int64_t) = GUARD(subject_plain);
    entry(1);
    guard_lead((struct guard *)seen.guard, (uintptr_t)elsewhere);
    assert_int_equal(entry(5), 5000);
    current = 4096;
    assert_int_equal(entry(5), 5000);
    guard_lead((struct guard *)seen.guard, (uintptr_t)subject_plain);
    assert_int_equal(seen.asked, 2);
}

static void nobody_is_asked_while_the_shim_is_at_work(void **state) {
    (void)state;
    current = 0;
    self.busy = 1;
    int64_t answer = GUARD(subject_plain)(4);
    self.busy = 0;
    assert_int_equal(answer, subject_plain(4));
    hooks_off = 1;
    answer = GUARD(subject_plain)(4);
    hooks_off = 0;
    assert_int_equal(answer, subject_plain(4));
    assert_int_equal(seen.asked, 0);
}

static void a_function_has_one_guard(void **state) {
    (void)state;
    char name[] = "subject_two";
    uintptr_t real = (uintptr_t)subject_two, first = stand_in(name, real);
    int before = begun;
    memset(name, 'x', sizeof name - 1);
    assert_int_not_equal(first, real);
    assert_int_equal(stand_in("subject_two", real), first);
    assert_int_equal(begun, before);
    assert_int_equal(guards_behind(first), real);
    assert_int_equal(guards_behind(real), real);
    assert_int_equal(guards_behind(first + 1), first + 1);
    current = 0;
    ((__typeof__(&subject_two))first)(1, 2);
    assert_string_equal(guard_name(seen.guard), "subject_two");
}

static void what_no_plan_wants_has_none(void **state) {
    (void)state;
    assert_int_equal(stand_in("subject_chain", (uintptr_t)subject_chain), (uintptr_t)subject_chain);
    assert_int_equal(stand_in("other", (uintptr_t)subject_plain), (uintptr_t)subject_plain);
    assert_int_equal(stand_in("subject_plain", 64), 64);
    uintptr_t plain = (uintptr_t)subject_plain;
    assert_int_equal(guards_stand_in("subject_plain", plain, plain, NULL, GATE_TAKEN), plain);
    assert_true(guards_name("subject_anything"));
    assert_false(guards_name("malloc"));
}

/* The last test: nothing is left behind it. */
static void a_full_table_gives_none(void **state) {
    (void)state;
    uintptr_t real = (uintptr_t)subject_integers + 16;
    unsigned given = 0;
    while (stand_in("watched_function", real + given) != real + given && given < 2 * GUARDS_WATCHED)
        given++;
    assert_in_range(given, GUARDS_WATCHED / 2, GUARDS_WATCHED);
    assert_int_equal(integers(WATCHED(subject_integers)), integers(subject_integers));
    assert_int_equal(stand_in("subject_two", (uintptr_t)subject_two), stand_in("subject_two", (uintptr_t)subject_two));
}

static void patch_nothing(struct module *module) {
    (void)module;
}

static void tell_nobody(bool unloaded) {
    (void)unloaded;
}

#define TEST(test) cmocka_unit_test_setup(test, agree)

int main(void) {
    static const char *const none[] = {NULL};
    static const struct gate_plan gates = {.names = none};
    gates_register(&gates);
    for (unsigned i = 0; i < sizeof plans / sizeof *plans; i++)
        guards_register(&plans[i]);
    modules_refresh(true, patch_nothing, tell_nobody);
    const struct CMUnitTest tests[] = {
        TEST(who_has_the_state_passes),          TEST(who_has_another_state_is_asked),
        TEST(doubles_and_variadic_calls_arrive), TEST(results_come_back),
        TEST(watched_memory_is_asked_about),     TEST(the_call_goes_on_where_the_plan_says),
        TEST(a_guard_may_lead_elsewhere),        TEST(nobody_is_asked_while_the_shim_is_at_work),
        TEST(a_function_has_one_guard),          TEST(what_no_plan_wants_has_none),
        TEST(a_full_table_gives_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
