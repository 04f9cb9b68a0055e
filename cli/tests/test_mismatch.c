/* SPDX-License-Identifier: Apache-2.0
 *
 * A declaration and a prototype in (notation.h); a part of the headline and of the advice out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mismatch.h"
#include "notation.h"
#include "pool.h"
#include "prototypes.h"

#define WRITTEN (FFISAN_CALL_ARGUMENTS_DECLARED | FFISAN_CALL_RESULT_DECLARED)

static const struct row {
    const char *runtime, *declared, *actual;
    uint32_t flags;
    struct ffisan_record_argument argument; /* every one */
    const char *says, *fix;
} rows[] = {
    {"ctypes",
     "(i;&c)",
     "(*c;name:&c)",
     0,
     {0},
     "f() returns char *, but ctypes takes it for int (32 bits), as no restype is set: the pointer is cut",
     "Declare it as it is: lib.f.restype = ctypes.c_char_p"},
    {"ctypes",
     "(I;&c)",
     "(*v;name:&c)",
     WRITTEN,
     {0},
     "f() returns void *, but ctypes takes it for unsigned int (32 bits): the pointer is cut",
     "lib.f.restype = ctypes.c_void_p"},
    {"ctypes",
     "(v;i,z)",
     "(v;text:&c,size:z)",
     WRITTEN,
     {0},
     "argument 1 (text) of f() is const char *, but ctypes passes it as int (32 bits): the pointer is cut",
     "lib.f.argtypes = [ctypes.c_char_p, ctypes.c_size_t]"},
    {"cffi",
     "(i;)",
     "(*v;)",
     WRITTEN,
     {0},
     "f() returns void *, but cffi takes it for int (32 bits): the pointer is cut",
     "Declare it as it is: ffi.cdef(\"void *f(void);\")"},
    {"ruby",
     "(d;)",
     "(*v;)",
     WRITTEN,
     {0},
     "f() returns void *, but ruby takes it for double",
     "Declare it as it is: void *f(void)"},
    {"native", "(d;)", "(v;)", WRITTEN, {0}, "f() returns nothing, but the binding takes it for double", "void f(void)"},
    {"ctypes", "(d;i)", "(d;x:d)", 0, {0}, "argument 1 (x) of f() is double, but ctypes passes int", "[ctypes.c_double]"},
    {"ctypes",
     "(v;i)",
     "(v;z)",
     FFISAN_CALL_VALUES_KNOWN,
     {.value = 1ull << 40, .flags = FFISAN_ARGUMENT_CUT},
     "argument 1 of f() is size_t, but ctypes passes it as int (32 bits): the value did not fit",
     "[ctypes.c_size_t]"},
    {"ctypes", "(i;*c)", "(i;*c,z)", 0, {0}, "f() takes 2 arguments, but ctypes passes 1", "[ctypes.c_char_p, ctypes.c_size_t]"},
    {"ctypes", "(i;)", "(i;&c...)", 0, {0}, "f() takes at least 1 argument, but ctypes passes 0", "[ctypes.c_char_p]"},
    {"ctypes",
     "(i;&c,f)",
     "(i;format:&c...)",
     0,
     {0},
     "argument 2 of f() stands behind its fixed parameters and is passed as float: C expects a double there",
     "Pass a double"},
    {"ctypes",
     "(v;*i)",
     "(v;size:*z)",
     WRITTEN,
     {0},
     "argument 1 (size) of f() is size_t *, but ctypes passes int *: what it points to has 8 bytes, not 4",
     "[ctypes.POINTER(ctypes.c_size_t)]"},
    {"ctypes", "(v;*i)", "(v;*f)", WRITTEN, {0}, "argument 1 of f() is float *, but ctypes passes int *", "c_float"},
    {"ctypes",
     "(v;*i)",
     "(v;size:*z)",
     WRITTEN,
     {.size = 4, .flags = FFISAN_ARGUMENT_SIZED},
     "argument 1 (size) of f() points to size_t, 8 bytes, but the memory that ctypes passes has 4",
     "Hand over an object of that type: ctypes.byref(ctypes.c_size_t())"},
    {"ruby",
     "(v;*v)",
     "(v;size:*z)",
     WRITTEN,
     {.size = 4, .flags = FFISAN_ARGUMENT_SIZED},
     "argument 1 (size) of f() points to size_t, 8 bytes, but the memory that ruby passes has 4",
     "Hand over an object of that type: size_t"},
    {"ctypes",
     "(v;*c)",
     "(v;*{l,l})",
     WRITTEN,
     {.size = 4, .flags = FFISAN_ARGUMENT_SIZED},
     "points to struct of 16 bytes, 16 bytes, but",
     "ctypes.create_string_buffer(16)"},
    {"ctypes",
     "(z;*w)",
     "(z;s:&c)",
     0,
     {.flags = FFISAN_ARGUMENT_WIDE},
     "argument 1 (s) of f() is const char *, but ctypes passes a str, as wide characters of 4 bytes each",
     "Encode the text (s.encode()), and let the declaration refuse a str: lib.f.argtypes = [ctypes.c_char_p]"},
    {"ctypes",
     "(i;*@Stat {st_mode:i,st_size:i,st_x:l})",
     "(i;buf:*@struct~stat {st_mode:i,st_size:l,st_x:l})",
     WRITTEN,
     {0},
     "argument 1 (buf) of f(): field st_size: at offset 8 in the library, 4 in the binding (class Stat)",
     "Declare the field as the library has it: (\"st_size\", ctypes.c_long)"},
    {"ctypes",
     "(*@Pair {a:l,b:d};)",
     "(*@pair {a:l,b:l};)",
     WRITTEN,
     {0},
     "the result of f(): field b at offset 8: long of 8 bytes in the library, double of 8 bytes in the binding (class Pair)",
     "(\"b\", ctypes.c_long)"},
    {"cffi",
     "(v;@pair {a:l,b:I/3})",
     "(v;@pair {a:l,b:I/4,c:I/28})",
     WRITTEN,
     {0},
     NULL,
     NULL}, /* a bit-field within another: harmless */
    {"cffi",
     "(v;*@pair {a:I/3,b:I/5})",
     "(v;*@pair {a:I/4,b:I/4})",
     WRITTEN,
     {0},
     "field b at offset 0: 4 bits in the library, 5 bits in the binding (pair)",
     "Declare the field as the library has it: unsigned int b : 4"},
    {"cffi",
     "(v;@struct~x {?24})",
     "(v;@struct~y {l,l})",
     WRITTEN,
     {0},
     "struct y has 16 bytes in the library, 24 in the binding (struct x); its fields are not known, only its size was compared",
     "Declare every field"},
    {"ctypes",
     "(v;*v,*(d;*v,*v))",
     "(v;*v,compare:*(i;&v,&v))",
     WRITTEN,
     {0},
     "the callback that is argument 2 (compare) of f(): C takes int for its result, but it returns double",
     "Make the callback of the type that C calls: ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)"},
    {"ctypes",
     "(v;*(v;i))",
     "(v;*(i;i))",
     WRITTEN,
     {0},
     "C takes int for its result, but it returns nothing",
     "CFUNCTYPE(ctypes.c_int"},
    {"ctypes",
     "(v;*(v;i,i))",
     "(v;*(v;i,*v))",
     WRITTEN,
     {0},
     "C passes void * as its argument 2, but it takes int: the pointer is cut",
     "ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p)"},
    {"ctypes",
     "(v;*(v;i,i))",
     "(v;*(v;i))",
     WRITTEN,
     {0},
     "the callback that is argument 1 of f() is called with 1 argument, but takes 2",
     "ctypes.CFUNCTYPE(None, ctypes.c_int)"},
    {"ctypes", "(v;*(v;*{a:i,b:d}))", "(v;*(v;*{a:i,b:l}))", WRITTEN, {0}, "which is laid out otherwise", "Declare the field"},
};

