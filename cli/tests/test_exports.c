/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "looking.h"
#include "pool.h"

static struct pool *pool;

static int setup(void **state) {
    (void)state;
    pool = pool_new();
    return 0;
}
static int teardown(void **state) {
    (void)state;
    pool_free(pool);
    return 0;
}

static void a_library_has_its_names(void **state) {
    (void)state;
    struct exports exports = exports_of_file(pool, ODD_LIBRARY);
    assert_string_equal(exports.soname, "libodd-dwarf5.so.1");
    assert_int_equal(exports.count, 25);
    const struct export *export = exports_named(&exports, "odd_nothing");
    assert_non_null(export);
    assert_false(export->indirect || export->old);
    assert_null(exports_named(&exports, "odd"));
    assert_null(exports_named(&exports, ""));
}

static void names_of_one_address_stand_together(void **state) {
    (void)state;
    struct exports exports = exports_of_file(pool, GUINEA_NAMES);
    size_t count;
    const struct export *first = exports_at(&exports, exports_named(&exports, "guinea_first")->value, &count);
    assert_int_equal(count, 2);
    assert_string_equal(first[0].name, "guinea_first");
    assert_string_equal(first[1].name, "guinea_second");
    assert_null(exports_at(&exports, first->value + 1, &count));
    assert_int_equal(count, 0);
    assert_null(exports_at(&exports, UINT64_MAX, &count));
}

static void the_name_is_the_newest_version(void **state) {
    (void)state;
    struct exports exports = exports_of_file(pool, GUINEA_NAMES);
    size_t old = 0, all = 0;
    for (size_t i = 0; i < exports.count; i++)
        if (strcmp(exports.items[i].name, "guinea_versions") == 0) {
            old += exports.items[i].old;
            all++;
        }
    assert_int_equal(all, 2);
    assert_int_equal(old, 1);
    assert_false(exports_named(&exports, "guinea_versions")->old);
    assert_true(exports_named(&exports, "guinea_chosen")->indirect);
}

static const struct import *import_named(const struct exports *exports, const char *name) {
    for (size_t i = 0; i < exports->import_count; i++)
        if (strcmp(exports->imports[i].name, name) == 0)
            return exports_import_at(exports, exports->imports[i].value);
    return NULL;
}

static void a_program_has_places_that_jump_elsewhere(void **state) {
    (void)state;
    struct exports exports = exports_of_file(pool, GUINEA_JUMPS);
    assert_string_equal(exports.soname, "");
    assert_string_equal(import_named(&exports, "qsort")->soname, "libc.so.6");
    assert_null(import_named(&exports, "crc32")->soname);
    assert_string_equal(exports.needed[0], "libz.so.1");
    assert_null(exports_import_at(&exports, 0x123));
}

static void a_library_without_any_has_none(void **state) {
    (void)state;
    struct exports exports = exports_of_file(pool, ODD_LIBRARY);
    assert_int_equal(exports.import_count, 0); /* position-independent code has no such places */
}

static void files_that_are_cut_are_read_as_far_as_they_go(void **state) {
    (void)state;
    size_t size, step = 61;
    char *file = NULL;
    FILE *stream = fopen(ODD_LIBRARY, "re");
    assert_non_null(stream);
    assert_true(fseek(stream, 0, SEEK_END) == 0);
    size = (size_t)ftell(stream);
    rewind(stream);
    file = pool_get(pool, size);
    assert_int_equal(fread(file, 1, size, stream), size);
    fclose(stream);
    elf_version(EV_CURRENT);
    for (size_t length = size % step; length <= size; length += step) {
        char *cut = malloc(length + 1);
        assert_non_null(cut);
        Elf *elf = elf_memory(memcpy(cut, file, length), length);
        struct exports exports;
        exports_read(&exports, pool, elf);
        assert_true(length < size ? exports.count <= 25 : exports.count == 25);
        elf_end(elf);
        free(cut);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(a_library_has_its_names),        TEST(names_of_one_address_stand_together),
                                       TEST(the_name_is_the_newest_version), TEST(a_program_has_places_that_jump_elsewhere),
                                       TEST(a_library_without_any_has_none), TEST(files_that_are_cut_are_read_as_far_as_they_go)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
