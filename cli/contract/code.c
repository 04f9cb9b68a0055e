/* SPDX-License-Identifier: Apache-2.0
 *
 * Every value on the stack is 64 bits and is kept as C's conversion to 64 bits would make it: what has a narrower type is
 * extended again after whatever may carry out of it. So comparisons, divisions and shifts to the right need no width.
 */
#include "code.h"

#include <string.h>

#include "complaints.h"
#include "cursors.h"
#include "expressions.h"

#define CHILDREN_MAX 4u
#define NESTING_MAX  200u

struct generator {
    struct pool *pool;
    const struct expression *expression;
    const struct code_names *names;
    struct code *code;
    unsigned nesting;
    bool failed;
};

/* ---- emission ---- */

static void byte_add(struct pool *pool, struct code *code, uint8_t byte) {
    *(uint8_t *)pool_append(pool, &code->bytes, &code->size, 1) = byte;
}

static void bytes_add(struct pool *pool, struct code *code, const void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        byte_add(pool, code, ((const uint8_t *)bytes)[i]);
}

/* `grows`: by how many values the stack does. */
static void emit(struct pool *pool, struct code *code, enum ffisan_code instruction, int grows) {
    byte_add(pool, code, (uint8_t)instruction);
    code->depth = (unsigned)((int)code->depth + grows);
    if (code->depth > code->deepest)
        code->deepest = code->depth;
}

static void emit_number(struct pool *pool, struct code *code, uint64_t number) {
    emit(pool, code, FFISAN_CODE_NUMBER, 1);
    bytes_add(pool, code, &number, sizeof(number));
}

static void use_note(struct code *code, size_t index) {
    if (code->use_count < sizeof(code->uses) / sizeof(code->uses[0]))
        code->uses[code->use_count++] = (unsigned)index;
}

static void reads_note(struct code *code, size_t use) {
    for (size_t i = use; i < code->use_count; i++)
        code->reads[code->uses[i]] = true;
}

void code_argument(struct pool *pool, struct code *code, size_t index) {
    emit(pool, code, FFISAN_CODE_ARGUMENT, 1);
    byte_add(pool, code, (uint8_t)index);
    use_note(code, index & 255);
}

void code_result(struct pool *pool, struct code *code) {
    emit(pool, code, FFISAN_CODE_RESULT, 1);
    code->looks_at_result = true;
}

void code_load(struct pool *pool, struct code *code, unsigned size, size_t use) {
    emit(pool, code, FFISAN_CODE_LOAD, 0);
    byte_add(pool, code, (uint8_t)size);
    reads_note(code, use);
}

void code_add(struct pool *pool, struct code *code, uint64_t number) {
    if (!number)
        return;
    emit_number(pool, code, number);
    emit(pool, code, FFISAN_CODE_ADD, -1);
}

void code_scale(struct pool *pool, struct code *code, uint64_t number) {
    uint64_t known;
    if (code->size == 1 + sizeof(known) && code->bytes[0] == FFISAN_CODE_NUMBER) { /* it is a number and nothing else */
        memcpy(&known, code->bytes + 1, sizeof(known));
        known *= number;
        memcpy(code->bytes + 1, &known, sizeof(known));
        return;
    }
    if (number == 1)
        return;
    emit_number(pool, code, number);
    emit(pool, code, FFISAN_CODE_MULTIPLY, -1);
}

void code_append(struct pool *pool, struct code *code, const struct code *more) {
    if (code->depth + more->deepest > code->deepest)
        code->deepest = code->depth + more->deepest;
    bytes_add(pool, code, more->bytes, more->size);
    code->depth += more->depth;
    code->looks_at_result |= more->looks_at_result;
    for (size_t i = 0; i < more->use_count; i++)
        use_note(code, more->uses[i]);
    for (size_t i = 0; i < 256; i++)
        code->reads[i] |= more->reads[i];
}

/* Where the distance of a jump is to be written. */
static size_t jump(struct pool *pool, struct code *code, enum ffisan_code instruction) {
    emit(pool, code, instruction, instruction == FFISAN_CODE_JUMP ? 0 : -1);
    byte_add(pool, code, 0);
    byte_add(pool, code, 0);
    return code->size;
}

static void jump_lands(struct code *code, size_t from) {
    uint16_t distance = (uint16_t)(code->size - from);
    memcpy(code->bytes + from - sizeof(distance), &distance, sizeof(distance));
}

