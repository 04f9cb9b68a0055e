/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "findings.h"
#include "symbols.h"
#include "veto.h"

static struct symbols *symbols;
static int setup(void **state) {
    (void)state;
    symbols = symbols_new(true);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    symbols_free(symbols);
    return 0;
}

#define MODULE(file, short_name)                                                                                                 \
    { .id = 1, .path_raw = (file), .path = (file), .name = (short_name) }
static struct module with_own = MODULE(GUINEA_CXX_STATIC, "libown.so"), shared = MODULE(GUINEA_CXX_SHARED, "libshared.so"),
                     plain = MODULE(GUINEA_INLINE, "libplain.so");

static bool vetoed(const struct module *owner, const struct module *free_owner, enum ffisan_family family,
                   enum ffisan_family free_family) {
    const struct process process = {0};
    const struct finding finding = {
        .rule = FFISAN_RULE_MISMATCHED_DEALLOCATOR,
        .facts = {.called = "free", .family = family, .free_family = free_family, .owner = owner, .free_owner = free_owner},
    };
    return finding_vetoed(&finding, &process, symbols);
}

static void own_runtimes_are_told(void **state) {
    (void)state;
    assert_true(has_own_cxx_runtime(symbols_elf(symbols, &with_own)));
    assert_false(has_own_cxx_runtime(symbols_elf(symbols, &shared)));
    assert_false(has_own_cxx_runtime(symbols_elf(symbols, &plain)));
}

static void either_side_may_mislead(void **state) {
    (void)state;
    assert_true(vetoed(&with_own, &shared, FFISAN_FAMILY_MALLOC, FFISAN_FAMILY_NEW));
    assert_true(vetoed(&shared, &with_own, FFISAN_FAMILY_NEW_ARRAY, FFISAN_FAMILY_MALLOC));
    assert_false(vetoed(&shared, &plain, FFISAN_FAMILY_NEW, FFISAN_FAMILY_MALLOC));
    assert_false(vetoed(NULL, NULL, FFISAN_FAMILY_NEW, FFISAN_FAMILY_MALLOC));
}

static void other_families_are_believed(void **state) {
    (void)state;
    assert_false(vetoed(&with_own, &with_own, FFISAN_FAMILY_NEW, FFISAN_FAMILY_NEW_ARRAY));
    assert_false(vetoed(&with_own, &with_own, FFISAN_FAMILY_PY_MEM, FFISAN_FAMILY_MALLOC));
}

/* Stacks, when the owners are not known: the module of the innermost frame past the shim, or a function that is new itself. */
static void stacks_speak_for_owners(void **state) {
    (void)state;
    struct module modules[] = {with_own};
    const struct process process = {.modules = modules, .module_count = 1};
    struct frame frames[] = {{.module = "libffisan.so", .function = "operator new(unsigned long)", .shim = true},
                             {.module = "libown.so"}};
    struct stack stack = {.role = FFISAN_ROLE_ALLOCATED, .native = frames, .native_count = 2};
    const struct finding finding = {
        .rule = FFISAN_RULE_MISMATCHED_DEALLOCATOR,
        .stacks = &stack,
        .stack_count = 1,
        .facts = {.called = "free", .family = FFISAN_FAMILY_NEW, .free_family = FFISAN_FAMILY_MALLOC}};
    assert_true(finding_vetoed(&finding, &process, symbols));
    frames[1] = (struct frame){.module = "libother.so", .function = "f"};
    assert_false(finding_vetoed(&finding, &process, symbols));
    frames[1].function = "operator new(unsigned long)";
    assert_true(finding_vetoed(&finding, &process, symbols));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(own_runtimes_are_told), TEST(either_side_may_mislead),
                                       TEST(other_families_are_believed), TEST(stacks_speak_for_owners)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
