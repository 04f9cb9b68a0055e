/* SPDX-License-Identifier: Apache-2.0
 *
 * Expressions of contracts: what each instruction makes of its operands, what is unknown, and what no code can make happen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/contract_table.h"

#define ROOM 256

/* Arguments 0 and 1, a result when there is one, and memory at 0x1000. */
struct world {
    uint64_t arguments[2], result;
    bool returned;
    char memory[32];
};

static bool argument(const void *context, uint32_t index, uint64_t *value) {
    const struct world *world = context;
    if (index >= 2)
        return false;
    *value = world->arguments[index];
    return true;
}

static bool result(const void *context, uint64_t *value) {
    const struct world *world = context;
    *value = world->result;
    return world->returned;
}

static bool load(const void *context, uintptr_t address, void *to, size_t size) {
    const struct world *world = context;
    if (address < 0x1000 || address - 0x1000 + size > sizeof world->memory)
        return false;
    memcpy(to, world->memory + (address - 0x1000), size);
    return true;
}

static bool length(const void *context, uintptr_t text, uint64_t *value) {
    const struct world *world = context;
    if (text < 0x1000 || text >= 0x1000 + sizeof world->memory)
        return false;
    *value = strlen(world->memory + (text - 0x1000));
    return true;
}

static const struct contract_inputs inputs = {argument, result, load, length};
static struct world world;

static int setup(void **state) {
    (void)state;
    world = (struct world){.arguments = {7, 0x1000}, .memory = "hello"};
    return 0;
}

struct code {
    uint8_t bytes[ROOM];
    uint32_t size;
};

static void put(struct code *code, const void *bytes, size_t size) {
    memcpy(code->bytes + code->size, bytes, size);
    code->size += (uint32_t)size;
}

static void op(struct code *code, uint8_t instruction) {
    put(code, &instruction, 1);
}

static void op_with(struct code *code, uint8_t instruction, uint8_t operand) {
    put(code, (const uint8_t[]){instruction, operand}, 2);
}

static void number(struct code *code, uint64_t value) {
    op(code, FFISAN_CODE_NUMBER);
    put(code, &value, sizeof value);
}

static void jump(struct code *code, uint8_t instruction, uint16_t distance) {
    op(code, instruction);
    put(code, &distance, sizeof distance);
}

/* Offset 0 is no expression. */
static const struct code empty = {{FFISAN_CODE_END}, 1};

static bool run(struct code *code, uint64_t *value) {
    op(code, FFISAN_CODE_END);
    struct contract_table table = {.code = code->bytes, .code_size = code->size};
    return contract_evaluate(&table, 1, &inputs, &world, value);
}

