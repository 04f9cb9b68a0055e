/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rules.h"
#include "trouble.h"

static void every_row_is_complete(void **state) {
    (void)state;
    for (unsigned i = 0; i < FFISAN_RULES; i++) {
        assert_int_equal(rule_by_name(rules[i].name), i);
        assert_false(rule_is_planned(rules[i].name));
        assert_true(rules[i].headline[0] && rules[i].why[0] && rules[i].fix[0] && rules[i].reference[0]);
    }
    assert_int_equal(rule_by_name("no-such"), FFISAN_RULES);
}

static void planned_names_are_known(void **state) {
    (void)state;
    assert_true(rule_is_planned("jni-wrong-env"));
    assert_true(rule_is_planned("leak-growth"));
    assert_false(rule_is_planned("jni"));
}

static void lists_are_read_from_left_to_right(void **state) {
    (void)state;
    static const struct {
        const char *list;
        bool leak, double_free;
    } rows[] = {
        {NULL, true, true},          {"", true, true},
        {"-leak", false, true},      {"leak", true, false},
        {"none,+leak", true, false}, {"-all,+leak", true, false},
        {"all,-leak", false, true},  {"+leak", true, true},
        {"-leak,+leak", true, true}, {",-leak,", false, true},
        {"none", false, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rule_set set;
        assert_null(rule_set_parse(&set, rows[i].list));
        assert_int_equal(set.on[FFISAN_RULE_LEAK], rows[i].leak);
        assert_int_equal(set.on[FFISAN_RULE_DOUBLE_FREE], rows[i].double_free);
    }
}

static void assert_trouble(const char *list, const char *part) {
    struct rule_set set;
    struct trouble *trouble = rule_set_parse(&set, list);
    assert_non_null(trouble);
    if (!strstr(trouble_text(trouble), part))
        fail_msg("'%s' does not say '%s'", trouble_text(trouble), part);
    trouble_free(trouble);
}

static void unknown_names_are_named(void **state) {
    (void)state;
    assert_trouble("+duoble-free", "double-free");
    assert_trouble("-leaks", "near it: leak");
    assert_trouble("xyzzy", "--rules list");
    assert_trouble("leak-growth", "planned");
    assert_trouble("a-name-that-is-longer-than-any-name-of-a-rule-could-ever-be-and-then-some-more-of-it-for-good-measure",
                   "no rule");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_row_is_complete), cmocka_unit_test(planned_names_are_known),
                                       cmocka_unit_test(lists_are_read_from_left_to_right),
                                       cmocka_unit_test(unknown_names_are_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
