/* SPDX-License-Identifier: Apache-2.0
 *
 * Statics of this very program: those that are scratch space, and those that something is kept in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/modules.h"
#include "cpython/statics.h"

#define APART __attribute__((noinline))

static void *filled, *shared, *kept, *last, *compared, *cleared, *pair[2];

static APART void *pass(void *thing) {
    __asm__ volatile("" : "+r"(thing) : : "memory");
    return thing;
}

/* ---- scratch space ---- */

static APART int parse(void *from, void **to) {
    *to = pass(from);
    return *to != NULL;
}

static APART void *fills(void *thing) {
    return parse(thing, &filled) ? pass(filled) : NULL;
}

static APART void *shares(void *thing) {
    shared = thing;
    pass(thing);
    return pass(shared);
}

static APART void *shares_too(void *thing) {
    if (!parse(thing, &shared))
        return NULL;
    return pass(shared);
}

static APART void *fills_pair(void *one, void *other) {
    pair[0] = one;
    pair[1] = other;
    return pass((void *)pair);
}

static APART int compare(const void *one, const void *other) {
    return (pass(compared) != NULL) + (one > other);
}

static APART void *sorts(void *thing) {
    int numbers[] = {3, 1, 2};
    compared = thing;
    qsort(numbers, 3, sizeof *numbers, compare);
    return pass((void *)numbers);
}

/* ---- kept ---- */

static APART void keeps(void *thing) {
    kept = thing;
}

static APART void *gets(void) {
    return kept ? pass(kept) : NULL;
}

static APART void *exchanges(void *thing) {
    pass(last);
    last = thing;
    return thing;
}

static APART void *only_clears(void *thing) {
    cleared = pass(thing);
    pass(thing);
    cleared = NULL;
    return thing;
}

/* ---- tests ---- */

/* By a table: what stands here in code would be one more function that names the word. */
enum { FILLED, SHARED, KEPT, LAST, COMPARED, CLEARED, PAIR, PAIR_END };
static void **const volatile words[] = {&filled, &shared, &kept, &last, &compared, &cleared, &pair[0], &pair[1]};

static bool is_kept(uintptr_t function, unsigned word) {
    return static_is_kept(module_at(function), function, (uintptr_t)words[word]);
}

static void use_everything(void **state) {
    int thing;
    (void)state;
    assert_ptr_equal(fills(&thing), &thing);
    assert_ptr_equal(shares(&thing), &thing);
    assert_ptr_equal(shares_too(&thing), &thing);
    assert_ptr_equal(fills_pair(&thing, NULL), pair);
    assert_non_null(sorts(&thing));
    keeps(&thing);
    assert_ptr_equal(gets(), &thing);
    exchanges(&thing);
    only_clears(&thing);
} // NOLINT(clang-analyzer-core.StackAddressEscape): nobody reads them

static void what_each_call_fills_is_scratch_space(void **state) {
    (void)state;
    assert_false(is_kept((uintptr_t)fills, FILLED));
    assert_false(is_kept((uintptr_t)fills_pair, PAIR));
    assert_false(is_kept((uintptr_t)fills_pair, PAIR_END));
    assert_false(is_kept((uintptr_t)only_clears, CLEARED));
}

static void what_several_functions_fill_is_scratch_space(void **state) {
    (void)state;
    assert_false(is_kept((uintptr_t)shares, SHARED));
    assert_false(is_kept((uintptr_t)shares_too, SHARED));
}

static void what_a_callback_reads_in_the_call_is_scratch_space(void **state) {
    (void)state;
    assert_false(is_kept((uintptr_t)sorts, COMPARED));
}

static void what_another_function_reads_is_kept(void **state) {
    (void)state;
    assert_true(is_kept((uintptr_t)keeps, KEPT));
}

static void what_the_next_call_reads_first_is_kept(void **state) {
    (void)state;
    assert_true(is_kept((uintptr_t)exchanges, LAST));
}

static void a_word_that_no_code_names_is_left_alone(void **state) {
    static void *unnamed;
    (void)state;
    uintptr_t word = (uintptr_t)&unnamed;
    assert_false(static_is_kept(module_at((uintptr_t)keeps), (uintptr_t)keeps, word + 1));
}

static void patch(struct module *module) {
    (void)module;
}

static void changed(bool unloaded) {
    (void)unloaded;
}

static int look(void **state) {
    (void)state;
    return modules_refresh(true, patch, changed) ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(use_everything),
        cmocka_unit_test(what_each_call_fills_is_scratch_space),
        cmocka_unit_test(what_several_functions_fill_is_scratch_space),
        cmocka_unit_test(what_a_callback_reads_in_the_call_is_scratch_space),
        cmocka_unit_test(what_another_function_reads_is_kept),
        cmocka_unit_test(what_the_next_call_reads_first_is_kept),
        cmocka_unit_test(a_word_that_no_code_names_is_left_alone),
    };
    return cmocka_run_group_tests(tests, look, NULL);
}