static void emit_extend(struct pool *pool, struct code *code, bool is_signed, unsigned size) {
    if (size >= 8)
        return;
    emit(pool, code, is_signed ? FFISAN_CODE_EXTEND_SIGNED : FFISAN_CODE_EXTEND_UNSIGNED, 0);
    byte_add(pool, code, (uint8_t)size);
}

void code_both(struct pool *pool, struct code *code, const struct code *other) {
    struct code both = {0};
    code_append(pool, &both, other);
    size_t to_no = jump(pool, &both, FFISAN_CODE_JUMP_IF_ZERO);
    code_append(pool, &both, code);
    size_t to_end = jump(pool, &both, FFISAN_CODE_JUMP);
    both.depth--;
    jump_lands(&both, to_no);
    emit_number(pool, &both, 0);
    jump_lands(&both, to_end);
    *code = both;
}

/* ---- types ---- */

struct scalar {
    unsigned size; /* 0: it is none */
    bool is_signed, is_pointer;
};

static struct scalar scalar_of(CXType type) {
    type = plain_type(type);
    if (type.kind == CXType_Enum)
        type = plain_type(clang_getEnumDeclIntegerType(clang_getTypeDeclaration(type)));
    switch (type.kind) {
    case CXType_Pointer:
    case CXType_ConstantArray: /* stand for their addresses */
    case CXType_IncompleteArray:
    case CXType_VariableArray:
        return (struct scalar){8, false, true};
    case CXType_Bool:
    case CXType_Char_U:
    case CXType_UChar:
    case CXType_UShort:
    case CXType_UInt:
    case CXType_ULong:
    case CXType_ULongLong:
        return (struct scalar){(unsigned)clang_Type_getSizeOf(type), false, false};
    case CXType_Char_S:
    case CXType_SChar:
    case CXType_Short:
    case CXType_Int:
    case CXType_Long:
    case CXType_LongLong:
        return (struct scalar){(unsigned)clang_Type_getSizeOf(type), true, false};
    default:
        return (struct scalar){0};
    }
}

/* Of what the pointer counts in: void and char 1, as GCC has it. 0: not known. */
static uint64_t step_of(CXType pointer) {
    CXType to = plain_type(pointee_of(pointer));
    long long size = to.kind == CXType_Void ? 1 : clang_Type_getSizeOf(to);
    return size > 0 ? (uint64_t)size : 0;
}

/* ---- the tree ---- */

static void refuse(struct generator *generator, CXCursor cursor, const char *why) {
    unsigned offset = 0;
    clang_getFileLocation(clang_getRangeStart(clang_getCursorExtent(cursor)), NULL, NULL, NULL, &offset);
    if (!generator->failed)
        complain(SAYS_ERROR, expression_position(generator->expression, offset), "%s", why);
    generator->failed = true;
}

struct children {
    CXCursor items[CHILDREN_MAX];
    size_t count; /* may be more than there are items for */
};

static enum CXChildVisitResult child_visit(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct children *children = data;
    (void)parent;
    if (children->count < CHILDREN_MAX)
        children->items[children->count] = cursor;
    children->count++;
    return CXChildVisit_Continue;
}

static struct children children_of(CXCursor cursor) {
    struct children children = {0};
    clang_visitChildren(cursor, child_visit, &children);
    return children;
}

static size_t start_of(CXCursor cursor) {
    unsigned offset = 0;
    clang_getFileLocation(clang_getRangeStart(clang_getCursorExtent(cursor)), NULL, NULL, NULL, &offset);
    return offset;
}

static size_t end_of(CXCursor cursor) {
    unsigned offset = 0;
    clang_getFileLocation(clang_getRangeEnd(clang_getCursorExtent(cursor)), NULL, NULL, NULL, &offset);
    return offset;
}

/* What stands between two offsets, without spaces: an operator. */
static void operator_between(const struct generator *generator, size_t from, size_t to, char text[4]) {
    size_t length = 0;
    for (; from < to && length < 3; from++)
        if (generator->expression->source[from] != ' ')
            text[length++] = generator->expression->source[from];
    text[length] = '\0';
}

static void value(struct generator *generator, CXCursor cursor);
static void address(struct generator *generator, CXCursor cursor);