static _Alignas(8) char rooms[2][4096];

static void table_read(struct type_table *table, unsigned room, const char *notation) {
    assert_true(type_table_open(table, rooms[room], notation_read(notation, (void *)rooms[room], sizeof(rooms[room]))));
}

static struct ffisan_record_call *call_of(struct pool *pool, const struct row *row, uint32_t count) {
    struct ffisan_record_call *call = pool_get(pool, sizeof(*call) + count * sizeof(row->argument));
    call->binding = FFISAN_BINDING_CTYPES;
    call->flags = row->flags;
    call->argument_count = count;
    for (uint32_t i = 0; i < count; i++)
        call->arguments[i] = row->argument;
    return call;
}

static void assert_says(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("'%s' does not say '%s'", text, part);
}

static void assert_right(const struct row *row) {
    struct pool *pool = pool_new();
    struct type_table actual;
    struct call call = {0};
    struct disagreement found;
    table_read(&call.types, 0, row->declared);
    table_read(&actual, 1, row->actual);
    call.record = call_of(pool, row, call.types.types[1].count);
    const struct declaration believed = {&call.types, 1};
    const struct prototype prototype = {{&actual, 1}, "f", "f.h of libf-dev"};
    unsigned count = verdict(call.record, &believed, &prototype.declaration, &found, 1);
    assert_int_equal(count, row->says ? 1 : 0);
    if (count) {
        struct finding finding = {.rule = found.rule, .runtime = row->runtime, .function = "f"};
        mismatch_explain(&finding, pool, &(const struct disputed){&call, &prototype, NULL, &found});
        assert_says(finding.message, row->says);
        assert_says(finding.fix, row->fix);
        assert_string_equal(finding.mismatch->source, "f.h of libf-dev");
    }
    pool_free(pool);
}

