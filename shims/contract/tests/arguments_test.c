/* SPDX-License-Identifier: Apache-2.0
 *
 * Where arguments are: every signature is called for real, as this compiler passes it, into a function that only keeps the registers and the
 * stack; what passed_by says must lead to the very values.
 */
#include "abi/x86_64/arguments.h"

#include <complex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/signatures.h"
#include "notation.h"

/* rdi rsi rdx rcx r8 r9, and what lies above the return address. */
uint64_t caught[6], caught_stack[32];
void keep(void);
__asm__(".pushsection .text, \"ax\", @progbits\n"
        ".globl keep\n.type keep, @function\n"
        "keep:\n"
        "\tendbr64\n"
        "\tleaq caught(%rip), %rax\n"
        "\tmovq %rdi, (%rax)\n\tmovq %rsi, 8(%rax)\n\tmovq %rdx, 16(%rax)\n\tmovq %rcx, 24(%rax)\n\tmovq %r8, 32(%rax)\n"
        "\tmovq %r9, 40(%rax)\n"
        "\tleaq caught_stack(%rip), %rdi\n"
        "\tleaq 8(%rsp), %rsi\n"
        "\tmovl $32, %ecx\n"
        "\trep movsq\n"
        "\txorl %eax, %eax\n"
        "\tret\n"
        ".size keep, . - keep\n"
        ".popsection\n");

/* Out of the compiler's sight, which knows that nothing may be called as something else. */
static void (*volatile keeper)(void) = keep;
#define AS(result, ...) ((result(*)(__VA_ARGS__))keeper)

struct two {
    int64_t a, b;
};
struct mixed {
    double a;
    int64_t b;
};
struct floats {
    float a, b, c;
};
struct big {
    int64_t a[3];
};
typedef int v4 __attribute__((vector_size(16)));

#define ONE   0x1111111122222222
#define TWO   0x3333333344444444
#define THREE 0x5555555566666666

static void call_plain(void) {
    AS(int, const void *, int, uint64_t)((const void *)ONE, -5, THREE);
}
static void call_narrow(void) {
    AS(int, int8_t, uint16_t, uint32_t)(-1, 0xffff, 0x80000000u);
}
static void call_many(void) {
    AS(int, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int8_t, int64_t)(1, 2, 3, 4, 5, 6, ONE, -2, THREE);
}
static void call_doubles(void) {
    AS(int, double, int64_t, float, int64_t)(1.0, ONE, 2.0f, TWO);
}
static void call_many_doubles(void) {
    AS(int, double, double, double, double, double, double, double, double, double, int64_t)
    (1, 2, 3, 4, 5, 6, 7, 8, 9, ONE);
}
static void call_doubles_and_stack(void) {
    AS(int, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, double, double, double, double, double, double, double, double,
       double, int64_t)
    (1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8, 9, ONE);
}
static void call_two(void) {
    AS(int, struct two, int64_t)((struct two){1, 2}, ONE);
}
static void call_two_late(void) { /* all in registers or none */
    AS(int, int64_t, int64_t, int64_t, int64_t, int64_t, struct two, int64_t, int64_t)
    (1, 2, 3, 4, 5, (struct two){8, 9}, ONE, TWO);
}
static void call_mixed(void) {
    AS(int, struct mixed, int64_t)((struct mixed){1, 2}, ONE);
}
static void call_floats(void) {
    AS(int, struct floats, int64_t)((struct floats){1, 2, 3}, ONE);
}
static void call_big(void) {
    AS(int, int64_t, struct big, int64_t)(TWO, (struct big){{1, 2, 3}}, ONE);
}
static void call_makes_big(void) {
    AS(struct big, int64_t)(ONE);
}
static void call_makes_two(void) {
    AS(struct two, int64_t)(ONE);
}
static void call_long_double(void) {
    AS(int, int64_t, long double, int64_t)(ONE, 1.0L, TWO);
}
static void call_long_double_between(void) { /* 16 bytes of alignment leave a hole */
    AS(int, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, long double, int64_t)
    (1, 2, 3, 4, 5, 6, ONE, 1.0L, TWO);
}
static void call_complex(void) {
    AS(int, double complex, int64_t)(1.0, ONE);
}
static void call_vector(void) {
    AS(int, v4, int64_t)((v4){1, 2, 3, 4}, ONE);
}
static void call_variadic(void) {
    ((int (*)(int, ...))keeper)(7, ONE, TWO);
}
static void call_variadic_late(void) {
    ((int (*)(int, int, int, int, int, int, ...))keeper)(1, 2, 3, 4, 5, 6, ONE);
}

