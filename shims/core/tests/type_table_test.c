/* SPDX-License-Identifier: Apache-2.0
 *
 * Type tables and prototype files as a reader meets them: sound ones, and each way of not being sound.
 */
#include "unit.h"

#include <string.h>

#include "core/signatures.h"
#include "core/verdict.h"

/* A file as the generator writes it: two libraries, three functions. */
static struct {
    _Alignas(8) struct ffisan_prototypes head;
    struct ffisan_prototype_library libraries[2];
    struct ffisan_prototype functions[4]; /* the last one is nobody's */
    _Alignas(8) char types[1024];
} file;
static size_t types_size;

static struct type_writer writer;
static uint32_t text_of(const char *text) {
    return type_add_text(&writer, text, strlen(text));
}

static uint32_t function_returning(uint32_t result, uint32_t argument) {
    uint32_t first = type_add_fields(&writer, 1);
    writer.fields[first].type = argument;
    return type_add(&writer, (struct ffisan_type){.kind = FFISAN_TYPE_FUNCTION, .to = result, .first = first, .count = 1});
}

/* int abs(int), size_t strlen(const char *); char *strlen(const char *) of the other library. */
static void fill_functions(void) {
    uint32_t number = type_add(&writer, (struct ffisan_type){.kind = FFISAN_TYPE_INTEGER, .size = 4, .name = text_of("int")});
    uint32_t byte = type_add(&writer, (struct ffisan_type){.kind = FFISAN_TYPE_CHARACTER, .size = 1, .name = text_of("char")});
    uint32_t text = type_add(&writer, (struct ffisan_type){.kind = FFISAN_TYPE_POINTER, .size = 8, .to = byte});
    file.functions[0] = (struct ffisan_prototype){text_of("abs"), function_returning(number, number)};
    file.functions[1] = (struct ffisan_prototype){text_of("strlen"), function_returning(number, text)};
    file.functions[2] = (struct ffisan_prototype){text_of("strlen"), function_returning(text, text)};
    file.functions[3] = file.functions[0];
}

static int setup(void **state) {
    (void)state;
    static _Alignas(8) char room[3072];
    memset(&file, 0, sizeof file);
    type_writer_start(&writer, room, sizeof room);
    fill_functions();
    file.libraries[0] = (struct ffisan_prototype_library){text_of("libc.so.6"), text_of("string.h"), 0, 2};
    file.libraries[1] = (struct ffisan_prototype_library){text_of("libother.so.*"), text_of("other.h"), 2, 1};
    types_size = type_writer_finish(&writer, (void *)file.types, sizeof file.types);
    assert_true(types_size > 0);
    file.head = (struct ffisan_prototypes){.magic = FFISAN_PROTOTYPES_MAGIC,
                                           .version = FFISAN_PROTOTYPES_VERSION,
                                           .size = (uint32_t)(offsetof(__typeof__(file), types) + types_size),
                                           .library_count = 2,
                                           .libraries = offsetof(__typeof__(file), libraries),
                                           .function_count = 4,
                                           .functions = offsetof(__typeof__(file), functions),
                                           .types = offsetof(__typeof__(file), types)};
    return 0;
}

/* ---- the type table ---- */

static bool opens(void) {
    struct type_table table;
    return type_table_open(&table, file.types, types_size);
}
static struct ffisan_types *head(void) {
    return (struct ffisan_types *)file.types;
}
static struct ffisan_type *types(void) {
    return (struct ffisan_type *)(head() + 1);
}
static struct ffisan_field *fields(void) {
    return (struct ffisan_field *)(types() + head()->type_count);
}
static char *text(void) {
    return (char *)(fields() + head()->field_count);
}

static void a_sound_table_opens(void **state) {
    (void)state;
    struct type_table table;
    assert_true(type_table_open(&table, file.types, types_size));
    assert_int_equal(table.type_count, 7);
    assert_string_equal(type_text(&table, table.types[1].name), "int");
    assert_string_equal(type_text(&table, 0), "");
    assert_string_equal(type_text(&table, table.text_size), "");
    assert_true(type_table_open(&table, file.types, sizeof file.types)); /* with something behind it */
}

static void the_smallest_table_opens(void **state) {
    (void)state;
    static _Alignas(8) char room[256], bytes[48];
    struct type_table table;
    type_writer_start(&writer, room, sizeof room);
    assert_int_equal(type_writer_finish(&writer, (void *)bytes, sizeof bytes), sizeof bytes);
    assert_true(type_table_open(&table, bytes, sizeof bytes));
}

static void what_is_cut_does_not_open(void **state) {
    (void)state;
    struct type_table table;
    for (size_t size = 0; size < types_size; size++)
        assert_false(type_table_open(&table, file.types, size));
    assert_false(type_table_open(&table, NULL, 100));
    assert_false(type_table_open(&table, file.types + 1, types_size));
}

