/* SPDX-License-Identifier: Apache-2.0
 *
 * The .eh_frame parser: binary search in .eh_frame_hdr, the frame description (FDE) and its common part (CIE), the program that
 * both hold, and the few expressions that occur. See the Linux Standard Base, "Exception Frames", and DWARF 5, sections 6.4
 * and 2.5.
 *
 * Hazard: a library's .eh_frame is input. It may be damaged on purpose or by a linker. Every byte is taken through a reader that
 * knows where the segment ends; once it is `bad` it gives zeros, and whoever used it looks at `bad` before believing anything. No
 * recursion, no loop that does not take a byte or halve a range.
 */
#include "core/cfi.h"

#include <string.h>

struct reader {
    const uint8_t *at, *end;
    bool bad;
};

static size_t left(const struct reader *reader) {
    return (size_t)(reader->end - reader->at);
}

static void skip(struct reader *reader, uint64_t size) {
    if (size > left(reader)) {
        reader->bad = true;
        size = left(reader);
    }
    reader->at += size;
}

static uint64_t take(struct reader *reader, unsigned size) {
    uint64_t value = 0;
    if (size > left(reader)) {
        reader->bad = true;
        return 0;
    }
    memcpy(&value, reader->at, size); /* little-endian, as the CPU */
    reader->at += size;
    return value;
}

static uint8_t take_byte(struct reader *reader) {
    return (uint8_t)take(reader, 1);
}

static uint64_t take_leb(struct reader *reader, bool is_signed) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = take_byte(reader);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte & 0x80)
            continue;
        if (is_signed && (byte & 0x40) && shift + 7 < 64)
            value |= ~(uint64_t)0 << (shift + 7);
        return value;
    }
    reader->bad = true;
    return 0;
}

static uint64_t take_unsigned(struct reader *reader) {
    return take_leb(reader, false);
}
static int64_t take_signed(struct reader *reader) {
    return (int64_t)take_leb(reader, true);
}

/* Cuts `size` bytes off the front, as a reader of their own. */
static struct reader take_part(struct reader *reader, uint64_t size) {
    struct reader part = {.at = reader->at};
    skip(reader, size);
    part.end = reader->at;
    part.bad = reader->bad;
    return part;
}

/* DW_EH_PE_*: the low half says how wide, the high half relative to what. */
enum { ENCODING_OMIT = 0xff, ENCODING_ABSOLUTE = 0x00, ENCODING_PC_RELATIVE = 0x10, ENCODING_TABLE = 0x3b /* datarel, sdata4 */ };

static uint64_t take_encoded(struct reader *reader, uint8_t encoding) {
    uintptr_t here = (uintptr_t)reader->at;
    uint64_t value = 0;
    switch (encoding & 0x0f) {
    case 0x00: /* absptr */
    case 0x04: /* udata8 */
    case 0x0c: /* sdata8 */
        value = take(reader, 8);
        break;
    case 0x01:
        value = take_unsigned(reader);
        break;
    case 0x02:
        value = take(reader, 2);
        break;
    case 0x03:
        value = take(reader, 4);
        break;
    case 0x09:
        value = (uint64_t)take_signed(reader);
        break;
    case 0x0a:
        value = (uint64_t)(int64_t)(int16_t)take(reader, 2);
        break;
    case 0x0b:
        value = (uint64_t)(int64_t)(int32_t)take(reader, 4);
        break;
    default:
        reader->bad = true;
    }
    switch (encoding & 0xf0) {
    case ENCODING_ABSOLUTE:
        return value;
    case ENCODING_PC_RELATIVE:
        return value + here;
    default: /* relative to text, data or function: not used on x86-64; indirect or aligned: not for code addresses */
        reader->bad = true;
        return 0;
    }
}

