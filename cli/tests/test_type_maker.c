/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "type_maker.h"
#include "type_words.h"

static struct type_maker *maker;

static int setup(void **state) {
    (void)state;
    maker = type_maker_new(1u << 16);
    return maker ? 0 : -1;
}
static int teardown(void **state) {
    (void)state;
    type_maker_free(maker);
    return 0;
}

static uint32_t integer(uint32_t size, const char *name) {
    return type_maker_simple(
        maker, (struct ffisan_type){.kind = FFISAN_TYPE_INTEGER, .size = size, .name = type_maker_text(maker, name)});
}

static uint32_t record(unsigned kind, uint32_t size, const char *name, uint64_t key) {
    return type_maker_record(
        maker, (struct ffisan_type){.kind = (uint8_t)kind, .size = size, .name = type_maker_text(maker, name)}, key);
}

static void fill(const struct ffisan_field *fields, uint32_t count) {
    type_maker_fields(maker, &maker->records[maker->record_count - 1], fields, count);
}

static const struct ffisan_type *type(uint32_t index) {
    return &maker->writer.types[index];
}

static void assert_words(uint32_t index, const char *expected) {
    struct type_table table;
    struct type_words words = {.names = true, .parameters = true, .depth = 2};
    size_t size;
    type_maker_settle(maker);
    struct ffisan_types *made = type_maker_table(maker, &size);
    assert_non_null(made);
    assert_true(type_table_open(&table, made, size));
    assert_string_equal(type_words(&words, &table, index), expected);
    free(words.text);
    free(made);
}

static void texts_stand_once(void **state) {
    (void)state;
    uint32_t one = type_maker_text(maker, "size_t"), other = type_maker_text(maker, "ssize_t");
    assert_int_equal(type_maker_text(maker, "size_t"), one);
    assert_int_not_equal(one, other);
    assert_int_equal(type_maker_text(maker, ""), 0);
    assert_int_equal(type_maker_text(maker, NULL), 0);
}

static void names_of_the_system_are_plain(void **state) {
    (void)state;
    assert_int_equal(type_maker_plain_name(maker, "__off_t"), type_maker_text(maker, "off_t"));
    assert_int_equal(type_maker_plain_name(maker, "off_t"), type_maker_text(maker, "off_t"));
    assert_int_equal(type_maker_plain_name(maker, "__"), type_maker_text(maker, "__"));
    assert_int_equal(type_maker_plain_name(maker, NULL), 0);
}

static void equal_types_are_one(void **state) {
    (void)state;
    uint32_t number = integer(4, "int");
    assert_int_equal(integer(4, "int"), number);
    assert_int_not_equal(integer(4, "pid_t"), number);
    assert_int_not_equal(integer(8, "int"), number);
    uint32_t pointer = type_maker_pointer(maker, number, false, 0);
    assert_int_equal(type_maker_pointer(maker, number, false, 0), pointer);
    assert_int_not_equal(type_maker_pointer(maker, number, true, 0), pointer);
}

static void equal_functions_are_one(void **state) {
    (void)state;
    struct ffisan_field parameters[] = {{.type = integer(4, "int")}, {.type = integer(8, "long")}};
    struct ffisan_type function = {.kind = FFISAN_TYPE_FUNCTION, .to = integer(4, "int")};
    uint32_t one = type_maker_function(maker, function, parameters, 2);
    assert_int_equal(type_maker_function(maker, function, parameters, 2), one);
    assert_int_not_equal(type_maker_function(maker, function, parameters, 1), one);
    parameters[0].name = type_maker_text(maker, "other");
    assert_int_not_equal(type_maker_function(maker, function, parameters, 2), one);
    assert_words(one, "`int` int4(`int` int4 , `long` int8 )");
}

