/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pool.h"
#include "shim_options.h"
#include "trouble.h"

static int with_settings(void **state) {
    static struct shim_settings settings;
    settings = (struct shim_settings){.pool = pool_new()};
    *state = &settings;
    return 0;
}

static int drop_settings(void **state) {
    pool_free(((struct shim_settings *)*state)->pool);
    return 0;
}

static void set(struct shim_settings *settings, enum shim_option option, const char *value) {
    assert_null(shim_setting(settings, option, "--it", value));
}

/* The sentence must name each of these. */
static void assert_refused(struct trouble *trouble, const char *one, const char *other) {
    assert_non_null(trouble);
    assert_non_null(strstr(trouble_text(trouble), one));
    assert_non_null(strstr(trouble_text(trouble), other));
    trouble_free(trouble);
}

static void nothing_set_is_nothing_said(void **state) {
    assert_string_equal(shim_settings_text(*state), "");
}

static void settings_become_keys_and_values(void **state) {
    set(*state, SHIM_OPTION_records, "/tmp/r");
    set(*state, SHIM_OPTION_frames, "16");
    set(*state, SHIM_OPTION_quarantine, "all");
    assert_string_equal(shim_settings_text(*state), "records=/tmp/r:frames=16:quarantine=all");
}

static void a_value_with_a_colon_is_quoted(void **state) {
    set(*state, SHIM_OPTION_records, "/tmp/a:b");
    set(*state, SHIM_OPTION_halt, "1");
    assert_string_equal(shim_settings_text(*state), "records=\"/tmp/a:b\":halt=1");
}

static void what_is_written_can_be_read(void **state) {
    struct shim_settings *settings = *state, again = {.pool = settings->pool};
    set(settings, SHIM_OPTION_records, "/tmp/a:b=c");
    set(settings, SHIM_OPTION_follow, "py*:sh");
    set(settings, SHIM_OPTION_leaks, "0");
    assert_null(shim_settings_read(&again, shim_settings_text(settings)));
    assert_string_equal(shim_settings_text(&again), shim_settings_text(settings));
}

static void a_later_value_counts(void **state) {
    assert_null(shim_settings_read(*state, "frames=4:frames=5::"));
    set(*state, SHIM_OPTION_frames, "6");
    assert_string_equal(shim_settings_text(*state), "frames=6");
}

static void limits_are_checked(void **state) {
    assert_refused(shim_setting(*state, SHIM_OPTION_frames, "--frames", "0"), "--frames", "from 1 to 16");
    assert_refused(shim_setting(*state, SHIM_OPTION_frames, "--frames", "17"), "--frames", "'17'");
    assert_refused(shim_setting(*state, SHIM_OPTION_frames, "--frames", "8x"), "--frames", "'8x'");
    assert_refused(shim_setting(*state, SHIM_OPTION_frames, "--frames", ""), "--frames", "''");
    assert_refused(shim_setting(*state, SHIM_OPTION_frames, "--frames", "99999999999999999999"), "--frames", "from 1");
    assert_refused(shim_setting(*state, SHIM_OPTION_quarantine, "--quarantine", "some"), "none, crossed, all", "'some'");
    assert_refused(shim_setting(*state, SHIM_OPTION_halt, "halt", "2"), "from 0 to 1", "'2'");
}

static void a_quote_cannot_be_carried(void **state) {
    assert_refused(shim_setting(*state, SHIM_OPTION_follow, "--follow", "a\"b"), "--follow", "a\"b");
}

static void a_text_has_a_longest_length(void **state) {
    char text[4002];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_refused(shim_setting(*state, SHIM_OPTION_follow, "--follow", text), "--follow", "4000");
}

static void malformed_texts_are_refused(void **state) {
    assert_refused(shim_settings_read(*state, "frames"), "'frames'", "key=value");
    assert_refused(shim_settings_read(*state, "frames=3:nonsense=1"), "'nonsense'", "FFISAN_OPTIONS");
    assert_refused(shim_settings_read(*state, "follow=\"a:b"), "'follow'", "quotes");
    assert_refused(shim_settings_read(*state, "follow=\"a\"b"), "'follow'", "quotes");
    assert_refused(shim_settings_read(*state, "frames=99"), "frames in FFISAN_OPTIONS", "'99'");
    assert_refused(shim_settings_read(*state, "=1"), "''", "unknown");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_settings, drop_settings)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_set_is_nothing_said),    TEST(settings_become_keys_and_values),
        TEST(a_value_with_a_colon_is_quoted), TEST(what_is_written_can_be_read),
        TEST(a_later_value_counts),           TEST(limits_are_checked),
        TEST(a_quote_cannot_be_carried),      TEST(a_text_has_a_longest_length),
        TEST(malformed_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