static bool folded(CXCursor cursor, uint64_t *number) {
    struct scalar scalar = scalar_of(clang_getCursorType(cursor));
    if (!scalar.size || scalar.is_pointer)
        return false;
    CXEvalResult result = clang_Cursor_Evaluate(cursor);
    bool known = result && clang_EvalResult_getKind(result) == CXEval_Int;
    if (known)
        *number = clang_EvalResult_isUnsignedInt(result) ? clang_EvalResult_getAsUnsigned(result)
                                                         : (uint64_t)clang_EvalResult_getAsLongLong(result);
    if (result)
        clang_EvalResult_dispose(result);
    return known;
}

/* On top is a value of type `from`; it becomes one of type `to`. */
static void convert(struct generator *generator, CXType from_type, CXType to_type) {
    struct scalar from = scalar_of(from_type), to = scalar_of(to_type);
    if (plain_type(to_type).kind == CXType_Bool && plain_type(from_type).kind != CXType_Bool) {
        emit(generator->pool, generator->code, FFISAN_CODE_TRUE, 0);
        return;
    }
    bool fits = from.size < to.size ? !from.is_signed || to.is_signed : from.size == to.size && from.is_signed == to.is_signed;
    if (!fits)
        emit_extend(generator->pool, generator->code, to.is_signed, to.size);
}

/* The address on top becomes what is there. */
static void load(struct generator *generator, CXCursor cursor, size_t use) {
    CXType type = clang_getCursorType(cursor);
    struct scalar scalar = scalar_of(type);
    if (is_array(type) || is_record(type)) /* stands for its address */
        return;
    if (!scalar.size) {
        refuse(generator, cursor, "only numbers and pointers can be looked at here");
        return;
    }
    code_load(generator->pool, generator->code, scalar.size, use);
    if (scalar.is_signed)
        emit_extend(generator->pool, generator->code, true, scalar.size);
}

/* ---- names ---- */

bool code_field(struct pool *pool, struct code *code, const struct field *field, size_t use) {
    struct scalar scalar = scalar_of(field->type);
    bool stands = is_array(field->type) || is_record(field->type); /* for its address */
    if (!scalar.size && !stands)
        return false;
    if (!field->bit_width) {
        code_add(pool, code, field->bit_offset / 8);
        if (stands)
            return true;
        code_load(pool, code, scalar.size, use);
        if (scalar.is_signed)
            emit_extend(pool, code, true, scalar.size);
        return true;
    }
    if (!scalar.size)
        return false;
    /* The unit that holds it all: its first byte up to eight of them. A field that is spread over more is none of C's. */
    uint64_t first = field->bit_offset / 8 / scalar.size * scalar.size;
    unsigned below = (unsigned)(field->bit_offset - first * 8);
    if (below + field->bit_width > 8 * scalar.size)
        return false;
    code_add(pool, code, first);
    code_load(pool, code, scalar.size, use);
    emit_number(pool, code, 64 - below - field->bit_width);
    emit(pool, code, FFISAN_CODE_SHIFT_LEFT, -1);
    emit_number(pool, code, 64 - field->bit_width);
    emit(pool, code, scalar.is_signed ? FFISAN_CODE_SHIFT_RIGHT_SIGNED : FFISAN_CODE_SHIFT_RIGHT_UNSIGNED, -1);
    return true;
}

static void field_name(struct generator *generator, CXCursor cursor, const char *name) {
    const struct record *record = generator->names->record;
    size_t index = record_field(record, name);
    if (index == record->field_count) {
        refuse(generator, cursor, "this is no field");
        return;
    }
    size_t use = generator->code->use_count;
    code_append(generator->pool, generator->code, generator->names->base);
    if (!code_field(generator->pool, generator->code, &record->fields[index], use))
        refuse(generator, cursor, "only numbers and pointers can be looked at here");
}

static void argument_name(struct generator *generator, CXCursor cursor, const char *name) {
    const struct function *function = generator->names->function;
    size_t index = function_parameter(function, name);
    if (index == function->parameter_count && strcmp(name, "ret") == 0)
        code_result(generator->pool, generator->code);
    else if (index < function->parameter_count && index < 255)
        code_argument(generator->pool, generator->code, index);
    else
        refuse(generator, cursor, "this is no argument");
}

