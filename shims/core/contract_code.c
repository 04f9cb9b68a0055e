/* SPDX-License-Identifier: Apache-2.0
 *
 * The expressions of contracts, worked out. Jumps go forward only, so that every run ends; the stack is looked after here all the same: code that
 * contract_table_open has let pass, and that is wrong in some other way, comes to nothing.
 *
 * What C leaves undefined is unknown: a division by zero or one that overflows, a shift by the width or more.
 */
#include <string.h>

#include "core/contract_table.h"

struct machine {
    const struct contract_inputs *inputs;
    const void *context;
    const uint8_t *at, *end;
    uint64_t stack[FFISAN_CODE_DEPTH];
    unsigned depth;
    bool unknown;
};

static void push(struct machine *machine, uint64_t value) {
    if (machine->depth == FFISAN_CODE_DEPTH) {
        machine->unknown = true;
        return;
    }
    machine->stack[machine->depth++] = value;
}

static uint64_t pop(struct machine *machine) {
    if (!machine->depth) {
        machine->unknown = true;
        return 0;
    }
    return machine->stack[--machine->depth];
}

static uint64_t operand(struct machine *machine, size_t size) {
    uint64_t value = 0;
    if ((size_t)(machine->end - machine->at) < size) {
        machine->unknown = true;
        return 0;
    }
    memcpy(&value, machine->at, size);
    machine->at += size;
    return value;
}

static void jump(struct machine *machine, bool takes) {
    uint64_t distance = operand(machine, 2);
    bool goes = !takes || pop(machine) == 0;
    if (distance >= (size_t)(machine->end - machine->at))
        machine->unknown = true;
    else if (goes)
        machine->at += distance;
}

static uint64_t extended(uint64_t value, uint64_t bytes, bool is_signed) {
    if (!bytes || bytes >= 8)
        return value;
    unsigned spare = 64 - 8 * (unsigned)bytes;
    return is_signed ? (uint64_t)((int64_t)(value << spare) >> spare) : value << spare >> spare;
}

/* ---- what is outside ---- */

static void take(struct machine *machine, bool known, uint64_t value) {
    if (known)
        push(machine, value);
    else
        machine->unknown = true;
}

static void argument(struct machine *machine) {
    uint64_t value = 0;
    uint32_t index = (uint32_t)operand(machine, 1);
    bool known = machine->inputs->argument && machine->inputs->argument(machine->context, index, &value);
    take(machine, known, value);
}

static void result(struct machine *machine) {
    uint64_t value = 0;
    bool known = machine->inputs->result && machine->inputs->result(machine->context, &value);
    take(machine, known, value);
}

static void load(struct machine *machine) {
    uint64_t value = 0;
    size_t size = (size_t)operand(machine, 1);
    uintptr_t address = pop(machine);
    bool known = !machine->unknown && size <= sizeof value && address && machine->inputs->load &&
                 machine->inputs->load(machine->context, address, &value, size);
    take(machine, known, value);
}

static void length(struct machine *machine) {
    uint64_t value = 0;
    uintptr_t text = pop(machine);
    bool known = !machine->unknown && text && machine->inputs->length && machine->inputs->length(machine->context, text, &value);
    take(machine, known, value);
}

/* ---- of two ---- */

static bool divides(uint64_t a, uint64_t b, bool is_signed) {
    return b != 0 && !(is_signed && (int64_t)a == INT64_MIN && (int64_t)b == -1);
}

/* False: C says nothing about it. */
static bool divide(uint8_t code, uint64_t a, uint64_t b, uint64_t *value) {
    bool is_signed = code == FFISAN_CODE_DIVIDE_SIGNED || code == FFISAN_CODE_REMAINDER_SIGNED;
    bool remainder = code == FFISAN_CODE_REMAINDER_SIGNED || code == FFISAN_CODE_REMAINDER_UNSIGNED;
    if (!divides(a, b, is_signed))
        return false;
    if (is_signed)
        *value = (uint64_t)(remainder ? (int64_t)a % (int64_t)b : (int64_t)a / (int64_t)b);
    else
        *value = remainder ? a % b : a / b;
    return true;
}

static bool shift(uint8_t code, uint64_t a, uint64_t b, uint64_t *value) {
    if (b >= 64)
        return false;
    *value = code == FFISAN_CODE_SHIFT_LEFT           ? a << b
             : code == FFISAN_CODE_SHIFT_RIGHT_SIGNED ? (uint64_t)((int64_t)a >> b)
                                                      : a >> b;
    return true;
}

