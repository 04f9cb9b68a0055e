/* SPDX-License-Identifier: Apache-2.0 */
#include "headers.h"

#include <clang-c/Index.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAMETER_MAX 255
#define FIELD_MAX     4096
#define FLAGS_MAX     64
#define TAG_MAX       256

/* What is read now: types of libclang live as long as their translation unit. */
struct unit {
    struct header_reader *reader;
    struct type_maker *maker;
    CXType *records;    /* by the maker's records */
    const char *header; /* the first one of those that are read */
};

_Noreturn static void no_memory(void) {
    fputs("generate: out of memory\n", stderr);
    exit(EXIT_FAILURE);
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

static void core_typedef(struct unit *unit, struct core *core) {
    CXString string = clang_getTypedefName(core->type);
    const char *name = clang_getCString(string);
    core->wide |= name && (strcmp(name, "wchar_t") == 0 || strcmp(name, "__gwchar_t") == 0); /* glibc's inttypes.h */
    if (!core->name)
        core->name = type_maker_plain_name(unit->maker, name);
    clang_disposeString(string);
    core->type = clang_getTypedefDeclUnderlyingType(clang_getTypeDeclaration(core->type));
}

static struct core core_of(struct unit *unit, CXType type) {
    struct core core = {.type = type};
    for (;;)
        switch (core.type.kind) {
        case CXType_Typedef:
            core_typedef(unit, &core);
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

static uint32_t base_type(struct unit *unit, const struct core *core) {
    for (size_t i = 0; i < sizeof(base_types) / sizeof(base_types[0]); i++) {
        if (base_types[i].from != core->type.kind)
            continue;
        struct ffisan_type type = {.kind = base_types[i].kind, .flags = base_types[i].flags};
        const char *name = core->type.kind == CXType_Complex ? complex_name(core->type) : base_types[i].name;
        if (core->wide && type.kind == FFISAN_TYPE_INTEGER)
            type.kind = FFISAN_TYPE_WIDE;
        type.size = type.kind == FFISAN_TYPE_VOID ? 0 : size_of(core->type);
        type.name = core->name ? core->name : type_maker_text(unit->maker, name);
        return type_maker_simple(unit->maker, type);
    }
    return 0;
}

static uint32_t type_of(struct unit *unit, CXType type);

/* "struct tm", "FILE". 0: it has none. */
static uint32_t name_of(struct unit *unit, const struct core *core, const char *keyword) {
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
    return length > 0 ? type_maker_text(unit->maker, text) : 0;
}

static uint32_t enum_type(struct unit *unit, const struct core *core) {
    struct ffisan_type type = {.kind = FFISAN_TYPE_ENUM, .size = size_of(core->type)};
    CXCursor declaration = clang_getTypeDeclaration(core->type);
    if (clang_Cursor_isNull(clang_getCursorDefinition(declaration)))
        type.flags = FFISAN_TYPE_INCOMPLETE;
    else
        type.to = type_of(unit, clang_getEnumDeclIntegerType(declaration));
    type.flags |= unit->maker->writer.types[type.to].flags & FFISAN_TYPE_UNSIGNED;
    type.name = name_of(unit, core, "enum");
    return type_maker_simple(unit->maker, type);
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

static uint32_t pointer_to(struct unit *unit, CXType target, uint32_t name) {
    return type_maker_pointer(unit->maker, type_of(unit, target), is_constant(target), name);
}

static uint32_t array_type(struct unit *unit, const struct core *core) {
    struct ffisan_type type = {.kind = FFISAN_TYPE_ARRAY, .size = size_of(core->type), .name = core->name};
    type.to = type_of(unit, clang_getArrayElementType(core->type));
    return type_maker_simple(unit->maker, type);
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

static uint32_t record_type(struct unit *unit, const struct core *core) {
    CXCursor declaration = clang_getTypeDeclaration(core->type);
    bool is_union = clang_getCursorKind(declaration) == CXCursor_UnionDecl;
    struct ffisan_type type = {.kind = is_union ? FFISAN_TYPE_UNION : FFISAN_TYPE_STRUCT,
                               .name = name_of(unit, core, is_union ? "union" : "struct")};
    uint64_t key = record_key(declaration);
    if (clang_Cursor_isNull(clang_getCursorDefinition(declaration)))
        type.flags = FFISAN_TYPE_INCOMPLETE;
    else
        type.size = size_of(core->type);
    uint32_t index = type_maker_record(unit->maker, type, key);
    for (uint32_t i = 0; i < unit->maker->record_count; i++)
        if (unit->maker->records[i].type == index)
            unit->records[i] = core->type;
    return index;
}

struct fields {
    struct unit *unit;
    struct ffisan_field items[FIELD_MAX];
    uint32_t count;
};

static enum CXVisitorResult field_visit(CXCursor cursor, CXClientData data) {
    struct fields *fields = data;
    struct type_maker *maker = fields->unit->maker;
    long long bits = clang_Cursor_getOffsetOfField(cursor);
    bool bit_field = clang_Cursor_isBitField(cursor), nameless = clang_Cursor_isAnonymous(cursor);
    struct ffisan_field field = {.offset = (uint32_t)(bits / 8)};
    CXString spelling = clang_getCursorSpelling(cursor);
    field.name = nameless ? 0 : type_maker_text(maker, clang_getCString(spelling));
    clang_disposeString(spelling);
    field.type = type_of(fields->unit, clang_getCursorType(cursor));
    field.bit_offset = (uint16_t)(bit_field ? bits % 8 : 0);
    field.bit_width = (uint16_t)(bit_field ? clang_getFieldDeclBitWidth(cursor) : 0);
    if (bit_field && !field.name) /* only keeps others apart */
        return CXVisit_Continue;
    if (bits < 0 || fields->count == FIELD_MAX)
        return CXVisit_Break;
    fields->items[fields->count++] = field;
    return CXVisit_Continue;
}

static void records_fill(struct unit *unit) {
    static struct fields fields;
    struct type_maker *maker = unit->maker;
    for (uint32_t i = 0; i < maker->record_count; i++) {
        struct type_record record = maker->records[i];
        unsigned flags = maker->writer.types[record.type].flags;
        if ((flags & FFISAN_TYPE_INCOMPLETE) || !(flags & FFISAN_TYPE_FIELDS_UNKNOWN) || type_maker_fields_known(maker, &record))
            continue;
        fields.unit = unit;
        fields.count = 0;
        clang_Type_visitFields(unit->records[i], field_visit, &fields);
        type_maker_fields(maker, &record, fields.items, fields.count);
    }
}

/* ---- functions ---- */

/* ISO C 6.7.6.3 (7) and (8): arrays and functions are handed over by address. */
static uint32_t parameter_type(struct unit *unit, CXType written) {
    struct core core = core_of(unit, written);
    if (is_array(core.type))
        return pointer_to(unit, clang_getArrayElementType(core.type), 0);
    if (core.type.kind == CXType_FunctionProto || core.type.kind == CXType_FunctionNoProto)
        return pointer_to(unit, written, 0);
    return type_of(unit, written);
}

/* `declaration`: who names the parameters; may be the null cursor. */
static uint32_t function_of(struct unit *unit, CXType type, CXCursor declaration, uint32_t name) {
    struct ffisan_field fields[PARAMETER_MAX] = {{0}};
    struct ffisan_type made = {.kind = FFISAN_TYPE_FUNCTION, .name = name};
    int count = clang_getNumArgTypes(type);
    if (count > PARAMETER_MAX || clang_getFunctionTypeCallingConv(type) != CXCallingConv_C)
        return 0;
    for (int i = 0; i < count; i++) {
        fields[i].type = parameter_type(unit, clang_getArgType(type, (unsigned)i));
        if (!clang_Cursor_isNull(declaration))
            fields[i].name =
                text_take(unit->maker, clang_getCursorSpelling(clang_Cursor_getArgument(declaration, (unsigned)i)), true);
    }
    if (type.kind == CXType_FunctionNoProto)
        made.flags = FFISAN_TYPE_NO_PROTOTYPE;
    else if (clang_isFunctionTypeVariadic(type))
        made.flags = FFISAN_TYPE_VARIADIC;
    made.to = type_of(unit, clang_getResultType(type));
    return type_maker_function(unit->maker, made, fields, count > 0 ? (uint32_t)count : 0);
}

static uint32_t type_of(struct unit *unit, CXType type) {
    struct core core = core_of(unit, type);
    switch (core.type.kind) {
    case CXType_Pointer:
        return pointer_to(unit, clang_getPointeeType(core.type), core.name);
    case CXType_Record:
        return record_type(unit, &core);
    case CXType_Enum:
        return enum_type(unit, &core);
    case CXType_FunctionProto:
    case CXType_FunctionNoProto:
        return function_of(unit, core.type, clang_getNullCursor(), core.name);
    case CXType_ConstantArray:
    case CXType_IncompleteArray:
        return array_type(unit, &core);
    default:
        return base_type(unit, &core);
    }
}

/* ---- declarations ---- */

/* The header that a reader includes for what stands in `file`: itself when it was asked for, else the one that led to it. */
static const char *header_for(const struct unit *unit, const char *file) {
    const struct header_reader *reader = unit->reader;
    for (size_t i = 0; i < reader->public_count; i++) {
        const char *header = reader->public_headers[i];
        size_t length = strlen(file), end = strlen(header);
        if (length > end && file[length - end - 1] == '/' && strcmp(file + length - end, header) == 0)
            return header;
    }
    return unit->header;
}

static bool is_known(const struct header_reader *reader, uint32_t name) {
    for (size_t i = 0; i < reader->count; i++)
        if (reader->functions[i].name == name)
            return true;
    return false;
}

void headers_function_add(struct header_reader *reader, struct function function) {
    if (reader->count == reader->room) {
        reader->room = reader->room ? 2 * reader->room : 256;
        reader->functions = realloc(reader->functions, reader->room * sizeof(*reader->functions));
        if (!reader->functions)
            no_memory();
    }
    reader->functions[reader->count++] = function;
}

static void function_take(struct unit *unit, CXCursor cursor, const char *linkage, const char *file) {
    struct header_reader *reader = unit->reader;
    if (!reader->wanted(linkage, reader->context) || is_known(reader, type_maker_text(unit->maker, linkage)))
        return;
    uint32_t type = function_of(unit, clang_getCursorType(cursor), cursor, 0);
    if (type)
        headers_function_add(
            reader,
            (struct function){.name = type_maker_text(unit->maker, linkage), .type = type, .header = header_for(unit, file)});
}

static enum CXChildVisitResult declaration_visit(CXCursor cursor, CXCursor parent, CXClientData data) {
    (void)parent;
    CXFile file;
    if (clang_getCursorKind(cursor) != CXCursor_FunctionDecl || clang_Cursor_getStorageClass(cursor) == CX_SC_Static)
        return CXChildVisit_Continue;
    clang_getFileLocation(clang_getCursorLocation(cursor), &file, NULL, NULL, NULL);
    CXString name = clang_getFileName(file), linkage = clang_Cursor_getMangling(cursor);
    if (clang_getCString(name) && clang_getCString(linkage))
        function_take(data, cursor, clang_getCString(linkage), clang_getCString(name));
    clang_disposeString(name);
    clang_disposeString(linkage);
    return CXChildVisit_Continue;
}

/* ---- the translation unit ---- */

static char *source_text(const char *const *headers, size_t count) {
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    if (!stream)
        no_memory();
    for (size_t i = 0; i < count; i++)
        fprintf(stream, "#include <%s>\n", headers[i]);
    if (fclose(stream) != 0)
        no_memory();
    return text;
}

/* The first error, in the compiler's words; NULL: there is none. */
static char *complaint_of(CXTranslationUnit translation) {
    char *complaint = NULL;
    for (unsigned i = 0; !complaint && i < clang_getNumDiagnostics(translation); i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(translation, i);
        if (clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error) {
            CXString text = clang_formatDiagnostic(diagnostic, clang_defaultDiagnosticDisplayOptions());
            complaint = strdup(clang_getCString(text));
            clang_disposeString(text);
        }
        clang_disposeDiagnostic(diagnostic);
    }
    return complaint;
}

static void inclusion_visit(CXFile file, CXSourceLocation *stack, unsigned depth, CXClientData data) {
    const struct header_reader *reader = data;
    CXString name = clang_getFileName(file);
    (void)stack;
    if (depth > 0) /* 0: the source that is no file */
        reader->read_file(clang_getCString(name), reader->context);
    clang_disposeString(name);
}

static void unit_read(struct header_reader *reader, CXTranslationUnit translation, const char *header) {
    struct unit unit = {.reader = reader, .maker = reader->maker, .header = header};
    unit.records = calloc(reader->maker->record_limit, sizeof(*unit.records));
    if (!unit.records)
        no_memory();
    clang_visitChildren(clang_getTranslationUnitCursor(translation), declaration_visit, &unit);
    clang_getInclusions(translation, inclusion_visit, reader);
    records_fill(&unit);
    free(unit.records);
}

char *headers_read(struct header_reader *reader, const char *const *headers, size_t header_count, const char *const *flags,
                   size_t flag_count) {
    const char *arguments[FLAGS_MAX] = {"-x", "c", "-D_GNU_SOURCE", "-w", "-fno-builtin"};
    int argument_count = 5; /* a builtin's own types would stand where the header has names for them */
    for (size_t i = 0; i < flag_count && argument_count < FLAGS_MAX; i++)
        arguments[argument_count++] = flags[i];
    char *text = source_text(headers, header_count), *complaint;
    struct CXUnsavedFile file = {.Filename = "headers.c", .Contents = text, .Length = strlen(text)};
    CXIndex index = clang_createIndex(0, 0);
    CXTranslationUnit translation = NULL;
    enum CXErrorCode code = clang_parseTranslationUnit2(index, file.Filename, arguments, argument_count, &file, 1,
                                                        CXTranslationUnit_SkipFunctionBodies, &translation);
    if (code == CXError_Success) {
        complaint = complaint_of(translation);
        if (!complaint)
            unit_read(reader, translation, headers[0]);
        clang_disposeTranslationUnit(translation);
    } else {
        complaint = strdup("libclang cannot parse them");
    }
    clang_disposeIndex(index);
    free(text);
    return complaint;
}

void headers_done(struct header_reader *reader) {
    struct type_maker *maker = reader->maker;
    for (uint32_t i = 0; i < maker->record_count; i++)
        if (maker->writer.types[maker->records[i].type].flags & FFISAN_TYPE_INCOMPLETE)
            type_maker_fields_known(maker, &maker->records[i]);
    type_maker_forget_records(maker);
}