static void both_sides_are_said(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_right(&rows[i]);
}

/* Where nobody knows which is right nothing is advised. */
static void clashes_take_no_side(void **state) {
    (void)state;
    struct pool *pool = pool_new();
    const struct row row = {.flags = WRITTEN};
    struct call one = {0}, other = {0};
    struct disagreement found;
    table_read(&one.types, 0, "(d;i)");
    table_read(&other.types, 1, "(*c;i)");
    one.record = other.record = call_of(pool, &row, 1);
    const struct declaration left = {&one.types, 1}, right = {&other.types, 1};
    assert_true(declarations_clash(one.record, &left, other.record, &right, &found));
    struct finding finding = {.rule = found.rule, .runtime = "ctypes", .function = "f"};
    mismatch_explain(&finding, pool, &(const struct disputed){&one, NULL, &other, &found});
    assert_says(finding.message, "f() is declared in two ways: its result is double here, and char * where it was called before");
    assert_null(finding.mismatch->source);
    assert_null(finding.mismatch->right);
    assert_string_equal(finding.mismatch->declaration, "double f(int)");
    assert_string_equal(finding.mismatch->prototype, "char *f(int)");
    assert_string_equal(finding.fix, rules[FFISAN_RULE_CLASHING_DECLARATIONS].fix);
    pool_free(pool);
}

static void arguments_are_named(void **state) {
    (void)state;
    struct pool *pool = pool_new();
    const struct row row = {.flags = WRITTEN};
    struct type_table actual;
    struct call call = {0};
    struct disagreement found;
    table_read(&call.types, 0, "(v;i,d)");
    table_read(&actual, 1, "(v;first:i,second:i)");
    call.record = call_of(pool, &row, 2);
    const struct declaration believed = {&call.types, 1};
    const struct prototype prototype = {{&actual, 1}, "f", "f.h"};
    assert_int_equal(verdict(call.record, &believed, &prototype.declaration, &found, 1), 1);
    struct finding finding = {.rule = found.rule, .runtime = "ctypes", .function = "f"};
    mismatch_explain(&finding, pool, &(const struct disputed){&call, &prototype, NULL, &found});
    assert_true(finding.has_argument);
    assert_int_equal(finding.argument_index, 1);
    assert_string_equal(finding.argument_name, "second");
    assert_string_equal(finding.mismatch->place, "argument 2");
    assert_string_equal(finding.mismatch->declared, "double");
    assert_string_equal(finding.mismatch->declared_as, "ctypes.c_double");
    assert_string_equal(finding.mismatch->actual, "int");
    pool_free(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_sides_are_said), cmocka_unit_test(clashes_take_no_side),
                                       cmocka_unit_test(arguments_are_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