static void name_value(struct generator *generator, CXCursor cursor) {
    CXCursor named = clang_getCursorReferenced(cursor);
    const char *name = text_of(generator->pool, clang_getCursorSpelling(cursor));
    enum CXCursorKind kind = clang_getCursorKind(named);
    if (kind == CXCursor_FunctionDecl)
        refuse(generator, cursor, "where a function is cannot be known before the program runs");
    else if (kind == CXCursor_VarDecl)
        refuse(generator, cursor, "variables cannot be looked at; arguments, fields, ret and constants can");
    else if (kind != CXCursor_ParmDecl)
        refuse(generator, cursor, "this is no integer expression over the arguments");
    else if (!scalar_of(clang_getCursorType(cursor)).size && !(generator->names->record && is_array(clang_getCursorType(named))))
        refuse(generator, cursor, "only numbers and pointers can be looked at here");
    else if (generator->names->record)
        field_name(generator, cursor, name);
    else
        argument_name(generator, cursor, name);
}

/* ---- addresses ---- */

static uint64_t field_offset(struct generator *generator, CXCursor cursor, unsigned *width) {
    CXCursor field = clang_getCursorReferenced(cursor);
    long long bits = clang_Cursor_getOffsetOfField(field);
    *width = clang_Cursor_isBitField(field) ? (unsigned)clang_getFieldDeclBitWidth(field) : 0;
    if (bits < 0)
        refuse(generator, cursor, "where this field stands is not known");
    return bits > 0 ? (uint64_t)bits : 0;
}

/* The struct's own address is on top. */
static void member_base(struct generator *generator, CXCursor cursor) {
    struct children children = children_of(cursor);
    if (!children.count)
        refuse(generator, cursor, "this is no field of an argument");
    else if (is_pointer(clang_getCursorType(children.items[0])))
        value(generator, children.items[0]);
    else
        address(generator, children.items[0]);
}

static void member_address(struct generator *generator, CXCursor cursor) {
    unsigned width = 0;
    uint64_t bits = field_offset(generator, cursor, &width);
    member_base(generator, cursor);
    code_add(generator->pool, generator->code, bits / 8);
}

static void member_value(struct generator *generator, CXCursor cursor) {
    size_t use = generator->code->use_count;
    unsigned width = 0;
    uint64_t bits = field_offset(generator, cursor, &width);
    const struct field field = {.type = clang_getCursorType(cursor), .bit_offset = bits, .bit_width = width};
    member_base(generator, cursor);
    if (!generator->failed && !code_field(generator->pool, generator->code, &field, use))
        refuse(generator, cursor, "only numbers and pointers can be looked at here");
}

/* base + index * size */
static void element_address(struct generator *generator, CXCursor base, CXCursor index) {
    uint64_t step = step_of(clang_getCursorType(base)), number;
    value(generator, base);
    if (folded(index, &number)) {
        code_add(generator->pool, generator->code, number * step);
        return;
    }
    value(generator, index);
    if (step > 1) {
        emit_number(generator->pool, generator->code, step);
        emit(generator->pool, generator->code, FFISAN_CODE_MULTIPLY, -1);
    }
    emit(generator->pool, generator->code, FFISAN_CODE_ADD, -1);
}

static void subscript_address(struct generator *generator, CXCursor cursor) {
    struct children children = children_of(cursor);
    if (children.count != 2)
        refuse(generator, cursor, "this is no element of an array");
    else if (is_pointer(clang_getCursorType(children.items[0])))
        element_address(generator, children.items[0], children.items[1]);
    else
        element_address(generator, children.items[1], children.items[0]);
}

/* Of a field's struct; arguments have none. */
static void name_address(struct generator *generator, CXCursor cursor) {
    const struct record *record = generator->names->record;
    size_t index = record ? record_field(record, text_of(generator->pool, clang_getCursorSpelling(cursor))) : 0;
    if (!record || index == record->field_count) {
        refuse(generator, cursor, "a struct that is passed by value cannot be looked into, and arguments have no address");
        return;
    }
    code_append(generator->pool, generator->code, generator->names->base);
    code_add(generator->pool, generator->code, record->fields[index].bit_offset / 8);
}

static void unary_text(const struct generator *generator, CXCursor cursor, CXCursor operand, char text[4]) {
    operator_between(generator, start_of(cursor), start_of(operand), text);
}