static void each_operator_is_cs(void **state) {
    (void)state;
    static const struct {
        uint64_t code, a, b, value;
        bool unknown;
    } rows[] = {
        {FFISAN_CODE_ADD, 3, 4, 7, false},
        {FFISAN_CODE_SUBTRACT, 3, 4, (uint64_t)-1, false},
        {FFISAN_CODE_MULTIPLY, 3, 4, 12, false},
        {FFISAN_CODE_DIVIDE_SIGNED, (uint64_t)-7, 2, (uint64_t)-3, false},
        {FFISAN_CODE_DIVIDE_UNSIGNED, (uint64_t)-7, 2, ((uint64_t)-7) / 2, false},
        {FFISAN_CODE_REMAINDER_SIGNED, (uint64_t)-7, 2, (uint64_t)-1, false},
        {FFISAN_CODE_REMAINDER_UNSIGNED, 7, 4, 3, false},
        {FFISAN_CODE_SHIFT_LEFT, 1, 63, 1ull << 63, false},
        {FFISAN_CODE_SHIFT_RIGHT_SIGNED, (uint64_t)-8, 1, (uint64_t)-4, false},
        {FFISAN_CODE_SHIFT_RIGHT_UNSIGNED, (uint64_t)-1, 63, 1, false},
        {FFISAN_CODE_AND, 12, 10, 8, false},
        {FFISAN_CODE_OR, 12, 10, 14, false},
        {FFISAN_CODE_XOR, 12, 10, 6, false},
        {FFISAN_CODE_EQUAL, 3, 3, 1, false},
        {FFISAN_CODE_UNEQUAL, 3, 3, 0, false},
        {FFISAN_CODE_LESS_SIGNED, (uint64_t)-1, 1, 1, false},
        {FFISAN_CODE_LESS_UNSIGNED, (uint64_t)-1, 1, 0, false},
        {FFISAN_CODE_LESS_EQUAL_SIGNED, 1, 1, 1, false},
        {FFISAN_CODE_LESS_EQUAL_UNSIGNED, 2, 1, 0, false},
        {FFISAN_CODE_DIVIDE_SIGNED, 1, 0, 0, true},
        {FFISAN_CODE_DIVIDE_UNSIGNED, 1, 0, 0, true},
        {FFISAN_CODE_REMAINDER_SIGNED, (uint64_t)INT64_MIN, (uint64_t)-1, 0, true},
        {FFISAN_CODE_SHIFT_LEFT, 1, 64, 0, true},
        {FFISAN_CODES, 1, 1, 0, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct code code = empty;
        uint64_t value = 0;
        number(&code, rows[i].a);
        number(&code, rows[i].b);
        op(&code, rows[i].code);
        assert_int_equal(run(&code, &value), !rows[i].unknown);
        if (!rows[i].unknown)
            assert_int_equal(value, rows[i].value);
    }
}

static void operators_of_one(void **state) {
    (void)state;
    static const struct {
        uint8_t code;
        uint64_t a, value;
    } rows[] = {
        {FFISAN_CODE_NEGATE, 5, (uint64_t)-5},
        {FFISAN_CODE_INVERT, 0, (uint64_t)-1},
        {FFISAN_CODE_NOT, 5, 0},
        {FFISAN_CODE_NOT, 0, 1},
        {FFISAN_CODE_TRUE, 5, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct code code = empty;
        uint64_t value;
        number(&code, rows[i].a);
        op(&code, rows[i].code);
        assert_true(run(&code, &value));
        assert_int_equal(value, rows[i].value);
    }
}

static void values_are_extended(void **state) {
    (void)state;
    uint64_t value;
    struct code code = empty;
    number(&code, 0x1234567880);
    op_with(&code, FFISAN_CODE_EXTEND_SIGNED, 1);
    assert_true(run(&code, &value));
    assert_int_equal(value, (uint64_t)-128);
    code = empty;
    number(&code, 0x1234567880);
    op_with(&code, FFISAN_CODE_EXTEND_UNSIGNED, 4);
    assert_true(run(&code, &value));
    assert_int_equal(value, 0x34567880);
}

static void what_is_outside_is_asked_for(void **state) {
    (void)state;
    uint64_t value;
    struct code code = empty; /* argument 0 + strlen(argument 1) + 1: 13 */
    op_with(&code, FFISAN_CODE_ARGUMENT, 0);
    op_with(&code, FFISAN_CODE_ARGUMENT, 1);
    op(&code, FFISAN_CODE_STRLEN);
    op(&code, FFISAN_CODE_ADD);
    number(&code, 1);
    op(&code, FFISAN_CODE_ADD);
    assert_true(run(&code, &value));
    assert_int_equal(value, 13);
    code = empty; /* *(short *)argument 1 */
    op_with(&code, FFISAN_CODE_ARGUMENT, 1);
    op_with(&code, FFISAN_CODE_LOAD, 2);
    assert_true(run(&code, &value));
    assert_int_equal(value, 'h' | 'e' << 8);
}

static void what_is_not_there_makes_all_unknown(void **state) {
    (void)state;
    uint64_t value;
    struct code code = empty;
    op(&code, FFISAN_CODE_RESULT);
    assert_false(run(&code, &value));
    world.returned = true;
    world.result = 9;
    code.size--;
    assert_true(run(&code, &value));
    assert_int_equal(value, 9);
    code = empty;
    op_with(&code, FFISAN_CODE_ARGUMENT, 2);
    assert_false(run(&code, &value));
    code = empty;
    number(&code, 0x2000);
    op_with(&code, FFISAN_CODE_LOAD, 8);
    op(&code, FFISAN_CODE_NOT);
    assert_false(run(&code, &value));
    code = empty;
    number(&code, 0);
    op(&code, FFISAN_CODE_STRLEN);
    assert_false(run(&code, &value));
}

/* argument 0 ? 11 : 22, as it is compiled */
static void jumps_choose(void **state) {
    (void)state;
    for (uint64_t argument_ = 0; argument_ < 2; argument_++) {
        uint64_t value;
        struct code code = empty;
        world.arguments[0] = argument_;
        op_with(&code, FFISAN_CODE_ARGUMENT, 0);
        jump(&code, FFISAN_CODE_JUMP_IF_ZERO, 9 + 3);
        number(&code, 11);
        jump(&code, FFISAN_CODE_JUMP, 9);
        number(&code, 22);
        assert_true(run(&code, &value));
        assert_int_equal(value, argument_ ? 11 : 22);
    }
}

static void swap_exchanges_the_two_topmost(void **state) {
    (void)state;
    uint64_t value;
    struct code code = empty;
    number(&code, 10);
    number(&code, 3);
    op(&code, FFISAN_CODE_SWAP);
    op(&code, FFISAN_CODE_SUBTRACT);
    assert_true(run(&code, &value));
    assert_int_equal(value, (uint64_t)-7);
}

static void code_that_is_wrong_comes_to_nothing(void **state) {
    (void)state;
    uint64_t value;
    struct code code = empty;
    assert_false(run(&code, &value)); /* no value */
    code = empty;
    op(&code, FFISAN_CODE_ADD);
    assert_false(run(&code, &value)); /* of nothing */
    code = empty;
    number(&code, 1);
    number(&code, 1);
    assert_false(run(&code, &value)); /* two values */
    code = empty;
    jump(&code, FFISAN_CODE_JUMP, 60000);
    assert_false(run(&code, &value));
    code = empty;
    for (unsigned i = 0; i <= FFISAN_CODE_DEPTH; i++)
        op_with(&code, FFISAN_CODE_ARGUMENT, 0);
    assert_false(run(&code, &value));
    struct contract_table table = {.code = code.bytes, .code_size = 2}; /* ends in the middle of an instruction */
    assert_false(contract_evaluate(&table, 1, &inputs, &world, &value));
    assert_false(contract_evaluate(&table, 0, &inputs, &world, &value));
    assert_false(contract_evaluate(&table, 2, &inputs, &world, &value));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(each_operator_is_cs),
        TEST(operators_of_one),
        TEST(values_are_extended),
        TEST(what_is_outside_is_asked_for),
        TEST(what_is_not_there_makes_all_unknown),
        TEST(jumps_choose),
        TEST(swap_exchanges_the_two_topmost),
        TEST(code_that_is_wrong_comes_to_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
