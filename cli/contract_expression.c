/* SPDX-License-Identifier: Apache-2.0
 *
 * Code of a contract (ffisan/contract_table.h), as the C that it may have come from: fully bracketed where it matters, loads
 * as casts. The table was opened, so that its code is sound.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract_show.h"
#include "pool.h"
#include "spelling.h"

#define PIECES_MAX 64u
#define NESTS_MAX  64u

/* A value on the stack: its text, and how tightly it holds together (a name: 9, a product: 5, ...). */
struct piece {
    const char *text;
    unsigned binds;
    uint32_t type; /* of an argument: what a load through it may be spelled by; 0: not known */
};

struct reader {
    struct pool *pool;
    const struct contract_table *table;
    const struct ffisan_contract_function *function;
    struct piece stack[PIECES_MAX];
    unsigned depth;
    bool failed;
};

static void push(struct reader *reader, const char *text, unsigned binds, uint32_t type) {
    if (reader->depth == PIECES_MAX)
        reader->failed = true;
    else
        reader->stack[reader->depth++] = (struct piece){text, binds, type};
}

static struct piece pop(struct reader *reader) {
    if (reader->depth)
        return reader->stack[--reader->depth];
    reader->failed = true;
    return (struct piece){"?", 9, 0};
}

static const char *tight(struct reader *reader, struct piece piece, unsigned binds) {
    return piece.binds >= binds ? piece.text : pool_text(reader->pool, "(%s)", piece.text);
}

/* ---- names ---- */

static const struct ffisan_type *type_at(const struct reader *reader, uint32_t type) {
    return &reader->table->types.types[type];
}

static void push_argument(struct reader *reader, unsigned index) {
    const struct ffisan_type *type = type_at(reader, reader->function->type);
    const struct ffisan_field *field = index < type->count ? &reader->table->types.fields[type->first + index] : NULL;
    const char *name = field ? type_text(&reader->table->types, field->name) : "...";
    push(reader, *name ? pool_clean(reader->pool, name, POOL_CLEAN_ALL) : pool_text(reader->pool, "argument_%u", index + 1), 9,
         field ? field->type : 0);
}

/* The field of a struct at that offset and of that size, through the pointer; NULL: none. */
static const char *field_text(struct reader *reader, uint32_t pointer, uint32_t offset, unsigned size, uint32_t *type) {
    const struct ffisan_type *to = type_at(reader, pointer);
    uint32_t below = 0;
    const char *path = "";
    to = to->kind == FFISAN_TYPE_POINTER ? type_at(reader, to->to) : NULL;
    for (unsigned depth = 0; to && (to->kind == FFISAN_TYPE_STRUCT || to->kind == FFISAN_TYPE_UNION) && depth < 8; depth++) {
        const struct ffisan_field *found = NULL;
        for (uint32_t i = 0; i < to->count && !found; i++) {
            const struct ffisan_field *field = &reader->table->types.fields[to->first + i];
            uint32_t width = type_at(reader, field->type)->size;
            if (!field->bit_width && offset - below >= field->offset && offset - below - field->offset < (width ? width : 1))
                found = field;
        }
        if (!found)
            return NULL;
        path = pool_text(reader->pool, "%s%s%s", path, *path ? "." : "", type_text(&reader->table->types, found->name));
        below += found->offset;
        to = type_at(reader, found->type);
        *type = found->type;
        if (offset == below && to->size == size)
            return path;
    }
    return NULL;
}

/* "base + 16": how far, and from what. */
static bool is_sum(struct piece piece, char *base, size_t room, uint32_t *offset) {
    const char *plus = strrchr(piece.text, '+');
    char *end = NULL;
    if (!plus || plus == piece.text || plus[1] != ' ' || plus[2] < '0' || plus[2] > '9' || (size_t)(plus - piece.text) > room - 1)
        return false;
    *offset = (uint32_t)strtoul(plus + 2, &end, 0);
    memcpy(base, piece.text, (size_t)(plus - piece.text) - 1);
    base[plus - piece.text - 1] = '\0';
    return *end == '\0';
}

