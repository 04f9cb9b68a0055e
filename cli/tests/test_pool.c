/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pool.h"

static void arrays_grow(void **state) {
    (void)state;
    struct pool *pool = pool_new();
    int *items = NULL;
    size_t count = 0;
    for (int i = 0; i < 1000; i++)
        *(int *)pool_append(pool, &items, &count, sizeof(*items)) = i;
    assert_int_equal(count, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    pool_free(pool);
}

static void text_is_cleaned(void **state) {
    (void)state;
    static const struct {
        const char *given;
        const char *clean;
    } rows[] = {
        {"plain", "plain"},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
        {"\xf0\x9f\x90\x8d", "\xf0\x9f\x90\x8d"},
        {"\x1b[2Jx", "?[2Jx"},
        {"a\nb\x7f", "a?b?"},
        {"\xc2\x9b", "?"}, /* C1: CSI in one character */
        {"\xff", "\xef\xbf\xbd"},
        {"\xc3", "\xef\xbf\xbd"},                                                 /* cut short */
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                                 /* overlong */
        {"\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                 /* overlong */
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                 /* surrogate */
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* beyond U+10FFFF */
    };
    struct pool *pool = pool_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(pool_clean(pool, rows[i].given, POOL_CLEAN_ALL), rows[i].clean);
    assert_string_equal(pool_clean(pool, "abcdef", 3), "abc");
    pool_free(pool);
}

static jmp_buf exhausted;
static void jump_out(void) {
    longjmp(exhausted, 1);
}

static void no_memory_has_one_way_out(void **state) {
    (void)state;
    struct pool *volatile pool = pool_new();
    void (*usual)(void) = pool_exhausted;
    pool_exhausted = jump_out;
    if (setjmp(exhausted) == 0) {
        pool_get(pool, SIZE_MAX / 2);
        fail();
    }
    pool_exhausted = usual;
    pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(arrays_grow), cmocka_unit_test(text_is_cleaned),
                                       cmocka_unit_test(no_memory_has_one_way_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
