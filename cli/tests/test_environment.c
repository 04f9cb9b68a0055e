/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "environment.h"
#include "pool.h"
#include "shim_options.h"
#include "trouble.h"

#define SHIM "/x/libffisan.so"

static struct pool *pool;

static int with_pool(void **state) {
    (void)state;
    pool = pool_new();
    return 0;
}

static int drop_pool(void **state) {
    (void)state;
    pool_free(pool);
    unsetenv("FFISAN_LIBRARY");
    unsetenv("ASAN_OPTIONS");
    return 0;
}

static void the_shim_goes_where_it_must(void **state) {
    (void)state;
    static const struct {
        const char *existing, *composed;
    } rows[] = {
        {NULL, SHIM},
        {"", SHIM},
        {"/a.so", SHIM ":/a.so"},
        {"/a.so /b.so", SHIM ":/a.so:/b.so"},
        {" :/a.so::/b.so: ", SHIM ":/a.so:/b.so"},
        {SHIM ":/a.so", SHIM ":/a.so"},
        {"/a.so:" SHIM, SHIM ":/a.so"},
        {"libasan.so.8", "libasan.so.8:" SHIM},
        {"/usr/lib/libasan.so.8:/a.so", "/usr/lib/libasan.so.8:" SHIM ":/a.so"},
        {"/a.so:/usr/lib/libasan.so.8:/b.so", "/a.so:/usr/lib/libasan.so.8:" SHIM ":/b.so"},
        {"/l/libclang_rt.asan-x86_64.so", "/l/libclang_rt.asan-x86_64.so:" SHIM},
        {"/libasan.so.d/other.so", SHIM ":/libasan.so.d/other.so"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(environment_preload(pool, SHIM, rows[i].existing), rows[i].composed);
}

static struct environment composed(const char *memory) {
    struct shim_settings settings = {.pool = pool};
    struct environment environment = {0};
    setenv("FFISAN_LIBRARY", "/proc/self/exe", 1);
    assert_null(shim_setting(&settings, SHIM_OPTION_python_memory, "it", memory));
    assert_null(environment_compose(&environment, pool, &settings));
    return environment;
}

static void only_full_python_memory_sets_pythonmalloc(void **state) {
    (void)state;
    assert_string_equal(composed("full").python_malloc, "malloc");
    assert_null(composed("lent").python_malloc);
}

static void asan_programs_may_start(void **state) {
    (void)state;
    assert_string_equal(composed("lent").asan_options, "verify_asan_link_order=0");
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    assert_string_equal(composed("lent").asan_options, "detect_leaks=0:verify_asan_link_order=0");
    setenv("ASAN_OPTIONS", "verify_asan_link_order=1", 1);
    assert_null(composed("lent").asan_options);
}

static void a_library_that_is_not_there_is_named(void **state) {
    (void)state;
    const char *path = NULL;
    setenv("FFISAN_LIBRARY", "/nowhere/libffisan.so", 1);
    struct trouble *trouble = environment_library(pool, &path);
    assert_non_null(trouble);
    assert_non_null(strstr(trouble_text(trouble), "/nowhere/libffisan.so"));
    trouble_free(trouble);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_pool, drop_pool)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_shim_goes_where_it_must),
        TEST(only_full_python_memory_sets_pythonmalloc),
        TEST(asan_programs_may_start),
        TEST(a_library_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
