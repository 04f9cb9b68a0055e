/* SPDX-License-Identifier: Apache-2.0
 *
 * FFISAN_OPTIONS: every row of the table, quoting, lists of rules, and what becomes of pieces that make no sense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/options.h"

#define BIT(rule) (UINT64_C(1) << FFISAN_RULE_##rule)
#define ALL       ((UINT64_C(1) << FFISAN_RULES) - 1)

static struct options parsed;
static char complaints[16384]; /* each piece in <> */

static void note_wrong(const char *piece, size_t length, void *context) {
    assert_ptr_equal(context, &parsed);
    size_t used = strlen(complaints);
    assert_true(used + length + 3 <= sizeof complaints);
    complaints[used++] = '<';
    memcpy(complaints + used, piece, length);
    memcpy(complaints + used + length, ">", 2);
}

static void parse(const char *text) {
    complaints[0] = 0;
    memset(&parsed, 0x5a, sizeof parsed);
    options_parse(&parsed, text, note_wrong, &parsed);
}

static void parse_well(const char *text) {
    parse(text);
    assert_string_equal(complaints, "");
}

static void no_text_means_defaults(void **state) {
    (void)state;
    parse_well(NULL);
    assert_string_equal(parsed.records, "");
    assert_int_equal(parsed.frames, 8);
    assert_int_equal(parsed.quarantine, FFISAN_QUARANTINE_CROSSED);
    assert_int_equal(parsed.quarantine_size, 64);
    assert_int_equal(parsed.halt, 0);
    assert_int_equal(parsed.leaks, 1);
    assert_string_equal(parsed.follow, "all");
    assert_true(parsed.rules_on == ALL);
    parse_well("");
    assert_int_equal(parsed.frames, 8);
    parse_well(":::");
}

static void every_kind_of_value(void **state) {
    (void)state;
    parse_well("records=/run/x:frames=16:quarantine=all:quarantine-size=65536:halt=1:leaks=0:python-memory=full:follow=*python*");
    assert_string_equal(parsed.records, "/run/x");
    assert_int_equal(parsed.frames, 16);
    assert_int_equal(parsed.quarantine, FFISAN_QUARANTINE_ALL);
    assert_int_equal(parsed.quarantine_size, 65536);
    assert_int_equal(parsed.halt, 1);
    assert_int_equal(parsed.leaks, 0);
    assert_int_equal(parsed.python_memory, FFISAN_PYTHON_MEMORY_FULL);
    assert_string_equal(parsed.follow, "*python*");
}

static void the_later_of_two_holds(void **state) {
    (void)state;
    parse_well("frames=3:rules=none:frames=4:records=/a:records=:rules=-leak");
    assert_int_equal(parsed.frames, 4);
    assert_string_equal(parsed.records, "");
    assert_true(parsed.rules_on == (ALL & ~BIT(LEAK)));
}

static void quoted_values(void **state) {
    (void)state;
    parse_well("records=\"/tmp/a:b=c\":frames=2");
    assert_string_equal(parsed.records, "/tmp/a:b=c");
    assert_int_equal(parsed.frames, 2);
    parse_well("records=\"\"\"say\"\":\"");
    assert_string_equal(parsed.records, "\"say\":");
    parse_well("frames=\"5\":records=\"\"");
    assert_int_equal(parsed.frames, 5);
    assert_string_equal(parsed.records, "");
    parse_well("records=/a\"b\"");
    assert_string_equal(parsed.records, "/a\"b\"");
}

static void broken_quotes(void **state) {
    (void)state;
    parse("halt=1:records=\"/tmp:frames=3");
    assert_string_equal(complaints, "<records=\"/tmp:frames=3>");
    assert_int_equal(parsed.halt, 1);
    assert_string_equal(parsed.records, "");
    parse("records=\"/tmp\"/x:frames=3");
    assert_string_equal(complaints, "<records=\"/tmp\"/x>");
    assert_int_equal(parsed.frames, 3);
}

static void what_is_wrong_is_left_out(void **state) {
    (void)state;
    parse("frames=0:frames=17:frames=:frames=-1:frames= 3:frames=99999999999999999999:halt=2:leaks=yes:quarantine=some:"
          "quarantine=al:nonsense=1:frames:=1:RECORDS=/x:halt=1");
    assert_string_equal(complaints, "<frames=0><frames=17><frames=><frames=-1><frames= 3><frames=99999999999999999999><halt=2>"
                                    "<leaks=yes><quarantine=some><quarantine=al><nonsense=1><frames><=1><RECORDS=/x>");
    assert_int_equal(parsed.frames, 8);
    assert_int_equal(parsed.halt, 1);
    options_parse(&parsed, "nonsense", NULL, NULL);
}

static void text_has_a_limit(void **state) {
    (void)state;
    static char text[9000] = "records=\"";
    memset(text + 9, 'x', 4000);
    text[4009] = '"';
    parse_well(text);
    assert_int_equal(strlen(parsed.records), 4000);
    text[4009] = 'x';
    text[4010] = '"';
    parse(text);
    assert_int_equal(strlen(complaints), strlen(text) + 2);
    assert_string_equal(parsed.records, "");
    memset(text, '0', sizeof text - 1);
    memcpy(text, "frames=", sizeof "frames=" - 1);
    text[sizeof "frames=" - 1] = '"';
    text[8008] = '3';
    text[8009] = '"';
    text[8010] = 0;
    parse(text);
    assert_int_equal(parsed.frames, 8);
}

static void rules_on_and_off(void **state) {
    (void)state;
    parse_well("rules=none,+leak,double-free");
    assert_true(parsed.rules_on == (BIT(LEAK) | BIT(DOUBLE_FREE)));
    parse_well("rules=-leak,-foreign-crash");
    assert_true(parsed.rules_on == (ALL & ~BIT(LEAK) & ~BIT(FOREIGN_CRASH)));
    parse_well("rules=-all");
    assert_true(parsed.rules_on == 0);
    parse_well("rules=-all,+all,,");
    assert_true(parsed.rules_on == ALL);
    parse_well("rules=none,all");
    assert_true(parsed.rules_on == ALL);
    parse_well("rules=\"none,+leak\"");
    assert_true(parsed.rules_on == BIT(LEAK));
    parse_well("rules=");
    assert_true(parsed.rules_on == ALL);
}

static void wrong_rules(void **state) {
    (void)state;
    parse("rules=none,+lea,leaks,+,-none,+none,+ leak,+leak");
    assert_string_equal(complaints, "<+lea><leaks><+><-none><+none><+ leak>");
    assert_true(parsed.rules_on == BIT(LEAK));
}

static void every_rule_has_its_bit(void **state) {
    (void)state;
    static const char *const names[] = {
#define RULE(id, name, ...) [FFISAN_RULE_##id] = name,
#include "ffisan/rules.def"
#undef RULE
    };
    for (unsigned rule = 0; rule < FFISAN_RULES; rule++) {
        char text[100] = "rules=none,";
        memcpy(text + strlen(text), names[rule], strlen(names[rule]) + 1);
        parse_well(text);
        assert_true(parsed.rules_on == UINT64_C(1) << rule);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_means_defaults),
        cmocka_unit_test(every_kind_of_value),
        cmocka_unit_test(the_later_of_two_holds),
        cmocka_unit_test(quoted_values),
        cmocka_unit_test(broken_quotes),
        cmocka_unit_test(what_is_wrong_is_left_out),
        cmocka_unit_test(text_has_a_limit),
        cmocka_unit_test(rules_on_and_off),
        cmocka_unit_test(wrong_rules),
        cmocka_unit_test(every_rule_has_its_bit),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
