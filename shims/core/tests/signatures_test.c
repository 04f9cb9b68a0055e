/* SPDX-License-Identifier: Apache-2.0
 * The memo of calls, and type tables in the making.
 */
#include <string.h>

#include "core/modules.h"
#include "core/signatures.h"
#include "core/verdict.h"
#include "unit.h"

static uint64_t room[4096], table_room[4096];

static int start(void **state) {
    (void)state;
    return signatures_open() ? 0 : -1;
}

static void a_signature_is_found_by_its_key_alone(void **state) {
    (void)state;
    assert_null(signature_find(42));
    struct signature *added = signature_add(&(struct signature){.key = 42, .function = 0x1000});
    assert_ptr_equal(signature_find(42), added);
    assert_null(signature_find(43));
}

static void keys_of_one_place_do_not_hide_each_other(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20; i++)
        signature_add(&(struct signature){.key = 77 + (i << 40), .argument_count = (uint32_t)i});
    for (uint64_t i = 0; i < 20; i++)
        assert_int_equal(signature_find(77 + (i << 40))->argument_count, i);
}

static void the_second_to_add_one_gets_the_first(void **state) {
    (void)state;
    struct signature *first = signature_add(&(struct signature){.key = 1000});
    assert_ptr_equal(signature_add(&(struct signature){.key = 1000}), first);
}

static void a_library_that_is_gone_takes_its_signatures_along(void **state) {
    (void)state;
    struct module module = {.gone = 0};
    signature_add(&(struct signature){.key = 2000, .module = &module, .argument_count = 1});
    assert_non_null(signature_find(2000));
    module.gone = 5;
    assert_null(signature_find(2000));
    signature_add(&(struct signature){.key = 2000, .argument_count = 2});
    assert_int_equal(signature_find(2000)->argument_count, 2);
}

/* As many as there is room for: then no more, however often it is tried, and those that are there are found. */
static void too_many_are_refused(void **state) {
    (void)state;
    uint64_t added = 0;
    for (uint64_t i = 1; i <= 40000; i++)
        added += signature_add(&(struct signature){.key = i * 0x9e3779b97f4a7c15u}) != NULL;
    assert_in_range(added, 10000, 16384);
    for (uint64_t i = 1; i <= added; i++)
        assert_non_null(signature_find(i * 0x9e3779b97f4a7c15u));
    assert_null(signature_add(&(struct signature){.key = 3}));
}

static void a_forked_child_has_no_record_of_any(void **state) {
    (void)state;
    static struct ffisan_record_finding record;
    signature_add(&(struct signature){.key = 3000, .record = &record});
    signature_add(&(struct signature){.key = 3001, .record = &record});
    signatures_forked();
    assert_null(signature_find(3000)->record);
    assert_null(signature_find(3001)->record);
}

/* struct pair { int a; char *b; } *f(struct pair *); */
static uint32_t write_pair(struct type_writer *writer) {
    uint32_t function = type_add(writer, (struct ffisan_type){.kind = FFISAN_TYPE_FUNCTION, .count = 1});
    uint32_t structure = type_add(writer, (struct ffisan_type){.kind = FFISAN_TYPE_STRUCT, .size = 16, .count = 2});
    uint32_t pointer = type_add(writer, (struct ffisan_type){.kind = FFISAN_TYPE_POINTER, .size = 8, .to = structure});
    uint32_t integer = type_add(writer, (struct ffisan_type){.kind = FFISAN_TYPE_INTEGER, .size = 4});
    writer->types[structure].name = type_add_text(writer, "pair", 4);
    writer->types[function].to = pointer;
    writer->types[function].first = type_add_fields(writer, 1);
    writer->fields[writer->types[function].first].type = pointer;
    uint32_t first = writer->types[structure].first = type_add_fields(writer, 2);
    writer->fields[first] = (struct ffisan_field){.type = integer, .name = type_add_text(writer, "a", 1)};
    writer->fields[first + 1] = (struct ffisan_field){.type = pointer, .offset = 8, .name = type_add_text(writer, "b", 1)};
    return function;
}

static void assert_pair(const struct type_table *table, uint32_t function) {
    const struct ffisan_type *type = &table->types[function];
    assert_int_equal(type->kind, FFISAN_TYPE_FUNCTION);
    const struct ffisan_type *structure = &table->types[table->types[type->to].to];
    assert_int_equal(table->fields[type->first].type, type->to);
    assert_string_equal(type_text(table, structure->name), "pair");
    assert_string_equal(type_text(table, table->fields[structure->first + 1].name), "b");
    assert_int_equal(table->fields[structure->first + 1].offset, 8);
    assert_int_equal(table->types[table->fields[structure->first].type].size, 4);
}

static void what_is_written_can_be_opened(void **state) {
    (void)state;
    struct type_writer writer;
    struct type_table table;
    type_writer_start(&writer, room, sizeof room);
    assert_int_equal(write_pair(&writer), 1);
    size_t size = type_writer_finish(&writer, (struct ffisan_types *)table_room, sizeof table_room);
    assert_int_not_equal(size, 0);
    assert_true(type_table_open(&table, table_room, size));
    assert_pair(&table, 1);
}

static void a_grafted_table_means_the_same(void **state) {
    (void)state;
    static uint64_t second[4096];
    struct type_writer writer;
    struct type_table table;
    type_writer_start(&writer, room, sizeof room);
    write_pair(&writer);
    type_writer_finish(&writer, (struct ffisan_types *)table_room, sizeof table_room);
    type_writer_start(&writer, second, sizeof second);
    uint32_t first = type_graft(&writer, (struct ffisan_types *)table_room, 1);
    uint32_t again = type_graft(&writer, (struct ffisan_types *)table_room, 1);
    size_t size = type_writer_finish(&writer, (struct ffisan_types *)room, sizeof room);
    assert_true(type_table_open(&table, room, size));
    assert_int_equal(first, 1);
    assert_int_not_equal(again, 1);
    assert_pair(&table, first);
    assert_pair(&table, again);
}

static void what_does_not_fit_is_not_half_there(void **state) {
    (void)state;
    struct type_writer writer;
    char text[300];
    memset(text, 'a', sizeof text);
    type_writer_start(&writer, room, 256);
    for (unsigned i = 0; i < 100; i++)
        type_add(&writer, (struct ffisan_type){.kind = FFISAN_TYPE_VOID});
    assert_true(writer.full);
    assert_int_equal(type_add_text(&writer, text, sizeof text), 0);
    assert_int_equal(type_add_fields(&writer, 1000), 0);
    assert_int_equal(type_writer_finish(&writer, (struct ffisan_types *)table_room, 24), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_is_found_by_its_key_alone),
        cmocka_unit_test(keys_of_one_place_do_not_hide_each_other),
        cmocka_unit_test(the_second_to_add_one_gets_the_first),
        cmocka_unit_test(a_library_that_is_gone_takes_its_signatures_along),
        cmocka_unit_test(a_forked_child_has_no_record_of_any),
        cmocka_unit_test(what_is_written_can_be_opened),
        cmocka_unit_test(a_grafted_table_means_the_same),
        cmocka_unit_test(what_does_not_fit_is_not_half_there),
        cmocka_unit_test(too_many_are_refused),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
