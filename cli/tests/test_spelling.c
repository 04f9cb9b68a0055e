/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "notation.h"
#include "pool.h"
#include "spelling.h"

static struct pool *pool;
static struct type_table table;

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

static const struct type_table *table_of(const char *notation) {
    static _Alignas(8) char room[8192];
    assert_true(type_table_open(&table, room, notation_read(notation, (void *)room, sizeof(room))));
    return &table;
}

static const struct {
    const char *notation, *c, *ctypes; /* ctypes NULL: it has no word */
} types[] = {
    {"v", "void", "None"},
    {"b", "bool", "ctypes.c_bool"},
    {"c", "char", "ctypes.c_char"},
    {"C", "unsigned char", "ctypes.c_ubyte"},
    {"h", "short", "ctypes.c_short"},
    {"H", "unsigned short", "ctypes.c_ushort"},
    {"i", "int", "ctypes.c_int"},
    {"I", "unsigned int", "ctypes.c_uint"},
    {"l", "long", "ctypes.c_long"},
    {"L", "unsigned long", "ctypes.c_ulong"},
    {"z", "size_t", "ctypes.c_size_t"},
    {"@ssize_t l", "ssize_t", "ctypes.c_ssize_t"},
    {"@time_t l", "time_t", "ctypes.c_long"},
    {"@enum~colour e", "enum colour", "ctypes.c_uint"},
    {"f", "float", "ctypes.c_float"},
    {"d", "double", "ctypes.c_double"},
    {"D", "long double", "ctypes.c_longdouble"},
    {"x", "double complex", NULL},
    {"w", "wchar_t", "ctypes.c_wchar"},
    {"V", "vector", NULL},
    {"*v", "void *", "ctypes.c_void_p"},
    {"*?", "void *", "ctypes.c_void_p"},
    {"*c", "char *", "ctypes.c_char_p"},
    {"&c", "const char *", "ctypes.c_char_p"},
    {"*C", "unsigned char *", "ctypes.POINTER(ctypes.c_ubyte)"},
    {"&C", "const unsigned char *", "ctypes.c_char_p"},
    {"*w", "wchar_t *", "ctypes.c_wchar_p"},
    {"**c", "char **", "ctypes.POINTER(ctypes.c_char_p)"},
    {"&*c", "char *const *", "ctypes.POINTER(ctypes.c_char_p)"},
    {"*&c", "const char **", "ctypes.POINTER(ctypes.c_char_p)"},
    {"&&c", "const char *const *", "ctypes.POINTER(ctypes.c_char_p)"},
    {"*z", "size_t *", "ctypes.POINTER(ctypes.c_size_t)"},
    {"[4]i", "int [4]", "ctypes.c_int * 4"},
    {"*[4]i", "int (*)[4]", "ctypes.POINTER(ctypes.c_int * 4)"},
    {"[2]*c", "char *[2]", "ctypes.c_char_p * 2"},
    {"@struct~tm {i,i}", "struct tm", "tm"},
    {"*@struct~tm {i,i}", "struct tm *", "ctypes.c_void_p"},
    {"*@sqlite3 {}", "sqlite3 *", "ctypes.c_void_p"},
    {"{i,i}", "struct of 8 bytes", NULL},
    {"*{i,i}", "struct of 8 bytes *", "ctypes.c_void_p"},
    {"@union~sigval <8>", "union sigval", "sigval"},
    {"*(i;*v,i)", "int (*)(void *, int)", "ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)"},
    {"*(v;)", "void (*)(void)", "ctypes.CFUNCTYPE(None)"},
    {"*(i!)", "int (*)()", "ctypes.c_void_p"},
    {"*(i;*c...)", "int (*)(char *, ...)", "ctypes.c_void_p"},
    {"*(*(v;i);i)", "void (*(*)(int))(int)", "ctypes.CFUNCTYPE(ctypes.CFUNCTYPE(None, ctypes.c_int), ctypes.c_int)"},
    {"@c_int i", "int", "ctypes.c_int"},
    {"*@c_long l", "long *", "ctypes.POINTER(ctypes.c_long)"},
    {"@c_char_p *c", "char *", "ctypes.c_char_p"},
    {"@c_thing {i,i}", "c_thing", "c_thing"},
    {"@bad\x1b[0m i", "bad?[0m", "ctypes.c_int"},
};

static void types_are_spelled(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct type_table *opened = table_of(types[i].notation);
        const char *ctypes = spell_ctypes(pool, opened, 1);
        assert_string_equal(spell_type(pool, opened, 1), types[i].c);
        if (types[i].ctypes)
            assert_string_equal(ctypes, types[i].ctypes);
        else
            assert_null(ctypes);
    }
}

static void functions_are_spelled_with_names(void **state) {
    (void)state;
    const struct declaration qsort = {table_of("(v;base:*v,count:z,size:z,compare:*(i;&v,&v))"), 1};
    assert_string_equal(spell_prototype(pool, &qsort, "qsort"),
                        "void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))");
    assert_string_equal(spell_argtypes(pool, &qsort), "[ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, "
                                                      "ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)]");
    const struct declaration getenv = {table_of("(*c;name:&c)"), 1};
    assert_string_equal(spell_prototype(pool, &getenv, "getenv"), "char *getenv(const char *name)");
    const struct declaration signal = {table_of("(*(v;i);i,*(v;i))"), 1};
    assert_string_equal(spell_prototype(pool, &signal, "signal"), "void (*signal(int, void (*)(int)))(int)");
    const struct declaration cabs = {table_of("(d;x)"), 1};
    assert_null(spell_argtypes(pool, &cabs));
}

static void declarations_are_spelled_around_names(void **state) {
    (void)state;
    assert_string_equal(spell_declaration(pool, table_of("[4]i"), 1, "numbers"), "int numbers[4]");
    assert_string_equal(spell_declaration(pool, table_of("*(v;)"), 1, "done"), "void (*done)(void)");
    assert_string_equal(spell_declaration(pool, table_of("&c"), 1, "name"), "const char *name");
}

/* struct node { struct node *next; } is no circle in C, but what a record says may be one. */
static void circles_come_to_an_end(void **state) {
    (void)state;
    static const char *const notations[] = {"**i", "[2][2]i", "*(i;*(i;i,i),*(i;i,i))"};
    for (size_t i = 0; i < sizeof(notations) / sizeof(notations[0]); i++) {
        struct type_table opened = *table_of(notations[i]);
        for (uint32_t type = 1; type < opened.type_count; type++)
            ((struct ffisan_type *)&opened.types[type])->to = 1;
        for (uint32_t field = 0; field < opened.field_count; field++)
            ((struct ffisan_field *)&opened.fields[field])->type = 1;
        assert_non_null(strstr(spell_type(pool, &opened, 1), "..."));
        spell_ctypes(pool, &opened, 1);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(types_are_spelled), TEST(functions_are_spelled_with_names),
                                       TEST(declarations_are_spelled_around_names), TEST(circles_come_to_an_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