static void a_struct_has_its_fields_under_every_name(void **state) {
    (void)state;
    uint32_t tagged = record(FFISAN_TYPE_STRUCT, 4, "struct s", 7);
    assert_int_equal(record(FFISAN_TYPE_STRUCT, 4, "struct s", 7), tagged);
    const struct ffisan_field field = {.type = integer(4, "int"), .name = type_maker_text(maker, "x")};
    fill(&field, 1);
    uint32_t named = record(FFISAN_TYPE_STRUCT, 4, "s_t", 7), other = record(FFISAN_TYPE_STRUCT, 4, "struct s", 8);
    assert_true(type_maker_fields_known(maker, &maker->records[1]));
    assert_false(type_maker_fields_known(maker, &maker->records[2]));
    assert_true(type(other)->flags & FFISAN_TYPE_FIELDS_UNKNOWN);
    assert_words(named, "`s_t` struct4{0 x=`int` int4}");
}

static void a_declared_struct_may_be_defined_later(void **state) {
    (void)state;
    struct ffisan_type opaque = {
        .kind = FFISAN_TYPE_STRUCT, .flags = FFISAN_TYPE_INCOMPLETE, .name = type_maker_text(maker, "struct s")};
    uint32_t index = type_maker_record(maker, opaque, 7);
    assert_int_equal(type(index)->flags, FFISAN_TYPE_INCOMPLETE);
    assert_int_equal(record(FFISAN_TYPE_STRUCT, 12, "struct s", 7), index);
    assert_int_equal(type(index)->flags, FFISAN_TYPE_FIELDS_UNKNOWN);
    assert_int_equal(type(index)->size, 12);
    assert_int_equal(type_maker_record(maker, opaque, 7), index);
    assert_int_equal(type(index)->size, 12);
}

static void what_is_forgotten_is_another_struct(void **state) {
    (void)state;
    uint32_t one = record(FFISAN_TYPE_STRUCT, 4, "struct s", 7);
    type_maker_forget_records(maker);
    assert_int_not_equal(record(FFISAN_TYPE_STRUCT, 8, "struct s", 7), one);
}

static void what_a_call_gives_in_part_is_opaque(void **state) {
    (void)state;
    uint32_t index = record(FFISAN_TYPE_STRUCT, 16, "struct sockaddr", 7);
    assert_words(index, "`struct sockaddr` struct0-opaque{}");
}

static uint32_t array_of(uint32_t of, uint32_t size) {
    return type_maker_simple(maker, (struct ffisan_type){.kind = FFISAN_TYPE_ARRAY, .to = of, .size = size});
}

static bool ends_flexibly(uint32_t last, uint32_t offset, uint32_t size) {
    static uint64_t key;
    uint32_t index = record(FFISAN_TYPE_STRUCT, size, "", ++key);
    const struct ffisan_field fields[] = {{.type = integer(4, "int")}, {.type = last, .offset = offset}};
    fill(fields, 2);
    type_maker_settle(maker);
    return type(index)->flags & FFISAN_TYPE_FLEXIBLE;
}

static void arrays_at_the_end_are_flexible(void **state) {
    (void)state;
    uint32_t number = integer(4, "int");
    assert_true(ends_flexibly(array_of(number, 0), 4, 4));
    assert_true(ends_flexibly(array_of(number, 4), 4, 8));
    assert_false(ends_flexibly(array_of(number, 8), 4, 12));
    assert_false(ends_flexibly(number, 4, 8));
    assert_true(ends_flexibly(array_of(number, 0), 4, 4));
    uint32_t inside = maker->records[maker->record_count - 1].type;
    assert_true(ends_flexibly(inside, 4, 8)); /* a flexible struct at the end of another */
}

static void structs_that_grow_are_flexible(void **state) {
    (void)state;
    uint32_t index = record(FFISAN_TYPE_STRUCT, 8, "module", 50);
    const struct ffisan_field fields[] = {{.type = integer(4, "int"), .name = type_maker_text(maker, "iVersion")},
                                          {.type = integer(4, "int"), .offset = 4}};
    fill(fields, 2);
    type_maker_settle(maker);
    assert_true(type(index)->flags & FFISAN_TYPE_FLEXIBLE);
}

static bool is_packed(uint32_t size, const struct ffisan_field *fields, uint32_t count) {
    static uint64_t key = 100;
    uint32_t index = record(FFISAN_TYPE_STRUCT, size, "", ++key);
    fill(fields, count);
    type_maker_settle(maker);
    return type(index)->flags & FFISAN_TYPE_PACKED;
}