static const struct {
    const char *type;
    void (*call)(void);
    uint32_t index; /* of the argument that is asked for */
    uint64_t value;
} rows[] = {
    {"(i;*v,i,L)", call_plain, 0, ONE},
    {"(i;*v,i,L)", call_plain, 1, (uint64_t)-5},
    {"(i;*v,i,L)", call_plain, 2, THREE},
    {"(i;B,H,I)", call_narrow, 0, (uint64_t)-1},
    {"(i;B,H,I)", call_narrow, 1, 0xffff},
    {"(i;B,H,I)", call_narrow, 2, 0x80000000},
    {"(i;l,l,l,l,l,l,l,B,l)", call_many, 5, 6},
    {"(i;l,l,l,l,l,l,l,B,l)", call_many, 6, ONE},
    {"(i;l,l,l,l,l,l,l,B,l)", call_many, 7, (uint64_t)-2},
    {"(i;l,l,l,l,l,l,l,B,l)", call_many, 8, THREE},
    {"(i;d,l,f,l)", call_doubles, 1, ONE},
    {"(i;d,l,f,l)", call_doubles, 3, TWO},
    {"(i;d,d,d,d,d,d,d,d,d,l)", call_many_doubles, 9, ONE},
    {"(i;l,l,l,l,l,l,d,d,d,d,d,d,d,d,d,l)", call_doubles_and_stack, 15, ONE},
    {"(i;{l,l},l)", call_two, 1, ONE},
    {"(i;l,l,l,l,l,{l,l},l,l)", call_two_late, 6, ONE},
    {"(i;l,l,l,l,l,{l,l},l,l)", call_two_late, 7, TWO},
    {"(i;{d,l},l)", call_mixed, 1, ONE},
    {"(i;{f,f,f},l)", call_floats, 1, ONE},
    {"(i;l,{[3]l},l)", call_big, 0, TWO},
    {"(i;l,{[3]l},l)", call_big, 2, ONE},
    {"({[3]l};l)", call_makes_big, 0, ONE},
    {"({l,l};l)", call_makes_two, 0, ONE},
    {"(i;l,D,l)", call_long_double, 2, TWO},
    {"(i;l,l,l,l,l,l,l,D,l)", call_long_double_between, 6, ONE},
    {"(i;l,l,l,l,l,l,l,D,l)", call_long_double_between, 8, TWO},
    {"(i;x,l)", call_complex, 1, ONE},
    {"(i;V,l)", call_vector, 1, ONE},
    {"(i;i...)", call_variadic, 0, 7},
    {"(i;i...)", call_variadic, 1, ONE},
    {"(i;i,i,i,i,i,i...)", call_variadic_late, 6, ONE},
};

static void find(const char *type, struct passed *passed) {
    static _Alignas(8) char room[4096];
    struct type_table table;
    size_t size = notation_read(type, (struct ffisan_types *)room, sizeof room);
    assert_true(type_table_open(&table, room, size));
    passed_by(&table, 1, passed);
}

static void arguments_are_where_the_compiler_puts_them(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct passed passed;
        find(rows[i].type, &passed);
        rows[i].call();
        const struct passed_value *at = &passed.arguments[rows[i].index];
        if (!passed.whole || rows[i].index >= passed.count || at->place == PASSED_NOWHERE)
            fail_msg("%s: argument %u is not found", rows[i].type, rows[i].index);
        uint64_t raw = at->place == PASSED_REGISTER ? caught[at->at] : caught_stack[at->at / 8];
        if (passed_extend(at, raw) != rows[i].value)
            fail_msg("%s: argument %u is %lx", rows[i].type, rows[i].index, (unsigned long)passed_extend(at, raw));
    }
}

