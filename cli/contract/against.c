/* SPDX-License-Identifier: Apache-2.0
 *
 * What has to agree is what a call is made of: how many arguments, their sizes, and what is pointer, number, floating-point
 * number or struct; what pointers lead to, where both sides say it. A contract may leave structs opaque, and may look at one
 * struct through several types of its own.
 */
#include "against.h"

#include <string.h>
#include <unistd.h>

#include "complaints.h"
#include "cursors.h"

#define POINTERS_MAX 3u /* to pointers */

struct declared {
    const char *linkage;
    CXType type;
    struct position at;
};

struct reading {
    struct pool *pool;
    struct declared *items;
    size_t count;
};

/* ---- the library's own ---- */

static enum CXChildVisitResult function_visit(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct reading *reading = data;
    (void)parent;
    if (clang_getCursorKind(cursor) != CXCursor_FunctionDecl || clang_Cursor_getStorageClass(cursor) == CX_SC_Static)
        return CXChildVisit_Continue;
    const char *linkage = text_of(reading->pool, clang_Cursor_getMangling(cursor));
    *(struct declared *)pool_append(reading->pool, &reading->items, &reading->count, sizeof(struct declared)) =
        (struct declared){linkage + (*linkage == '\1'), clang_getCursorType(cursor), cursor_name_at(reading->pool, cursor)};
    return CXChildVisit_Continue;
}

static const struct declared *declared_find(const struct reading *reading, const char *linkage) {
    for (size_t i = 0; i < reading->count; i++)
        if (strcmp(reading->items[i].linkage, linkage) == 0)
            return &reading->items[i];
    return NULL;
}

static const char *headers_text(struct pool *pool, const char *const *headers, size_t count) {
    const char *text = "";
    for (size_t i = 0; i < count; i++)
        text = access(headers[i], R_OK) == 0 ? pool_text(pool, "%s#include \"%s\"\n", text, headers[i])
                                             : pool_text(pool, "%s#include <%s>\n", text, headers[i]);
    return text;
}

/* ---- types ---- */

enum shape { SHAPE_OTHER, SHAPE_VOID, SHAPE_INTEGER, SHAPE_FLOAT, SHAPE_POINTER, SHAPE_RECORD, SHAPE_FUNCTION };

static enum shape shape_of(CXType type) {
    enum CXTypeKind kind = plain_type(type).kind;
    if (kind == CXType_FunctionProto || kind == CXType_FunctionNoProto)
        return SHAPE_FUNCTION;
    if (kind == CXType_Void)
        return SHAPE_VOID;
    if ((kind >= CXType_Float && kind <= CXType_LongDouble) || kind == CXType_Float128)
        return SHAPE_FLOAT;
    return is_integer(type) ? SHAPE_INTEGER : is_pointer(type) ? SHAPE_POINTER : is_record(type) ? SHAPE_RECORD : SHAPE_OTHER;
}

static bool pointees_agree(CXType one, CXType other, unsigned depth);

static bool types_agree(CXType one, CXType other, unsigned depth) {
    enum shape shape = shape_of(one);
    if (shape != shape_of(other))
        return false;
    long long size = clang_Type_getSizeOf(plain_type(one)), other_size = clang_Type_getSizeOf(plain_type(other));
    if (shape == SHAPE_POINTER)
        return depth == 0 || pointees_agree(pointee_of(one), pointee_of(other), depth - 1);
    return shape == SHAPE_VOID || shape == SHAPE_FUNCTION || size == other_size;
}

/* void and char stand for bytes of any kind; opaque structs for any struct. */
static bool pointees_agree(CXType one, CXType other, unsigned depth) {
    enum shape shape = shape_of(one), other_shape = shape_of(other);
    bool bytes = shape == SHAPE_VOID || other_shape == SHAPE_VOID || clang_Type_getSizeOf(plain_type(one)) == 1 ||
                 clang_Type_getSizeOf(plain_type(other)) == 1;
    if (bytes)
        return (shape == SHAPE_FUNCTION) == (other_shape == SHAPE_FUNCTION) || shape == SHAPE_VOID || other_shape == SHAPE_VOID;
    if (is_opaque(one) || is_opaque(other))
        return true;
    return types_agree(one, other, depth);
}

/* ---- functions ---- */

static const char *spelled(struct pool *pool, CXType type) {
    return text_of(pool, clang_getTypeSpelling(type));
}

static void differs(const struct contract *contract, const struct function *function, const struct declared *declared,
                    const char *what, CXType ours, CXType theirs) {
    complain(SAYS_ERROR, function->at, "'%s' is not what the library's header declares: %s is '%s' here and '%s' there",
             function->name, what, spelled(contract->pool, ours), spelled(contract->pool, theirs));
    complain(SAYS_NOTE, declared->at, "it is declared here");
}

static void arguments_compare(const struct contract *contract, const struct function *function, const struct declared *declared) {
    for (unsigned i = 0; i < function->parameter_count; i++) {
        CXType ours = clang_getArgType(function->type, i), theirs = clang_getArgType(declared->type, i);
        if (!types_agree(ours, theirs, POINTERS_MAX))
            differs(contract, function, declared, pool_text(contract->pool, "argument %u", i + 1), ours, theirs);
    }
}

static void function_compare(const struct contract *contract, const struct function *function, const struct declared *declared) {
    CXType result = clang_getResultType(function->type), their_result = clang_getResultType(declared->type);
    if (declared->type.kind == CXType_FunctionNoProto)
        return;
    if ((int)function->parameter_count != clang_getNumArgTypes(declared->type) ||
        function->variadic != (clang_isFunctionTypeVariadic(declared->type) != 0))
        differs(contract, function, declared, "it", function->type, declared->type);
    else if (!types_agree(result, their_result, POINTERS_MAX))
        differs(contract, function, declared, "the result", result, their_result);
    else
        arguments_compare(contract, function, declared);
}

void against_headers(const struct contract *contract, const struct passes *passes, const char *const *headers, size_t count) {
    struct passes own = *passes;
    struct reading reading = {.pool = contract->pool};
    const char *text = headers_text(contract->pool, headers, count);
    own.path = "ffisan-against.c";
    CXTranslationUnit unit = pass_run(&own, text, strlen(text), NULL);
    if (!unit || pass_complaints(contract->pool, unit, NULL, NULL))
        return;
    clang_visitChildren(clang_getTranslationUnitCursor(unit), function_visit, &reading);
    for (size_t i = 0; i < contract->function_count; i++) {
        const struct function *function = contract->functions[i];
        const struct declared *declared = function->belongs ? declared_find(&reading, function->linkage) : NULL;
        if (declared)
            function_compare(contract, function, declared);
        else if (function->belongs)
            complain(SAYS_ERROR, function->at, "the library's headers declare no function '%s'", function->name);
    }
    clang_disposeTranslationUnit(unit);
}
