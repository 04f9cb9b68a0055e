/* SPDX-License-Identifier: Apache-2.0
 * Names that functions were looked up by.
 */
#include <stdio.h>
#include <string.h>

#include "core/names.h"
#include "unit.h"

static void nothing_is_known_at_first(void **state) {
    (void)state;
    assert_null(name_of(0x1234));
}

static void the_newest_name_counts(void **state) {
    (void)state;
    name_note(0x1000, "strlen");
    assert_string_equal(name_of(0x1000), "strlen");
    name_note(0x1000, "my_strlen");
    assert_string_equal(name_of(0x1000), "my_strlen");
    assert_null(name_of(0x1001));
}

static void the_same_name_again_takes_no_memory(void **state) {
    (void)state;
    name_note(0x2000, "getenv");
    const char *first = name_of(0x2000);
    name_note(0x2000, "getenv");
    assert_ptr_equal(name_of(0x2000), first);
}

static void the_caller_may_reuse_its_text(void **state) {
    (void)state;
    char text[] = "compress";
    name_note(0x3000, text);
    memset(text, 'x', sizeof text - 1);
    assert_string_equal(name_of(0x3000), "compress");
}

static void a_name_without_end_is_not_kept(void **state) {
    (void)state;
    char text[400];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = 0;
    name_note(0x4000, text);
    assert_null(name_of(0x4000));
}

static void many_names_push_each_other_out_and_never_mix(void **state) {
    (void)state;
    char text[32];
    for (uintptr_t i = 1; i <= 20000; i++) {
        snprintf(text, sizeof text, "f%zu", (size_t)i);
        name_note(i * 16, text);
    }
    unsigned kept = 0;
    for (uintptr_t i = 1; i <= 20000; i++) {
        const char *name = name_of(i * 16);
        snprintf(text, sizeof text, "f%zu", (size_t)i);
        if (!name)
            continue;
        assert_string_equal(name, text);
        kept++;
    }
    assert_true(kept > 4000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_known_at_first),           cmocka_unit_test(the_newest_name_counts),
        cmocka_unit_test(the_same_name_again_takes_no_memory), cmocka_unit_test(the_caller_may_reuse_its_text),
        cmocka_unit_test(a_name_without_end_is_not_kept),      cmocka_unit_test(many_names_push_each_other_out_and_never_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