static void load(struct reader *reader, unsigned size) {
    struct piece address = pop(reader);
    uint32_t offset = 0, type = 0;
    char base[256] = "";
    if (address.type && !is_sum(address, base, sizeof(base), &offset))
        snprintf(base, sizeof(base), "%s", address.text);
    const char *field = address.type && *base ? field_text(reader, address.type, offset, size, &type) : NULL;
    if (field) {
        push(reader, pool_text(reader->pool, "%s->%s", base, field), 9, type);
    } else if (address.type && !offset) {
        const struct ffisan_type *pointer = type_at(reader, address.type);
        push(reader, pool_text(reader->pool, "*%s", tight(reader, address, 8)), 8,
             pointer->kind == FFISAN_TYPE_POINTER ? pointer->to : 0);
    } else {
        push(reader, pool_text(reader->pool, "*(uint%u_t *)%s", size * 8, tight(reader, address, 8)), 8, 0);
    }
}

/* ---- operators ---- */

static const struct {
    const char *text;
    unsigned binds;
} binaries[FFISAN_CODES] = {
    [FFISAN_CODE_ADD] = {"+", 6},
    [FFISAN_CODE_SUBTRACT] = {"-", 6},
    [FFISAN_CODE_MULTIPLY] = {"*", 7},
    [FFISAN_CODE_DIVIDE_SIGNED] = {"/", 7},
    [FFISAN_CODE_DIVIDE_UNSIGNED] = {"/", 7},
    [FFISAN_CODE_REMAINDER_SIGNED] = {"%", 7},
    [FFISAN_CODE_REMAINDER_UNSIGNED] = {"%", 7},
    [FFISAN_CODE_SHIFT_LEFT] = {"<<", 5},
    [FFISAN_CODE_SHIFT_RIGHT_SIGNED] = {">>", 5},
    [FFISAN_CODE_SHIFT_RIGHT_UNSIGNED] = {">>", 5},
    [FFISAN_CODE_AND] = {"&", 3},
    [FFISAN_CODE_OR] = {"|", 3},
    [FFISAN_CODE_XOR] = {"^", 3},
    [FFISAN_CODE_EQUAL] = {"==", 4},
    [FFISAN_CODE_UNEQUAL] = {"!=", 4},
    [FFISAN_CODE_LESS_SIGNED] = {"<", 4},
    [FFISAN_CODE_LESS_UNSIGNED] = {"<", 4},
    [FFISAN_CODE_LESS_EQUAL_SIGNED] = {"<=", 4},
    [FFISAN_CODE_LESS_EQUAL_UNSIGNED] = {"<=", 4},
};

/* "a < b" whose sides were changed is "b > a". */
static void reversed(struct reader *reader, unsigned code) {
    struct piece left = pop(reader), right = pop(reader);
    bool or_equal = code == FFISAN_CODE_LESS_EQUAL_SIGNED || code == FFISAN_CODE_LESS_EQUAL_UNSIGNED;
    push(reader, pool_text(reader->pool, "%s %s %s", tight(reader, right, 4), or_equal ? ">=" : ">", tight(reader, left, 5)), 4,
         0);
}

static bool is_less(uint8_t code) {
    return code >= FFISAN_CODE_LESS_SIGNED && code <= FFISAN_CODE_LESS_EQUAL_UNSIGNED;
}

static void binary(struct reader *reader, unsigned code) {
    struct piece right = pop(reader), left = pop(reader);
    unsigned binds = binaries[code].binds;
    bool keeps = code == FFISAN_CODE_ADD && left.type; /* the address of a field */
    push(reader,
         pool_text(reader->pool, "%s %s %s", tight(reader, left, binds == 3 ? 4 : binds), binaries[code].text,
                   tight(reader, right, binds + 1)),
         binds, keeps ? left.type : 0);
}

static void unary(struct reader *reader, const char *operator) {
    struct piece operand = pop(reader);
    push(reader, pool_text(reader->pool, "%s%s", operator, tight(reader, operand, 8)), 8, 0);
}

static uint64_t operand_of(const uint8_t *at, size_t size) {
    uint64_t value = 0;
    memcpy(&value, at, size);
    return value;
}

static void number(struct reader *reader, int64_t value) {
    bool small = value > -65536;
    const char *text = small ? pool_text(reader->pool, "%" PRId64, value) : pool_text(reader->pool, "%#" PRIx64, (uint64_t)value);
    push(reader, text, value < 0 && small ? 8 : 9, 0);
}

static uint32_t read_on(struct reader *reader, uint32_t at, uint32_t end, unsigned nests);