static void address(struct generator *generator, CXCursor cursor) {
    struct children children = children_of(cursor);
    char operator[4] = "";
    if (generator->failed)
        return;
    switch (clang_getCursorKind(cursor)) {
    case CXCursor_ParenExpr:
    case CXCursor_UnexposedExpr:
        address(generator, children.items[0]);
        return;
    case CXCursor_MemberRefExpr:
        member_address(generator, cursor);
        return;
    case CXCursor_ArraySubscriptExpr:
        subscript_address(generator, cursor);
        return;
    case CXCursor_UnaryOperator:
        unary_text(generator, cursor, children.items[0], operator);
        if (strcmp(operator, "*") == 0) {
            value(generator, children.items[0]);
            return;
        }
        break;
    case CXCursor_DeclRefExpr:
        name_address(generator, cursor);
        return;
    default:
        break;
    }
    refuse(generator, cursor, "this has no address");
}

/* ---- operators ---- */

static void emit_operator(struct generator *generator, enum ffisan_code instruction) {
    emit(generator->pool, generator->code, instruction, -1);
}

static void unary_value(struct generator *generator, CXCursor cursor) {
    static const struct {
        const char *text;
        enum ffisan_code instruction;
    } plain[] = {{"-", FFISAN_CODE_NEGATE}, {"~", FFISAN_CODE_INVERT}, {"!", FFISAN_CODE_NOT}};
    struct children children = children_of(cursor);
    char operator[4] = "";
    size_t use = generator->code->use_count;
    unary_text(generator, cursor, children.items[0], operator);
    struct scalar scalar = scalar_of(clang_getCursorType(cursor));
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        if (strcmp(operator, plain[i].text) == 0) {
            value(generator, children.items[0]);
            emit(generator->pool, generator->code, plain[i].instruction, 0);
            emit_extend(generator->pool, generator->code, scalar.is_signed, scalar.size);
            return;
        }
    if (strcmp(operator, "+") == 0 || strncmp(operator, "__e", 3) == 0) { /* __extension__ */
        value(generator, children.items[0]);
    } else if (strcmp(operator, "*") == 0) {
        value(generator, children.items[0]);
        load(generator, cursor, use);
    } else if (strcmp(operator, "&") == 0) {
        address(generator, children.items[0]);
    } else {
        refuse(generator, cursor, "an expression must not change anything");
    }
}

/* && and ||: the right side is only looked at when the left one leaves it open. */
static void logical_value(struct generator *generator, const struct children *children, bool is_and) {
    struct pool *pool = generator->pool;
    struct code *code = generator->code;
    value(generator, children->items[0]);
    if (!is_and)
        emit(pool, code, FFISAN_CODE_NOT, 0);
    size_t to_short = jump(pool, code, FFISAN_CODE_JUMP_IF_ZERO);
    value(generator, children->items[1]);
    emit(pool, code, FFISAN_CODE_TRUE, 0);
    size_t to_end = jump(pool, code, FFISAN_CODE_JUMP);
    if (generator->failed)
        return;
    code->depth--;
    jump_lands(code, to_short);
    emit_number(pool, code, !is_and);
    jump_lands(code, to_end);
}

static void choice_value(struct generator *generator, CXCursor cursor) {
    struct children children = children_of(cursor);
    if (children.count != 3) {
        refuse(generator, cursor, "'?:' needs all its three parts here");
        return;
    }
    value(generator, children.items[0]);
    size_t to_else = jump(generator->pool, generator->code, FFISAN_CODE_JUMP_IF_ZERO);
    value(generator, children.items[1]);
    size_t to_end = jump(generator->pool, generator->code, FFISAN_CODE_JUMP);
    if (generator->failed)
        return;
    generator->code->depth--;
    jump_lands(generator->code, to_else);
    value(generator, children.items[2]);
    jump_lands(generator->code, to_end);
}