/* What C says something about, whatever the values are. */
static bool is_total(uint8_t code) {
    return code == FFISAN_CODE_ADD || code == FFISAN_CODE_SUBTRACT || code == FFISAN_CODE_MULTIPLY ||
           (code >= FFISAN_CODE_AND && code <= FFISAN_CODE_LESS_EQUAL_UNSIGNED);
}

static uint64_t total(uint8_t code, uint64_t a, uint64_t b) {
    switch (code) {
    case FFISAN_CODE_ADD:
        return a + b;
    case FFISAN_CODE_SUBTRACT:
        return a - b;
    case FFISAN_CODE_MULTIPLY:
        return a * b;
    case FFISAN_CODE_AND:
        return a & b;
    case FFISAN_CODE_OR:
        return a | b;
    case FFISAN_CODE_XOR:
        return a ^ b;
    case FFISAN_CODE_EQUAL:
        return a == b;
    case FFISAN_CODE_UNEQUAL:
        return a != b;
    case FFISAN_CODE_LESS_SIGNED:
        return (int64_t)a < (int64_t)b;
    case FFISAN_CODE_LESS_UNSIGNED:
        return a < b;
    case FFISAN_CODE_LESS_EQUAL_SIGNED:
        return (int64_t)a <= (int64_t)b;
    default:
        return a <= b;
    }
}

static bool combine(uint8_t code, uint64_t a, uint64_t b, uint64_t *value) {
    if (code >= FFISAN_CODE_SHIFT_LEFT && code <= FFISAN_CODE_SHIFT_RIGHT_UNSIGNED)
        return shift(code, a, b, value);
    if (code >= FFISAN_CODE_DIVIDE_SIGNED && code <= FFISAN_CODE_REMAINDER_UNSIGNED)
        return divide(code, a, b, value);
    *value = total(code, a, b);
    return is_total(code);
}

static void two(struct machine *machine, uint8_t code) {
    uint64_t b = pop(machine), a = pop(machine), value = 0;
    bool known = !machine->unknown && combine(code, a, b, &value);
    take(machine, known, value);
}

static void swap(struct machine *machine) {
    uint64_t b = pop(machine), a = pop(machine);
    push(machine, b);
    push(machine, a);
}

static void extend(struct machine *machine, bool is_signed) {
    uint64_t bytes = operand(machine, 1);
    push(machine, extended(pop(machine), bytes, is_signed));
}

/* ---- the run ---- */

static void step(struct machine *machine, uint8_t code) {
    switch (code) {
    case FFISAN_CODE_NUMBER:
        push(machine, operand(machine, 8));
        break;
    case FFISAN_CODE_ARGUMENT:
        argument(machine);
        break;
    case FFISAN_CODE_RESULT:
        result(machine);
        break;
    case FFISAN_CODE_LOAD:
        load(machine);
        break;
    case FFISAN_CODE_STRLEN:
        length(machine);
        break;
    case FFISAN_CODE_EXTEND_SIGNED:
    case FFISAN_CODE_EXTEND_UNSIGNED:
        extend(machine, code == FFISAN_CODE_EXTEND_SIGNED);
        break;
    case FFISAN_CODE_NEGATE:
        push(machine, -pop(machine));
        break;
    case FFISAN_CODE_INVERT:
        push(machine, ~pop(machine));
        break;
    case FFISAN_CODE_NOT:
        push(machine, !pop(machine));
        break;
    case FFISAN_CODE_TRUE:
        push(machine, pop(machine) != 0);
        break;
    case FFISAN_CODE_JUMP:
    case FFISAN_CODE_JUMP_IF_ZERO:
        jump(machine, code == FFISAN_CODE_JUMP_IF_ZERO);
        break;
    case FFISAN_CODE_SWAP:
        swap(machine);
        break;
    default:
        two(machine, code);
    }
}

bool contract_evaluate(const struct contract_table *table, uint32_t code, const struct contract_inputs *inputs,
                       const void *context, uint64_t *value) {
    if (!code || code >= table->code_size)
        return false;
    struct machine machine; /* the stack as it is: it would cost more to clear than most expressions */
    machine.inputs = inputs;
    machine.context = context;
    machine.at = table->code + code;
    machine.end = table->code + table->code_size;
    machine.depth = 0;
    machine.unknown = false;
    while (!machine.unknown && machine.at < machine.end) {
        uint8_t instruction = *machine.at++;
        if (instruction == FFISAN_CODE_END) {
            *value = machine.depth ? machine.stack[machine.depth - 1] : 0;
            return machine.depth == 1;
        }
        step(&machine, instruction);
    }
    return false;
}