/* From `address` to the end of the readable segment that holds it. */
static bool readable(const struct module *module, uintptr_t address, struct reader *reader) {
    for (unsigned i = 0; i < module->header_count; i++) {
        const ElfW(Phdr) *header = &module->headers[i];
        uintptr_t start = module->bias + header->p_vaddr;
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_R) || address < start || address - start >= header->p_filesz)
            continue;
        *reader = (struct reader){.at = (const uint8_t *)address, .end = (const uint8_t *)(start + header->p_filesz)};
        return true;
    }
    return false;
}

/* ---- the search table ---- */

struct table_row {
    int32_t start, fde; /* relative to the header */
};

static struct table_row table_row(const uint8_t *table, size_t index) {
    struct table_row row;
    memcpy(&row, table + index * sizeof row, sizeof row);
    return row;
}

/* Of the last row that starts at or below `target`; there is one when the first does. */
static size_t table_search(const uint8_t *table, size_t count, int64_t target) {
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (table_row(table, middle).start <= target)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* NULL: there is none that can be used. */
static const uint8_t *search_table(const struct module *module, size_t *rows) {
    struct reader reader;
    if (!module->eh_frame_header || !readable(module, module->eh_frame_header, &reader))
        return NULL;
    if (left(&reader) > module->eh_frame_header_size)
        reader.end = reader.at + module->eh_frame_header_size;
    uint8_t version = take_byte(&reader), frame_encoding = take_byte(&reader);
    uint8_t count_encoding = take_byte(&reader), table_encoding = take_byte(&reader);
    if (version != 1 || count_encoding == ENCODING_OMIT || table_encoding != ENCODING_TABLE)
        return NULL;
    take_encoded(&reader, frame_encoding);
    uint64_t count = take_encoded(&reader, count_encoding);
    *rows = (size_t)count;
    return reader.bad || !count || count > left(&reader) / sizeof(struct table_row) ? NULL : reader.at;
}

/* The address of the FDE that might cover `target`, or 0. */
static uintptr_t fde_address(const struct module *module, uintptr_t target) {
    size_t count;
    const uint8_t *table = search_table(module, &count);
    if (!table)
        return 0;
    int64_t offset = (int64_t)(target - module->eh_frame_header);
    struct table_row row = table_row(table, table_search(table, count, offset));
    return row.start <= offset ? module->eh_frame_header + (uintptr_t)(intptr_t)row.fde : 0;
}

struct cfi_function cfi_function(const struct module *module, uintptr_t pc) {
    size_t count;
    struct reader code;
    const uint8_t *table = search_table(module, &count);
    if (!table || !readable(module, pc, &code))
        return (struct cfi_function){0, 0};
    uintptr_t base = module->eh_frame_header, end = (uintptr_t)code.end;
    size_t at = table_search(table, count, (int64_t)(pc - base));
    uintptr_t start = base + (uintptr_t)(intptr_t)table_row(table, at).start;
    if (at + 1 < count)
        end = base + (uintptr_t)(intptr_t)table_row(table, at + 1).start;
    return start <= pc && pc < end ? (struct cfi_function){start, end} : (struct cfi_function){0, 0};
}

/* ---- expressions, evaluated as far as they go without registers ---- */

/* What an expression comes to: a number, a register plus a number, or the word at a register plus a number, plus a number. */
enum form { UNKNOWN, NUMBER, REGISTER, MEMORY };
struct value {
    enum form form;
    uint8_t base;
    int64_t offset, add;
};

enum { OP_DEREF = 0x06, OP_CONST1U = 0x08, OP_CONST1S = 0x09, OP_CONST2U = 0x0a, OP_CONST2S = 0x0b, OP_CONST4U = 0x0c };
enum { OP_CONST4S = 0x0d, OP_AND = 0x1a, OP_PLUS = 0x22, OP_PLUS_UCONST = 0x23, OP_SHL = 0x24, OP_GE = 0x2a };
enum { OP_LIT0 = 0x30, OP_LIT31 = 0x4f, OP_BREG0 = 0x70, OP_BREG31 = 0x8f, EXPRESSION_DEPTH = 4 };

static int64_t wrap_add(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static struct value value_plus(struct value value, int64_t number) {
    if (value.form == MEMORY)
        value.add = wrap_add(value.add, number);
    else
        value.offset = wrap_add(value.offset, number);
    return value;
}

static struct value value_read(struct value value) {
    return value.form == REGISTER ? (struct value){.form = MEMORY, .base = value.base, .offset = value.offset}
                                  : (struct value){0};
}

static struct value value_of_two(uint8_t op, struct value a, struct value b) {
    if (op == OP_PLUS && b.form == NUMBER)
        return value_plus(a, b.offset);
    if (op == OP_PLUS && a.form == NUMBER)
        return value_plus(b, a.offset);
    if (a.form != NUMBER || b.form != NUMBER)
        return (struct value){0};
    if (op == OP_AND)
        return (struct value){.form = NUMBER, .offset = a.offset & b.offset};
    if (op == OP_GE)
        return (struct value){.form = NUMBER, .offset = a.offset >= b.offset};
    return b.offset >= 0 && b.offset < 64 ? (struct value){.form = NUMBER, .offset = (int64_t)((uint64_t)a.offset << b.offset)}
                                          : (struct value){0};
}

static struct value value_pushed(uint8_t op, struct reader *reader, uintptr_t pc) {
    if (op >= OP_LIT0 && op <= OP_LIT31)
        return (struct value){.form = NUMBER, .offset = op - OP_LIT0};
    if (op >= OP_BREG0 && op <= OP_BREG31) {
        int64_t offset = take_signed(reader);
        if (op - OP_BREG0 == CFI_RIP) /* known: that makes the linker's rule for procedure linkage tables a plain one */
            return (struct value){.form = NUMBER, .offset = wrap_add((int64_t)pc, offset)};
        return (struct value){.form = REGISTER, .base = op - OP_BREG0, .offset = offset};
    }
    switch (op) {
    case OP_CONST1U:
        return (struct value){.form = NUMBER, .offset = (int64_t)take(reader, 1)};
    case OP_CONST1S:
        return (struct value){.form = NUMBER, .offset = (int8_t)take(reader, 1)};
    case OP_CONST2U:
        return (struct value){.form = NUMBER, .offset = (int64_t)take(reader, 2)};
    case OP_CONST2S:
        return (struct value){.form = NUMBER, .offset = (int16_t)take(reader, 2)};
    case OP_CONST4U:
        return (struct value){.form = NUMBER, .offset = (int64_t)take(reader, 4)};
    case OP_CONST4S:
        return (struct value){.form = NUMBER, .offset = (int32_t)take(reader, 4)};
    default:
        return (struct value){0};
    }
}

static struct value evaluate(struct reader reader, uintptr_t pc) {
    struct value stack[EXPRESSION_DEPTH];
    unsigned depth = 0;
    while (left(&reader) && !reader.bad) {
        uint8_t op = take_byte(&reader);
        if (op == OP_DEREF && depth >= 1) {
            stack[depth - 1] = value_read(stack[depth - 1]);
        } else if (op == OP_PLUS_UCONST && depth >= 1) {
            stack[depth - 1] = value_plus(stack[depth - 1], (int64_t)take_unsigned(&reader));
        } else if ((op == OP_PLUS || op == OP_AND || op == OP_SHL || op == OP_GE) && depth >= 2) {
            depth--;
            stack[depth - 1] = value_of_two(op, stack[depth - 1], stack[depth]);
        } else {
            if (depth == EXPRESSION_DEPTH)
                return (struct value){0};
            stack[depth++] = value_pushed(op, &reader, pc);
        }
        if (stack[depth - 1].form == UNKNOWN)
            return (struct value){0};
    }
    return depth == 1 && !reader.bad ? stack[0] : (struct value){0};
}

/* ---- the program ---- */

struct common {
    uint64_t code_align;
    int64_t data_align;
    uint8_t encoding;
    bool augmented, signal;
    struct reader program;
};

enum saved { SAVED_NOT, SAVED_UNDEFINED, SAVED_AT_CFA, SAVED_AT_VALUE, SAVED_ELSEWHERE };
struct place {
    enum saved saved;
    int64_t offset;     /* SAVED_AT_CFA */
    struct value value; /* SAVED_AT_VALUE */
};

/* One row of the table that DWARF describes, cut down to the registers that matter here. */
struct row {
    struct value cfa;
    struct place fp, ra;
};

enum { STATES = 8 };
struct machine {
    const struct common *common;
    uintptr_t pc, location, target;
    struct row row, initial, states[STATES];
    unsigned depth;
    bool bad;
};

static void set_place(struct machine *machine, uint64_t reg, struct place place) {
    if (reg == CFI_RBP)
        machine->row.fp = place;
    else if (reg == CFI_RIP)
        machine->row.ra = place;
}

static void restore_place(struct machine *machine, uint64_t reg) {
    set_place(machine, reg, reg == CFI_RBP ? machine->initial.fp : machine->initial.ra);
}

static struct place at_cfa(const struct machine *machine, uint64_t factored) {
    return (struct place){.saved = SAVED_AT_CFA, .offset = (int64_t)(factored * (uint64_t)machine->common->data_align)};
}

static void set_cfa(struct machine *machine, uint64_t reg, uint64_t offset) {
    machine->row.cfa =
        (struct value){.form = reg < CFI_RIP ? REGISTER : UNKNOWN, .base = (uint8_t)reg, .offset = (int64_t)offset};
}

static void set_cfa_offset(struct machine *machine, uint64_t offset) {
    if (machine->row.cfa.form != REGISTER)
        machine->row.cfa = (struct value){0};
    machine->row.cfa.offset = (int64_t)offset;
}

static void set_cfa_register(struct machine *machine, uint64_t reg) {
    if (machine->row.cfa.form != REGISTER)
        machine->row.cfa = (struct value){0};
    else
        set_cfa(machine, reg, (uint64_t)machine->row.cfa.offset);
}

static struct value take_expression(struct machine *machine, struct reader *reader) {
    uint64_t size = take_unsigned(reader);
    return evaluate(take_part(reader, size), machine->pc);
}

static void remember(struct machine *machine) {
    if (machine->depth == STATES)
        machine->bad = true;
    else
        machine->states[machine->depth++] = machine->row;
}

static void recall(struct machine *machine) {
    if (!machine->depth)
        machine->bad = true;
    else
        machine->row = machine->states[--machine->depth];
}

/* The instructions (DW_CFA_*) whose first number is the register that they say something about. */
static bool names_register(uint8_t op) {
    return (op >= 0x05 && op <= 0x09) || op == 0x10 || op == 0x11 || (op >= 0x14 && op <= 0x16) || op == 0x2f;
}

static void place_instruction(struct machine *machine, uint8_t op, struct reader *reader) {
    uint64_t align = (uint64_t)machine->common->data_align;
    uint64_t reg = take_unsigned(reader);
    switch (op) {
    case 0x05: /* offset_extended */
        set_place(machine, reg, at_cfa(machine, take_unsigned(reader)));
        break;
    case 0x06: /* restore_extended */
        restore_place(machine, reg);
        break;
    case 0x07: /* undefined */
        set_place(machine, reg, (struct place){.saved = SAVED_UNDEFINED});
        break;
    case 0x08: /* same_value */
        set_place(machine, reg, (struct place){.saved = SAVED_NOT});
        break;
    case 0x10: /* expression */
        set_place(machine, reg, (struct place){.saved = SAVED_AT_VALUE, .value = take_expression(machine, reader)});
        break;
    case 0x11: /* offset_extended_sf */
        set_place(machine, reg, at_cfa(machine, (uint64_t)take_signed(reader)));
        break;
    case 0x2f: /* GNU_negative_offset_extended */
        set_place(machine, reg, (struct place){.saved = SAVED_AT_CFA, .offset = (int64_t)(0 - take_unsigned(reader) * align)});
        break;
    case 0x16: /* val_expression */
        take_expression(machine, reader);
        set_place(machine, reg, (struct place){.saved = SAVED_ELSEWHERE});
        break;
    default: /* register, val_offset, val_offset_sf: one more number */
        take_unsigned(reader);
        set_place(machine, reg, (struct place){.saved = SAVED_ELSEWHERE});
    }
}

/* Instructions about the CFA, the location and the stack of states. */
static void other_instruction(struct machine *machine, uint8_t op, struct reader *reader) {
    uint64_t align = (uint64_t)machine->common->data_align, code_align = machine->common->code_align, reg;
    switch (op) {
    case 0x00: /* nop */
        break;
    case 0x01: /* set_loc */
        machine->location = take_encoded(reader, machine->common->encoding);
        break;
    case 0x02: /* advance_loc1 */
    case 0x03:
    case 0x04:
        machine->location += take(reader, 1U << (op - 2)) * code_align;
        break;
    case 0x0a:
        remember(machine);
        break;
    case 0x0b:
        recall(machine);
        break;
    case 0x0c: /* def_cfa */
        reg = take_unsigned(reader);
        set_cfa(machine, reg, take_unsigned(reader));
        break;
    case 0x0d: /* def_cfa_register */
        set_cfa_register(machine, take_unsigned(reader));
        break;
    case 0x0e: /* def_cfa_offset */
        set_cfa_offset(machine, take_unsigned(reader));
        break;
    case 0x0f: /* def_cfa_expression */
        machine->row.cfa = take_expression(machine, reader);
        break;
    case 0x12: /* def_cfa_sf */
        reg = take_unsigned(reader);
        set_cfa(machine, reg, (uint64_t)take_signed(reader) * align);
        break;
    case 0x13: /* def_cfa_offset_sf */
        set_cfa_offset(machine, (uint64_t)take_signed(reader) * align);
        break;
    case 0x2e: /* GNU_args_size */
        take_unsigned(reader);
        break;
    default:
        machine->bad = true;
    }
}

/* Runs the program up to the row that covers machine->target. False: not understood. */
static bool run(struct machine *machine, struct reader reader) {
    while (left(&reader) && !reader.bad && !machine->bad) {
        uint8_t op = take_byte(&reader), low = op & 0x3f;
        if ((op & 0xc0) == 0x40) /* advance_loc */
            machine->location += low * machine->common->code_align;
        else if ((op & 0xc0) == 0x80) /* offset */
            set_place(machine, low, at_cfa(machine, take_unsigned(&reader)));
        else if ((op & 0xc0) == 0xc0) /* restore */
            restore_place(machine, low);
        else if (names_register(op))
            place_instruction(machine, op, &reader);
        else
            other_instruction(machine, op, &reader);
        if (machine->location > machine->target)
            break;
    }
    return !reader.bad && !machine->bad;
}

/* ---- descriptions ---- */

/* The body of the CIE or FDE at `address`, behind its length. */
static bool entry(const struct module *module, uintptr_t address, struct reader *body) {
    struct reader reader;
    if (!readable(module, address, &reader))
        return false;
    uint64_t size = take(&reader, 4);
    if (reader.bad || !size || size == 0xffffffff) /* the end; or the 64-bit form, which no linker writes */
        return false;
    *body = take_part(&reader, size);
    return !body->bad;
}

static bool take_augmentation(struct reader *reader, const char *letters, struct common *common) {
    if (!*letters)
        return true;
    if (*letters != 'z')
        return false;
    common->augmented = true;
    struct reader data = take_part(reader, take_unsigned(reader));
    for (letters++; *letters; letters++) {
        if (*letters == 'R')
            common->encoding = take_byte(&data);
        else if (*letters == 'L')
            skip(&data, 1);
        else if (*letters == 'S')
            common->signal = true;
        else if (*letters == 'P')
            take_encoded(&data, take_byte(&data) & 0x0f);
        else
            return false;
    }
    return !data.bad;
}

static bool common_at(const struct module *module, uintptr_t address, struct common *common) {
    struct reader reader;
    if (!entry(module, address, &reader) || take(&reader, 4) != 0)
        return false;
    uint8_t version = take_byte(&reader);
    const char *letters = (const char *)reader.at;
    const uint8_t *end = memchr(reader.at, 0, left(&reader));
    if ((version != 1 && version != 3) || !end)
        return false;
    reader.at = end + 1;
    common->code_align = take_unsigned(&reader);
    common->data_align = take_signed(&reader);
    uint64_t return_column = version == 1 ? take_byte(&reader) : take_unsigned(&reader);
    if (!take_augmentation(&reader, letters, common) || return_column != CFI_RIP)
        return false;
    common->program = reader;
    return !reader.bad;
}

/* The row of the table that holds at machine->target. */
static bool row_at(const struct module *module, uintptr_t address, struct machine *machine, struct common *common) {
    struct reader reader;
    if (!entry(module, address, &reader))
        return false;
    uintptr_t field = (uintptr_t)reader.at;
    uint64_t back = take(&reader, 4);
    if (!back || !common_at(module, field - back, common))
        return false;
    uintptr_t start = take_encoded(&reader, common->encoding);
    uint64_t size = take_encoded(&reader, common->encoding & 0x0f);
    if (common->augmented)
        skip(&reader, take_unsigned(&reader));
    if (reader.bad || machine->target < start || machine->target - start >= size)
        return false;
    machine->common = common;
    machine->location = start;
    if (!run(machine, common->program))
        return false;
    machine->initial = machine->row;
    machine->location = start;
    return run(machine, reader);
}

static bool fits(int64_t number) {
    return number == (int32_t)number;
}

static void set_frame_pointer(struct cfi_rule *rule, const struct place *fp) {
    rule->fp = CFI_FP_UNKNOWN;
    if (fp->saved == SAVED_NOT) {
        rule->fp = CFI_FP_UNCHANGED;
    } else if (fp->saved == SAVED_AT_CFA && fits(fp->offset)) {
        rule->fp = CFI_FP_SAVED;
        rule->fp_offset = (int32_t)fp->offset;
    } else if (fp->saved == SAVED_AT_VALUE && fp->value.form == REGISTER && fits(fp->value.offset)) {
        rule->fp = CFI_FP_AT;
        rule->fp_base = fp->value.base;
        rule->fp_offset = (int32_t)fp->value.offset;
    }
}

static struct cfi_rule rule_of(const struct row *row, bool signal) {
    struct cfi_rule rule = {.base = row->cfa.base, .offset = (int32_t)row->cfa.offset, .add = (int32_t)row->cfa.add};
    if (row->ra.saved == SAVED_UNDEFINED)
        return (struct cfi_rule){.kind = CFI_OUTERMOST};
    if ((row->cfa.form != REGISTER && row->cfa.form != MEMORY) || !fits(row->cfa.offset) || !fits(row->cfa.add))
        return (struct cfi_rule){.kind = CFI_NONE};
    if (signal) {
        rule.kind = row->cfa.form == MEMORY && row->cfa.base == CFI_RSP && !row->cfa.add ? CFI_SIGNAL : CFI_NONE;
        return rule;
    }
    if (row->ra.saved != SAVED_AT_CFA || row->ra.offset != -8)
        return (struct cfi_rule){.kind = CFI_NONE};
    rule.kind = row->cfa.form == MEMORY ? CFI_MEMORY : CFI_REGISTER;
    set_frame_pointer(&rule, &row->fp);
    return rule;
}

struct cfi_rule cfi_find(const struct module *module, uintptr_t pc, bool exact) {
    struct common common = {0};
    struct machine machine = {.pc = pc, .target = exact ? pc : pc - 1};
    uintptr_t fde = fde_address(module, machine.target);
    if (!fde || !row_at(module, fde, &machine, &common))
        return (struct cfi_rule){.kind = CFI_NONE};
    return rule_of(&machine.row, common.signal);
}