static const struct operation {
    const char *text;
    enum ffisan_code when_signed, when_unsigned;
    bool carries; /* out of a narrower type */
    bool swaps;
} operations[] = {
    {"+", FFISAN_CODE_ADD, FFISAN_CODE_ADD, true, false},
    {"-", FFISAN_CODE_SUBTRACT, FFISAN_CODE_SUBTRACT, true, false},
    {"*", FFISAN_CODE_MULTIPLY, FFISAN_CODE_MULTIPLY, true, false},
    {"/", FFISAN_CODE_DIVIDE_SIGNED, FFISAN_CODE_DIVIDE_UNSIGNED, true, false},
    {"%", FFISAN_CODE_REMAINDER_SIGNED, FFISAN_CODE_REMAINDER_UNSIGNED, false, false},
    {"<<", FFISAN_CODE_SHIFT_LEFT, FFISAN_CODE_SHIFT_LEFT, true, false},
    {">>", FFISAN_CODE_SHIFT_RIGHT_SIGNED, FFISAN_CODE_SHIFT_RIGHT_UNSIGNED, false, false},
    {"&", FFISAN_CODE_AND, FFISAN_CODE_AND, false, false},
    {"|", FFISAN_CODE_OR, FFISAN_CODE_OR, false, false},
    {"^", FFISAN_CODE_XOR, FFISAN_CODE_XOR, false, false},
    {"==", FFISAN_CODE_EQUAL, FFISAN_CODE_EQUAL, false, false},
    {"!=", FFISAN_CODE_UNEQUAL, FFISAN_CODE_UNEQUAL, false, false},
    {"<", FFISAN_CODE_LESS_SIGNED, FFISAN_CODE_LESS_UNSIGNED, false, false},
    {"<=", FFISAN_CODE_LESS_EQUAL_SIGNED, FFISAN_CODE_LESS_EQUAL_UNSIGNED, false, false},
    {">", FFISAN_CODE_LESS_SIGNED, FFISAN_CODE_LESS_UNSIGNED, false, true},
    {">=", FFISAN_CODE_LESS_EQUAL_SIGNED, FFISAN_CODE_LESS_EQUAL_UNSIGNED, false, true},
};

static void difference_value(struct generator *generator, const struct children *children, uint64_t step) {
    value(generator, children->items[0]);
    value(generator, children->items[1]);
    emit_operator(generator, FFISAN_CODE_SUBTRACT);
    if (step == 1)
        return;
    emit_number(generator->pool, generator->code, step);
    emit_operator(generator, FFISAN_CODE_DIVIDE_SIGNED);
}

static void distance_value(struct generator *generator, const struct children *children, uint64_t step, bool adds) {
    bool right = !is_pointer(clang_getCursorType(children->items[0])); /* 1 + p */
    value(generator, children->items[right]);
    value(generator, children->items[!right]);
    if (step > 1) {
        emit_number(generator->pool, generator->code, step);
        emit_operator(generator, FFISAN_CODE_MULTIPLY);
    }
    emit_operator(generator, adds ? FFISAN_CODE_ADD : FFISAN_CODE_SUBTRACT);
}

/* + and - of pointers. False: there is none. */
static bool pointer_value(struct generator *generator, CXCursor cursor, const struct children *children, const char *operator) {
    bool adds = strcmp(operator, "+") == 0, left = is_pointer(clang_getCursorType(children->items[0])),
         right = is_pointer(clang_getCursorType(children->items[1]));
    if ((!adds && strcmp(operator, "-") != 0) || (!left && !right))
        return false;
    uint64_t step = step_of(clang_getCursorType(children->items[!left]));
    if (!step)
        refuse(generator, cursor, "how large that is what the pointer leads to is not known");
    else if (left && right)
        difference_value(generator, children, step);
    else
        distance_value(generator, children, step, adds);
    return true;
}

static void operation_value(struct generator *generator, CXCursor cursor, const struct children *children,
                            const struct operation *operation) {
    struct scalar operand = scalar_of(clang_getCursorType(children->items[0])), result = scalar_of(clang_getCursorType(cursor));
    value(generator, children->items[0]);
    value(generator, children->items[1]);
    if (operation->swaps)
        emit(generator->pool, generator->code, FFISAN_CODE_SWAP, 0);
    emit_operator(generator, operand.is_signed ? operation->when_signed : operation->when_unsigned);
    if (operation->carries)
        emit_extend(generator->pool, generator->code, result.is_signed, result.size);
}

static void binary_value(struct generator *generator, CXCursor cursor) {
    struct children children = children_of(cursor);
    char operator[4] = "";
    if (children.count == 2)
        operator_between(generator, end_of(children.items[0]), start_of(children.items[1]), operator);
    if (strcmp(operator, "&&") == 0 || strcmp(operator, "||") == 0) {
        logical_value(generator, &children, operator[0] == '&');
        return;
    }
    if (children.count == 2 && pointer_value(generator, cursor, &children, operator))
        return;
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        if (strcmp(operator, operations[i].text) == 0) {
            operation_value(generator, cursor, &children, &operations[i]);
            return;
        }
    refuse(generator, cursor,
           strcmp(operator, "=") == 0 ? "an expression must not change anything; '==' compares"
                                      : "this operator cannot stand in a contract");
}

