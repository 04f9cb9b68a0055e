/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pool.h"
#include "rust_names.h"

#define HASH "::h0123456789abcdef"

static void names_are_as_people_write_them(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"greeting::listen" HASH, "greeting::listen"},
        {"greeting::listen::_$u7b$$u7b$closure$u7d$$u7d$" HASH, "greeting::listen::{{closure}}"},
        {"_$LT$F$u20$as$u20$core..ops..FnOnce$LT$$LP$$RP$$GT$$GT$::call_once" HASH, "<F as core::ops::FnOnce<()>>::call_once"},
        {"f$RF$g$C$h$BP$i$SP$" HASH, "f&g,h*i@"},
        {"odd$u$u7b$uzz$$$_$u110000$" HASH, "odd$u{uzz$$$_$u110000$"},
    };
    struct pool *pool = pool_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(rust_name(pool, rows[i][0]), rows[i][1]);
    pool_free(pool);
}

static void others_are_left_alone(void **state) {
    (void)state;
    static const char *const names[] = {"",
                                        "f",
                                        "std::vector<int>::push_back(int&&)",
                                        HASH,
                                        "x::h0123456789abcdeg",
                                        "x::h0123456789ABCDEF",
                                        "x::g0123456789abcdef"};
    struct pool *pool = pool_new();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_null(rust_name(pool, names[i]));
    pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_as_people_write_them), cmocka_unit_test(others_are_left_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
