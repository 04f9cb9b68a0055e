/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "baseline.h"
#include "findings.h"
#include "pool.h"
#include "record_writer.h"
#include "text_file.h"
#include "trouble.h"

static char *folder, path[4200];
static struct pool *pool;
static struct baseline baseline;

static int setup(void **state) {
    (void)state;
    pool = pool_new();
    folder = writer_folder();
    snprintf(path, sizeof(path), "%s/baseline.json", folder);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    writer_folder_remove(folder);
    pool_free(pool);
    return 0;
}

static void what_is_written_is_read(void **state) {
    (void)state;
    struct finding findings[] = {
        {.rule = FFISAN_RULE_LEAK, .fingerprint = "0123", .message = "lost"},
        {.rule = FFISAN_RULE_LEAK, .fingerprint = "4567", .message = "known", .suppressed = true},
    };
    assert_null(baseline_write(path, findings, 2));
    assert_null(baseline_read(&baseline, pool, path));
    assert_int_equal(baseline.count, 1);
    assert_true(baseline_has(&baseline, "0123"));
    assert_false(baseline_has(&baseline, "4567"));
}

static void nothing_is_a_baseline_too(void **state) {
    (void)state;
    assert_null(baseline_write(path, NULL, 0));
    assert_null(baseline_read(&baseline, pool, path));
    assert_int_equal(baseline.count, 0);
}

static void other_files_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "3",
        "{\"schema\": \"x\", \"findings\": []}",
        "{\"schema\": \"ffisan-baseline-1\"}",
        "{\"schema\": \"ffisan-baseline-1\", \"findings\": [{}]}",
        "{\"schema\": \"ffisan-baseline-1\", \"findings\": [3]}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_null(text_file_write(path, texts[i], strlen(texts[i])));
        struct trouble *trouble = baseline_read(&baseline, pool, path);
        assert_non_null(trouble);
        assert_non_null(strstr(trouble_text(trouble), path));
        trouble_free(trouble);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(what_is_written_is_read), TEST(nothing_is_a_baseline_too),
                                       TEST(other_files_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