static void packing_follows_from_the_layout(void **state) {
    (void)state;
    uint32_t byte = integer(1, "byte"), wide = integer(8, "long");
    struct ffisan_field fields[] = {{.type = byte}, {.type = wide, .offset = 8}};
    assert_false(is_packed(16, fields, 2));
    assert_true(is_packed(17, fields, 2)); /* cannot be repeated */
    fields[1].offset = 1;
    assert_true(is_packed(9, fields, 2));
    uint32_t packed = maker->records[maker->record_count - 1].type;
    fields[1] = (struct ffisan_field){.type = packed, .offset = 1};
    assert_false(is_packed(10, fields, 2)); /* stands anywhere */
    fields[1] = (struct ffisan_field){.type = wide, .offset = 1, .bit_width = 3};
    assert_false(is_packed(2, fields, 2));
    assert_false(is_packed(0, NULL, 0));
}

static void a_choice_of_pointers_is_a_pointer(void **state) {
    (void)state;
    uint32_t pointer = type_maker_pointer(maker, integer(4, "int"), false, 0);
    uint32_t choice = record(FFISAN_TYPE_UNION, 8, "choice", 1);
    const struct ffisan_field fields[] = {{.type = pointer}, {.type = pointer}};
    fill(fields, 2);
    uint32_t mixed = record(FFISAN_TYPE_UNION, 8, "mixed", 2);
    const struct ffisan_field others[] = {{.type = pointer}, {.type = integer(8, "long")}};
    fill(others, 2);
    const struct ffisan_field parameters[] = {{.type = choice}, {.type = mixed}};
    uint32_t function =
        type_maker_function(maker, (struct ffisan_type){.kind = FFISAN_TYPE_FUNCTION, .to = choice}, parameters, 2);
    assert_words(function, "`choice` union8{0 =pointer(`int` int4) 0 =pointer(`int` int4)}(pointer(unknown) , `mixed` union8{0 "
                           "=pointer(`int` int4) 0 =`long` int8} )");
}

static void circles_by_value_end(void **state) {
    (void)state;
    uint32_t index = record(FFISAN_TYPE_STRUCT, 8, "struct s", 1), array = array_of(index, 8);
    const struct ffisan_field fields[] = {{.type = index}, {.type = array}};
    fill(fields, 2);
    type_maker_settle(maker);
    size_t size;
    struct ffisan_types *made = type_maker_table(maker, &size);
    assert_non_null(made);
    free(made);
}

static void what_does_not_fit_is_told(void **state) {
    (void)state;
    size_t size;
    for (uint32_t i = 1; i <= 1u << 14; i++)
        integer(i, "int");
    assert_true(maker->writer.full);
    assert_null(type_maker_table(maker, &size));
    type_maker_start(maker);
    assert_false(maker->writer.full);
    assert_words(integer(4, "int"), "`int` int4");
}

static void text_that_does_not_fit_is_told(void **state) {
    (void)state;
    char text[600];
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = 0;
    for (int i = 0; i < 100; i++) {
        text[i] = 'y';
        type_maker_text(maker, text);
    }
    assert_true(maker->writer.full);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(texts_stand_once),
                                       TEST(names_of_the_system_are_plain),
                                       TEST(equal_types_are_one),
                                       TEST(equal_functions_are_one),
                                       TEST(a_struct_has_its_fields_under_every_name),
                                       TEST(a_declared_struct_may_be_defined_later),
                                       TEST(what_is_forgotten_is_another_struct),
                                       TEST(what_a_call_gives_in_part_is_opaque),
                                       TEST(arrays_at_the_end_are_flexible),
                                       TEST(structs_that_grow_are_flexible),
                                       TEST(packing_follows_from_the_layout),
                                       TEST(a_choice_of_pointers_is_a_pointer),
                                       TEST(circles_by_value_end),
                                       TEST(what_does_not_fit_is_told),
                                       TEST(text_that_does_not_fit_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