/* Each by itself, in a table that is sound otherwise. */
static void indices_that_lead_out_do_not_open(void **state) {
    (void)state;
    uint32_t *wrong[] = {&types()[3].to,   &types()[4].first, &types()[4].count,
                         &types()[1].name, &fields()[0].type, &fields()[0].name};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint32_t right = *wrong[i];
        for (uint32_t value = 1u << 31; value; value = value == UINT32_MAX ? 0 : UINT32_MAX) {
            *wrong[i] = value;
            assert_false(opens());
        }
        *wrong[i] = right;
        assert_true(opens());
    }
}

static void counts_that_lead_out_do_not_open(void **state) {
    (void)state;
    uint32_t *counts[] = {&head()->type_count, &head()->field_count, &head()->text_size, &head()->size};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint32_t right = *counts[i];
        static const uint32_t values[] = {0, 1u << 20, UINT32_MAX / 24, UINT32_MAX / 16, UINT32_MAX - 7, UINT32_MAX};
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++) {
            *counts[i] = values[j];
            assert_false(opens());
        }
        *counts[i] = right;
    }
    assert_true(opens());
}

static void kinds_that_do_not_exist_do_not_open(void **state) {
    (void)state;
    types()[1].kind = FFISAN_TYPE_KINDS;
    assert_false(opens());
}

static void the_unknown_type_is_all_zeros(void **state) {
    (void)state;
    types()[0].size = 1;
    assert_false(opens());
}

static void text_without_an_end_does_not_open(void **state) {
    (void)state;
    text()[head()->text_size - 1] = 'x';
    assert_false(opens());
    text()[head()->text_size - 1] = 0;
    text()[0] = 'x';
    assert_false(opens());
}

static void circles_open(void **state) {
    (void)state;
    types()[3].to = 3;
    assert_true(opens());
}

/* ---- the prototype file ---- */

static struct prototype_file opened;
static bool file_opens(void) {
    return prototype_file_open(&opened, &file, file.head.size);
}

static void functions_are_found_by_library_and_name(void **state) {
    (void)state;
    const char *source = NULL;
    assert_true(file_opens());
    assert_int_equal(prototype_find(&opened, "libc.so.6", "abs", &source), file.functions[0].type);
    assert_string_equal(source, "string.h");
    assert_int_equal(prototype_find(&opened, "libc.so.6", "strlen", NULL), file.functions[1].type);
    assert_int_equal(prototype_find(&opened, "libother.so.3", "strlen", &source), file.functions[2].type);
    assert_string_equal(source, "other.h");
}

static void what_is_not_there_is_not_found(void **state) {
    (void)state;
    const char *source = "nothing";
    assert_true(file_opens());
    assert_int_equal(prototype_find(&opened, "libc.so.6", "labs", &source), 0);
    assert_int_equal(prototype_find(&opened, "libc.so.6", "", &source), 0);
    assert_int_equal(prototype_find(&opened, "libother.so.3", "abs", &source), 0);
    assert_int_equal(prototype_find(&opened, "libc.so.7", "abs", &source), 0);
    assert_string_equal(source, "nothing");
}

static void files_of_another_kind_do_not_open(void **state) {
    (void)state;
    file.head.version++;
    assert_false(file_opens());
    file.head.version--;
    file.head.magic[0] = 'f';
    assert_false(file_opens());
}

static void files_that_are_cut_do_not_open(void **state) {
    (void)state;
    for (size_t size = 0; size < file.head.size; size++)
        assert_false(prototype_file_open(&opened, &file, size));
    assert_false(prototype_file_open(&opened, NULL, 100));
    assert_false(prototype_file_open(&opened, (char *)&file + 4, file.head.size));
}

static void offsets_that_lead_out_do_not_open(void **state) {
    (void)state;
    uint32_t *wrong[] = {&file.head.libraries,      &file.head.functions,     &file.head.types,         &file.head.library_count,
                         &file.head.function_count, &file.libraries[1].first, &file.libraries[1].count, &file.libraries[1].soname,
                         &file.libraries[1].source, &file.functions[3].name,  &file.functions[3].type};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint32_t right = *wrong[i];
        for (uint32_t value = 1u << 20; value; value = value == UINT32_MAX ? 0 : UINT32_MAX) {
            *wrong[i] = value;
            assert_false(file_opens());
        }
        *wrong[i] = right;
        assert_true(file_opens());
    }
}

static void functions_have_the_type_of_one(void **state) {
    (void)state;
    file.functions[3].type = 1;
    assert_false(file_opens());
}

#define TEST(name) cmocka_unit_test_setup(name, setup)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_sound_table_opens),
        TEST(the_smallest_table_opens),
        TEST(what_is_cut_does_not_open),
        TEST(indices_that_lead_out_do_not_open),
        TEST(counts_that_lead_out_do_not_open),
        TEST(kinds_that_do_not_exist_do_not_open),
        TEST(the_unknown_type_is_all_zeros),
        TEST(text_without_an_end_does_not_open),
        TEST(circles_open),
        TEST(functions_are_found_by_library_and_name),
        TEST(what_is_not_there_is_not_found),
        TEST(files_of_another_kind_do_not_open),
        TEST(files_that_are_cut_do_not_open),
        TEST(offsets_that_lead_out_do_not_open),
        TEST(functions_have_the_type_of_one),
    };
    return cmocka_run_group_tests_name("type_table", tests, NULL, NULL);
}
