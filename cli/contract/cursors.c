/* SPDX-License-Identifier: Apache-2.0 */
#include "cursors.h"

#include <string.h>

const char *text_of(struct pool *pool, CXString string) {
    const char *text = clang_getCString(string);
    text = pool_copy(pool, text ? text : "");
    clang_disposeString(string);
    return text;
}

struct position position_of(struct pool *pool, CXSourceLocation location) {
    struct position position = {0};
    unsigned offset = 0;
    CXFile file = NULL;
    clang_getFileLocation(location, &file, &position.line, &position.column, &offset);
    position.offset = offset;
    position.file = file ? text_of(pool, clang_getFileName(file)) : NULL;
    return position;
}

struct position cursor_start(struct pool *pool, CXCursor cursor) {
    return position_of(pool, clang_getRangeStart(clang_getCursorExtent(cursor)));
}

struct position cursor_name_at(struct pool *pool, CXCursor cursor) {
    return position_of(pool, clang_getCursorLocation(cursor));
}

/* ---- types ---- */

CXType plain_type(CXType type) {
    type = clang_getCanonicalType(type);
    return type.kind == CXType_Atomic ? clang_getCanonicalType(clang_Type_getValueType(type)) : type;
}

bool is_array(CXType type) {
    enum CXTypeKind kind = plain_type(type).kind;
    return kind == CXType_ConstantArray || kind == CXType_IncompleteArray || kind == CXType_VariableArray;
}

/* A parameter that is written as an array is a pointer, and libclang says what was written. */
bool is_pointer(CXType type) {
    return plain_type(type).kind == CXType_Pointer || is_array(type);
}

CXType pointee_of(CXType pointer) {
    CXType type = plain_type(pointer);
    return type.kind == CXType_Pointer ? clang_getPointeeType(type) : clang_getArrayElementType(type);
}

bool is_callback(CXType type) {
    enum CXTypeKind to = is_pointer(type) ? plain_type(pointee_of(type)).kind : CXType_Invalid;
    return to == CXType_FunctionProto || to == CXType_FunctionNoProto;
}

bool is_integer(CXType type) {
    enum CXTypeKind kind = plain_type(type).kind;
    return (kind >= CXType_Bool && kind <= CXType_Int128) || kind == CXType_Enum;
}

bool is_record(CXType type) {
    return plain_type(type).kind == CXType_Record;
}

bool is_opaque(CXType type) {
    return is_record(type) && clang_Cursor_isNull(clang_getCursorDefinition(clang_getTypeDeclaration(plain_type(type))));
}

const char *record_name(struct pool *pool, CXType type) {
    if (!is_record(type))
        return NULL;
    CXCursor declaration = clang_getTypeDeclaration(plain_type(type));
    const char *name = clang_Cursor_isAnonymous(declaration) ? "" : text_of(pool, clang_getCursorSpelling(declaration));
    if (!*name || strchr(name, '(')) /* "(unnamed struct at ...)" since libclang 16 */
        name = text_of(pool, clang_getTypedefName(type));
    name += strspn(name, "_");
    return *name ? name : NULL;
}