/* ---- the rest ---- */

static void call_value(struct generator *generator, CXCursor cursor) {
    const char *name = text_of(generator->pool, clang_getCursorSpelling(cursor));
    struct children children = children_of(cursor);
    bool is_strlen = strcmp(name, "strlen") == 0 || strcmp(name, "__builtin_strlen") == 0;
    if (!is_strlen || children.count != 2) {
        refuse(generator, cursor, "functions cannot be called in a contract, but for strlen");
        return;
    }
    size_t use = generator->code->use_count;
    value(generator, children.items[1]);
    emit(generator->pool, generator->code, FFISAN_CODE_STRLEN, 0);
    reads_note(generator->code, use);
}

/* The implicit ones, and those that are written: the operand comes last. */
static void cast_value(struct generator *generator, CXCursor cursor) {
    struct children children = children_of(cursor);
    if (!children.count || children.count > CHILDREN_MAX) {
        refuse(generator, cursor, "this is no integer expression over the arguments");
        return;
    }
    CXCursor operand = children.items[children.count - 1];
    CXType from = clang_getCursorType(operand), to = clang_getCursorType(cursor);
    value(generator, operand);
    if (!generator->failed && scalar_of(from).size && scalar_of(to).size)
        convert(generator, from, to);
    else if (!generator->failed && !(is_array(from) && is_pointer(to)))
        refuse(generator, cursor, "only numbers and pointers can be worked with here");
}

static void value_any(struct generator *generator, CXCursor cursor) {
    size_t use = generator->code->use_count;
    switch (clang_getCursorKind(cursor)) {
    case CXCursor_ParenExpr:
        value(generator, children_of(cursor).items[0]);
        return;
    case CXCursor_UnexposedExpr:
    case CXCursor_CStyleCastExpr:
        cast_value(generator, cursor);
        return;
    case CXCursor_DeclRefExpr:
        name_value(generator, cursor);
        return;
    case CXCursor_MemberRefExpr:
        member_value(generator, cursor);
        return;
    case CXCursor_ArraySubscriptExpr:
        subscript_address(generator, cursor);
        load(generator, cursor, use);
        return;
    case CXCursor_UnaryOperator:
        unary_value(generator, cursor);
        return;
    case CXCursor_BinaryOperator:
        binary_value(generator, cursor);
        return;
    case CXCursor_ConditionalOperator:
        choice_value(generator, cursor);
        return;
    case CXCursor_CallExpr:
        call_value(generator, cursor);
        return;
    case CXCursor_CompoundAssignOperator:
        refuse(generator, cursor, "an expression must not change anything");
        return;
    case CXCursor_FloatingLiteral:
        refuse(generator, cursor, "expressions are of integers; this is a floating-point number");
        return;
    case CXCursor_StringLiteral:
        refuse(generator, cursor, "texts cannot be compared in a contract");
        return;
    default:
        refuse(generator, cursor, "this is no integer expression over the arguments");
    }
}

static void value(struct generator *generator, CXCursor cursor) {
    uint64_t number;
    if (generator->failed)
        return;
    if (++generator->nesting > NESTING_MAX)
        refuse(generator, cursor, "the expression is nested too deeply");
    else if (folded(cursor, &number))
        emit_number(generator->pool, generator->code, number);
    else
        value_any(generator, cursor);
    generator->nesting--;
}

static bool is_floating(CXType type) {
    enum CXTypeKind kind = plain_type(type).kind;
    return (kind >= CXType_Float && kind <= CXType_LongDouble) || kind == CXType_Float128 || kind == CXType_Complex;
}

bool code_expression(struct pool *pool, const struct expression *expression, const struct code_names *names, struct code *code) {
    struct generator generator = {.pool = pool, .expression = expression, .names = names, .code = code};
    if (is_floating(expression->type))
        refuse(&generator, expression->tree, "expressions are of integers; this is a floating-point number");
    else if (!scalar_of(expression->type).size)
        refuse(&generator, expression->tree, "this is no integer expression over the arguments");
    value(&generator, expression->tree);
    if (!generator.failed && (code->deepest > FFISAN_CODE_DEPTH || code->size > 4000))
        refuse(&generator, expression->tree, "the expression is too long");
    return !generator.failed;
}

bool expression_constant(const struct expression *expression, uint64_t *value_of) {
    return !clang_Cursor_isNull(expression->tree) && folded(expression->tree, value_of);
}