static void structs_by_value_lie_in_one_piece(void **state) {
    (void)state;
    static const struct {
        const char *type;
        void (*call)(void);
        uint32_t index;
        enum passed_place place;
        uint64_t last; /* of the struct */
        unsigned offset;
    } structs[] = {
        {"(i;{l,l},l)", call_two, 0, PASSED_STRUCT_IN_REGISTER, 2, 8},
        {"(i;l,l,l,l,l,{l,l},l,l)", call_two_late, 5, PASSED_STRUCT_ON_STACK, 9, 8},
        {"(i;l,{[3]l},l)", call_big, 1, PASSED_STRUCT_ON_STACK, 3, 16},
    };
    for (size_t i = 0; i < sizeof structs / sizeof *structs; i++) {
        struct passed passed;
        find(structs[i].type, &passed);
        structs[i].call();
        const struct passed_value *at = &passed.arguments[structs[i].index];
        assert_int_equal(at->place, structs[i].place);
        bool registers = at->place == PASSED_STRUCT_IN_REGISTER;
        assert_int_equal(registers ? at->size : 16, 16);
        const uint64_t *first = registers ? &caught[at->at] : &caught_stack[at->at / 8];
        assert_int_equal(first[structs[i].offset / 8], structs[i].last);
    }
}

static void structs_in_vector_registers_do_not(void **state) {
    (void)state;
    static const char *const types[] = {"(i;{d,l},l)", "(i;{f,f,f},l)"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct passed passed;
        find(types[i], &passed);
        assert_true(passed.whole);
        assert_int_equal(passed.arguments[0].place, PASSED_NOWHERE);
    }
}

static void behind_what_is_unknown_nothing_is_known(void **state) {
    (void)state;
    static const char *const types[] = {"(i;l,?,l)", "(i;l,{},l)", "(i;l,{?8},l)"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct passed passed;
        find(types[i], &passed);
        assert_false(passed.whole);
        assert_int_equal(passed.arguments[0].place, PASSED_REGISTER);
        assert_int_equal(passed.arguments[2].place, PASSED_NOWHERE);
    }
    struct passed passed;
    find("(?;l)", &passed); /* a hidden pointer may come first */
    assert_int_equal(passed.arguments[0].place, PASSED_NOWHERE);
    find("(i!)", &passed);
    assert_false(passed.whole);
}

static void results_are_known_when_they_are_one_number(void **state) {
    (void)state;
    static const struct {
        const char *type;
        bool known, is_signed;
        uint8_t size;
    } results[] = {{"(i;l)", true, true, 4},   {"(I;l)", true, false, 4},  {"(*v;l)", true, false, 8},
                   {"(v;l)", false, false, 0}, {"(d;l)", false, false, 0}, {"({l,l};l)", false, false, 0}};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        struct passed passed;
        find(results[i].type, &passed);
        assert_int_equal(passed.result.place == PASSED_REGISTER, results[i].known);
        if (results[i].known) {
            assert_int_equal(passed.result.is_signed, results[i].is_signed);
            assert_int_equal(passed.result.size, results[i].size);
        }
    }
}

static void more_than_is_looked_at_is_survived(void **state) {
    (void)state;
    static _Alignas(8) char room[8192], whole[8192];
    struct type_writer writer;
    struct type_table table;
    type_writer_start(&writer, room, sizeof room);
    uint32_t function = type_add(&writer, (struct ffisan_type){.kind = FFISAN_TYPE_FUNCTION}),
             number = type_add(&writer, (struct ffisan_type){.kind = FFISAN_TYPE_INTEGER, .size = 8});
    uint32_t first = type_add_fields(&writer, PASSED_MOST + 6);
    for (uint32_t i = 0; i < PASSED_MOST + 6; i++)
        writer.fields[first + i].type = number;
    writer.types[function] =
        (struct ffisan_type){.kind = FFISAN_TYPE_FUNCTION, .to = number, .first = first, .count = PASSED_MOST + 6};
    size_t size = type_writer_finish(&writer, (struct ffisan_types *)whole, sizeof whole);
    assert_true(type_table_open(&table, whole, size));
    struct passed passed;
    passed_by(&table, function, &passed);
    assert_int_equal(passed.count, PASSED_MOST);
    assert_false(passed.whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_where_the_compiler_puts_them), cmocka_unit_test(structs_by_value_lie_in_one_piece),
        cmocka_unit_test(structs_in_vector_registers_do_not),         cmocka_unit_test(behind_what_is_unknown_nothing_is_known),
        cmocka_unit_test(results_are_known_when_they_are_one_number), cmocka_unit_test(more_than_is_looked_at_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