/* "condition ? one : other", with && and || among them. */
static uint32_t choice(struct reader *reader, uint32_t at, unsigned nests) {
    const uint8_t *code = reader->table->code;
    uint32_t otherwise = at + 3 + (uint32_t)operand_of(code + at + 1, 2), jump = otherwise - 3;
    struct piece condition = pop(reader);
    if (nests == NESTS_MAX || code[jump] != FFISAN_CODE_JUMP) {
        reader->failed = true;
        return otherwise;
    }
    uint32_t end = otherwise + (uint32_t)operand_of(code + jump + 1, 2);
    read_on(reader, at + 3, jump, nests + 1);
    struct piece first = pop(reader);
    read_on(reader, otherwise, end, nests + 1);
    struct piece second = pop(reader);
    if (strcmp(second.text, "0") == 0)
        push(reader, pool_text(reader->pool, "%s && %s", tight(reader, condition, 2), tight(reader, first, 2)), 2, 0);
    else if (strcmp(second.text, "1") == 0 && condition.text[0] == '!')
        push(reader, pool_text(reader->pool, "%s || %s", condition.text + 1, tight(reader, first, 2)), 1, 0);
    else
        push(reader,
             pool_text(reader->pool, "%s ? %s : %s", tight(reader, condition, 1), tight(reader, first, 1),
                       tight(reader, second, 1)),
             0, 0);
    return end;
}

static void simple(struct reader *reader, const uint8_t *at) {
    switch (*at) {
    case FFISAN_CODE_NUMBER:
        number(reader, (int64_t)operand_of(at + 1, 8));
        return;
    case FFISAN_CODE_ARGUMENT:
        push_argument(reader, at[1]);
        return;
    case FFISAN_CODE_RESULT:
        push(reader, "ret", 9, type_at(reader, reader->function->type)->to);
        return;
    case FFISAN_CODE_LOAD:
        load(reader, at[1]);
        return;
    case FFISAN_CODE_STRLEN:
        push(reader, pool_text(reader->pool, "strlen(%s)", pop(reader).text), 9, 0);
        return;
    case FFISAN_CODE_NEGATE:
        unary(reader, "-");
        return;
    case FFISAN_CODE_INVERT:
        unary(reader, "~");
        return;
    case FFISAN_CODE_NOT:
        unary(reader, "!");
        return;
    default: /* EXTEND, TRUE: C does that by itself */
        return;
    }
}

static void swap(struct reader *reader) {
    struct piece top = pop(reader), below = pop(reader);
    push(reader, top.text, top.binds, top.type);
    push(reader, below.text, below.binds, below.type);
}

static unsigned length_of(uint8_t code) {
    return code == FFISAN_CODE_NUMBER                                                 ? 9
           : code == FFISAN_CODE_JUMP || code == FFISAN_CODE_JUMP_IF_ZERO             ? 3
           : code == FFISAN_CODE_ARGUMENT || code == FFISAN_CODE_LOAD                 ? 2
           : code == FFISAN_CODE_EXTEND_SIGNED || code == FFISAN_CODE_EXTEND_UNSIGNED ? 2
                                                                                      : 1;
}

static uint32_t read_on(struct reader *reader, uint32_t at, uint32_t end, unsigned nests) {
    while (at < end && !reader->failed && reader->table->code[at] != FFISAN_CODE_END) {
        uint8_t code = reader->table->code[at];
        if (code == FFISAN_CODE_JUMP_IF_ZERO) {
            at = choice(reader, at, nests);
            continue;
        }
        if (code == FFISAN_CODE_SWAP && is_less(reader->table->code[at + 1])) {
            reversed(reader, reader->table->code[++at]);
            at++;
            continue;
        }
        if (code == FFISAN_CODE_JUMP)
            reader->failed = true;
        else if (code == FFISAN_CODE_SWAP)
            swap(reader);
        else if (binaries[code].text)
            binary(reader, code);
        else
            simple(reader, reader->table->code + at);
        at += length_of(code);
    }
    return at;
}

const char *contract_expression(struct pool *pool, const struct contract_table *table,
                                const struct ffisan_contract_function *function, uint32_t code) {
    struct reader reader = {.pool = pool, .table = table, .function = function};
    if (!code)
        return "";
    read_on(&reader, code, table->code_size, 0);
    struct piece piece = pop(&reader);
    return reader.failed ? "..." : piece.text;
}
