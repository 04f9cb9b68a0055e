/* SPDX-License-Identifier: Apache-2.0 */
#include "headers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clang_types.h"

#define FLAGS_MAX 64

/* What is read now. */
struct unit {
    struct header_reader *reader;
    struct clang_types types;
    const char *header; /* the first one of those that are read */
};

_Noreturn static void no_memory(void) {
    fputs("generate: out of memory\n", stderr);
    exit(EXIT_FAILURE);
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
    if (!reader->wanted(linkage, reader->context) || is_known(reader, type_maker_text(unit->types.maker, linkage)))
        return;
    uint32_t type = clang_types_function(&unit->types, clang_getCursorType(cursor), cursor, 0);
    if (type)
        headers_function_add(reader, (struct function){.name = type_maker_text(unit->types.maker, linkage),
                                                       .type = type,
                                                       .header = header_for(unit, file)});
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
    struct unit unit = {.reader = reader, .header = header};
    if (!clang_types_start(&unit.types, reader->maker))
        no_memory();
    clang_visitChildren(clang_getTranslationUnitCursor(translation), declaration_visit, &unit);
    clang_getInclusions(translation, inclusion_visit, reader);
    clang_types_fill(&unit.types);
    clang_types_end(&unit.types);
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
