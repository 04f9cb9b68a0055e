/* SPDX-License-Identifier: Apache-2.0 */
#include "clang_types.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAMETER_MAX 255
#define FIELD_MAX     4096
#define TAG_MAX       256

bool clang_types_start(struct clang_types *types, struct type_maker *maker) {
    *types = (struct clang_types){.maker = maker, .records = calloc(maker->record_limit, sizeof(*types->records))};
    return types->records;
}

void clang_types_end(struct clang_types *types) {
    free(types->records);
    types->records = NULL;
}

/* ---- texts of libclang ---- */

static uint32_t text_take(struct type_maker *maker, CXString string, bool plain) {
    const char *text = clang_getCString(string);
    uint32_t offset = plain ? type_maker_plain_name(maker, text) : type_maker_text(maker, text);
    clang_disposeString(string);
    return offset;
}

/* FNV-1a, 64 bits */
static uint64_t hash_take(uint64_t hash, CXString string) {
    const char *text = clang_getCString(string);
    for (const char *at = text ? text : ""; *at; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(1099511628211);
    clang_disposeString(string);
    return hash;
}

/* ---- typedefs and qualifiers ---- */

struct core {
    CXType type;
    uint32_t name; /* text: of the first typedef; 0: none */
    bool wide;     /* wchar_t on its way */
};

static void core_typedef(struct clang_types *types, struct core *core) {
    CXString string = clang_getTypedefName(core->type);
    const char *name = clang_getCString(string);
    core->wide |= name && (strcmp(name, "wchar_t") == 0 || strcmp(name, "__gwchar_t") == 0); /* glibc's inttypes.h */
    if (!core->name)
        core->name = type_maker_plain_name(types->maker, name);
    clang_disposeString(string);
    core->type = clang_getTypedefDeclUnderlyingType(clang_getTypeDeclaration(core->type));
}

static struct core core_of(struct clang_types *types, CXType type) {
    struct core core = {.type = type};
    for (;;)
        switch (core.type.kind) {
        case CXType_Typedef:
            core_typedef(types, &core);
            break;
        case CXType_Elaborated:
            core.type = clang_Type_getNamedType(core.type);
            break;
        case CXType_Attributed:
            core.type = clang_Type_getModifiedType(core.type);
            break;
        case CXType_Atomic:
            core.type = clang_Type_getValueType(core.type);
            break;
        case CXType_Unexposed: {
            CXType canonical = clang_getCanonicalType(core.type);
            if (canonical.kind == CXType_Unexposed)
                return core;
            core.type = canonical;
            break;
        }
        default:
            return core;
        }
}

/* ---- simple types ---- */

static const struct {
    enum CXTypeKind from;
    enum ffisan_type_kind kind;
    uint16_t flags;
    const char *name;
} base_types[] = {
    {CXType_Void, FFISAN_TYPE_VOID, 0, ""},
    {CXType_Bool, FFISAN_TYPE_BOOL, 0, "_Bool"},
    {CXType_Char_S, FFISAN_TYPE_CHARACTER, 0, "char"},
    {CXType_SChar, FFISAN_TYPE_CHARACTER, 0, "signed char"},
    {CXType_UChar, FFISAN_TYPE_CHARACTER, FFISAN_TYPE_UNSIGNED, "unsigned char"},
    {CXType_Short, FFISAN_TYPE_INTEGER, 0, "short"},
    {CXType_UShort, FFISAN_TYPE_INTEGER, FFISAN_TYPE_UNSIGNED, "unsigned short"},
    {CXType_Int, FFISAN_TYPE_INTEGER, 0, "int"},
    {CXType_UInt, FFISAN_TYPE_INTEGER, FFISAN_TYPE_UNSIGNED, "unsigned int"},
    {CXType_Long, FFISAN_TYPE_INTEGER, 0, "long"},
    {CXType_ULong, FFISAN_TYPE_INTEGER, FFISAN_TYPE_UNSIGNED, "unsigned long"},
    {CXType_LongLong, FFISAN_TYPE_INTEGER, 0, "long long"},
    {CXType_ULongLong, FFISAN_TYPE_INTEGER, FFISAN_TYPE_UNSIGNED, "unsigned long long"},
    {CXType_Int128, FFISAN_TYPE_INTEGER, 0, "__int128"},
    {CXType_UInt128, FFISAN_TYPE_INTEGER, FFISAN_TYPE_UNSIGNED, "unsigned __int128"},
    {CXType_Float, FFISAN_TYPE_FLOAT, 0, "float"},
    {CXType_Double, FFISAN_TYPE_FLOAT, 0, "double"},
    {CXType_LongDouble, FFISAN_TYPE_FLOAT, 0, "long double"},
    {CXType_Float128, FFISAN_TYPE_FLOAT, 0, "_Float128"},
    {CXType_Complex, FFISAN_TYPE_COMPLEX, 0, ""},
    {CXType_Vector, FFISAN_TYPE_VECTOR, 0, ""},
    {CXType_ExtVector, FFISAN_TYPE_VECTOR, 0, ""},
};

static uint32_t size_of(CXType type) {
    long long size = clang_Type_getSizeOf(type);
    return size > 0 && size <= UINT32_MAX ? (uint32_t)size : 0;
}

static const char *complex_name(CXType type) {
    uint32_t size = size_of(type);
    return size == 8 ? "complex float" : size == 16 ? "complex double" : "complex long double";
}

static uint32_t base_type(struct clang_types *types, const struct core *core) {
    for (size_t i = 0; i < sizeof(base_types) / sizeof(base_types[0]); i++) {
        if (base_types[i].from != core->type.kind)
            continue;
        struct ffisan_type type = {.kind = base_types[i].kind, .flags = base_types[i].flags};
        const char *name = core->type.kind == CXType_Complex ? complex_name(core->type) : base_types[i].name;
        if (core->wide && type.kind == FFISAN_TYPE_INTEGER)
            type.kind = FFISAN_TYPE_WIDE;
        type.size = type.kind == FFISAN_TYPE_VOID ? 0 : size_of(core->type);
        type.name = core->name ? core->name : type_maker_text(types->maker, name);
        return type_maker_simple(types->maker, type);
    }
    return 0;
}

/* "struct tm", "FILE". 0: it has none. */
static uint32_t name_of(struct clang_types *types, const struct core *core, const char *keyword) {
    char text[TAG_MAX];
    CXCursor declaration = clang_getTypeDeclaration(core->type);
    if (core->name)
        return core->name;
    if (clang_Cursor_isAnonymous(declaration))
        return 0;
    CXString tag = clang_getCursorSpelling(declaration);
    const char *spelled = clang_getCString(tag);
    int length = spelled && *spelled ? snprintf(text, sizeof(text), "%s %s", keyword, spelled) : 0;
    clang_disposeString(tag);
    return length > 0 ? type_maker_text(types->maker, text) : 0;
}

static uint32_t enum_type(struct clang_types *types, const struct core *core) {
    struct ffisan_type type = {.kind = FFISAN_TYPE_ENUM, .size = size_of(core->type)};
    CXCursor declaration = clang_getTypeDeclaration(core->type);
    if (clang_Cursor_isNull(clang_getCursorDefinition(declaration)))
        type.flags = FFISAN_TYPE_INCOMPLETE;
    else
        type.to = clang_types_of(types, clang_getEnumDeclIntegerType(declaration));
    type.flags |= types->maker->writer.types[type.to].flags & FFISAN_TYPE_UNSIGNED;
    type.name = name_of(types, core, "enum");
    return type_maker_simple(types->maker, type);
}

/* ---- pointers and arrays ---- */

static bool is_array(CXType type) {
    return type.kind == CXType_ConstantArray || type.kind == CXType_IncompleteArray || type.kind == CXType_VariableArray ||
           type.kind == CXType_DependentSizedArray;
}

/* const of an array is its elements'. */
static bool is_constant(CXType type) {
    type = clang_getCanonicalType(type);
    while (is_array(type) && !clang_isConstQualifiedType(type))
        type = clang_getCanonicalType(clang_getArrayElementType(type));
    return clang_isConstQualifiedType(type);
}

static uint32_t pointer_to(struct clang_types *types, CXType target, uint32_t name) {
    return type_maker_pointer(types->maker, clang_types_of(types, target), is_constant(target), name);
}

static uint32_t array_type(struct clang_types *types, const struct core *core) {
    struct ffisan_type type = {.kind = FFISAN_TYPE_ARRAY, .size = size_of(core->type), .name = core->name};
    type.to = clang_types_of(types, clang_getArrayElementType(core->type));
    return type_maker_simple(types->maker, type);
}

/* ---- structs and unions ---- */

/* The same for the same struct, whichever header it was met in. */
static uint64_t record_key(CXCursor declaration) {
    CXFile file;
    unsigned offset;
    uint64_t key = hash_take(UINT64_C(14695981039346656037), clang_getCursorUSR(declaration));
    if (!clang_Cursor_isAnonymous(declaration))
        return key;
    clang_getFileLocation(clang_getCursorLocation(declaration), &file, NULL, NULL, &offset);
    return hash_take(key ^ offset, clang_getFileName(file));
}

static uint32_t record_type(struct clang_types *types, const struct core *core) {
    CXCursor declaration = clang_getTypeDeclaration(core->type);
    bool is_union = clang_getCursorKind(declaration) == CXCursor_UnionDecl;
    struct ffisan_type type = {.kind = is_union ? FFISAN_TYPE_UNION : FFISAN_TYPE_STRUCT,
                               .name = name_of(types, core, is_union ? "union" : "struct")};
    uint64_t key = record_key(declaration);
    if (clang_Cursor_isNull(clang_getCursorDefinition(declaration)))
        type.flags = FFISAN_TYPE_INCOMPLETE;
    else
        type.size = size_of(core->type);
    uint32_t index = type_maker_record(types->maker, type, key);
    for (uint32_t i = 0; i < types->maker->record_count; i++)
        if (types->maker->records[i].type == index)
            types->records[i] = core->type;
    return index;
}

struct fields {
    struct clang_types *types;
    struct ffisan_field items[FIELD_MAX];
    uint32_t count;
};

static enum CXVisitorResult field_visit(CXCursor cursor, CXClientData data) {
    struct fields *fields = data;
    struct type_maker *maker = fields->types->maker;
    long long bits = clang_Cursor_getOffsetOfField(cursor);
    bool bit_field = clang_Cursor_isBitField(cursor), nameless = clang_Cursor_isAnonymous(cursor);
    struct ffisan_field field = {.offset = (uint32_t)(bits / 8)};
    CXString spelling = clang_getCursorSpelling(cursor);
    field.name = nameless ? 0 : type_maker_text(maker, clang_getCString(spelling));
    clang_disposeString(spelling);
    field.type = clang_types_of(fields->types, clang_getCursorType(cursor));
    field.bit_offset = (uint16_t)(bit_field ? bits % 8 : 0);
    field.bit_width = (uint16_t)(bit_field ? clang_getFieldDeclBitWidth(cursor) : 0);
    if (bit_field && !field.name) /* only keeps others apart */
        return CXVisit_Continue;
    if (bits < 0 || fields->count == FIELD_MAX)
        return CXVisit_Break;
    fields->items[fields->count++] = field;
    return CXVisit_Continue;
}

void clang_types_fill(struct clang_types *types) {
    static struct fields fields;
    struct type_maker *maker = types->maker;
    for (uint32_t i = 0; i < maker->record_count; i++) {
        struct type_record record = maker->records[i];
        unsigned flags = maker->writer.types[record.type].flags;
        if ((flags & FFISAN_TYPE_INCOMPLETE) || !(flags & FFISAN_TYPE_FIELDS_UNKNOWN) || type_maker_fields_known(maker, &record))
            continue;
        fields.types = types;
        fields.count = 0;
        clang_Type_visitFields(types->records[i], field_visit, &fields);
        type_maker_fields(maker, &record, fields.items, fields.count);
    }
}

/* ---- functions ---- */

/* ISO C 6.7.6.3 (7) and (8): arrays and functions are handed over by address. */
static uint32_t parameter_type(struct clang_types *types, CXType written) {
    struct core core = core_of(types, written);
    if (is_array(core.type))
        return pointer_to(types, clang_getArrayElementType(core.type), 0);
    if (core.type.kind == CXType_FunctionProto || core.type.kind == CXType_FunctionNoProto)
        return pointer_to(types, written, 0);
    return clang_types_of(types, written);
}

uint32_t clang_types_function(struct clang_types *types, CXType type, CXCursor declaration, uint32_t name) {
    struct ffisan_field fields[PARAMETER_MAX] = {{0}};
    struct ffisan_type made = {.kind = FFISAN_TYPE_FUNCTION, .name = name};
    int count = clang_getNumArgTypes(type);
    if (count > PARAMETER_MAX || clang_getFunctionTypeCallingConv(type) != CXCallingConv_C)
        return 0;
    for (int i = 0; i < count; i++) {
        fields[i].type = parameter_type(types, clang_getArgType(type, (unsigned)i));
        if (!clang_Cursor_isNull(declaration))
            fields[i].name =
                text_take(types->maker, clang_getCursorSpelling(clang_Cursor_getArgument(declaration, (unsigned)i)), true);
    }
    if (type.kind == CXType_FunctionNoProto)
        made.flags = FFISAN_TYPE_NO_PROTOTYPE;
    else if (clang_isFunctionTypeVariadic(type))
        made.flags = FFISAN_TYPE_VARIADIC;
    made.to = clang_types_of(types, clang_getResultType(type));
    return type_maker_function(types->maker, made, fields, count > 0 ? (uint32_t)count : 0);
}

uint32_t clang_types_of(struct clang_types *types, CXType type) {
    struct core core = core_of(types, type);
    switch (core.type.kind) {
    case CXType_Pointer:
        return pointer_to(types, clang_getPointeeType(core.type), core.name);
    case CXType_Record:
        return record_type(types, &core);
    case CXType_Enum:
        return enum_type(types, &core);
    case CXType_FunctionProto:
    case CXType_FunctionNoProto:
        return clang_types_function(types, core.type, clang_getNullCursor(), core.name);
    case CXType_ConstantArray:
    case CXType_IncompleteArray:
        return array_type(types, &core);
    default:
        return base_type(types, &core);
    }
}
