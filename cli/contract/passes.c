/* SPDX-License-Identifier: Apache-2.0 */
#include "passes.h"

#include "complaints.h"
#include "cursors.h"

#define FLAGS_MAX 256
#define NOTES_MAX 3u

CXTranslationUnit pass_run(const struct passes *passes, const char *text, size_t size, const char *const *more) {
    const char *flags[FLAGS_MAX];
    int count = 0;
    for (size_t i = 0; i < passes->flag_count && count < FLAGS_MAX; i++)
        flags[count++] = passes->flags[i];
    for (; more && *more && count < FLAGS_MAX; more++)
        flags[count++] = *more;
    struct CXUnsavedFile file = {.Filename = passes->path, .Contents = text, .Length = size};
    CXTranslationUnit unit = NULL;
    enum CXErrorCode code =
        clang_parseTranslationUnit2(passes->index, passes->path, flags, count, &file, 1, CXTranslationUnit_KeepGoing, &unit);
    return code == CXError_Success ? unit : NULL;
}

static struct position diagnostic_position(struct pool *pool, CXDiagnostic diagnostic) {
    struct position position = {0};
    unsigned offset = 0;
    CXFile file = NULL;
    clang_getExpansionLocation(clang_getDiagnosticLocation(diagnostic), &file, &position.line, &position.column, &offset);
    position.offset = offset;
    position.file = file ? text_of(pool, clang_getFileName(file)) : NULL;
    return position;
}

static void notes_add(struct pool *pool, CXDiagnostic diagnostic, pass_place *place, void *context) {
    CXDiagnosticSet notes = clang_getChildDiagnostics(diagnostic);
    for (unsigned i = 0; i < clang_getNumDiagnosticsInSet(notes) && i < NOTES_MAX; i++) {
        CXDiagnostic note = clang_getDiagnosticInSet(notes, i);
        struct position at = diagnostic_position(pool, note);
        struct position placed = place && at.file ? place(context, at) : at;
        if (at.file && placed.offset == at.offset) /* not of lines that nobody wrote */
            complain(SAYS_NOTE, at, "%s", text_of(pool, clang_getDiagnosticSpelling(note)));
    }
}

size_t pass_complaints(struct pool *pool, CXTranslationUnit unit, pass_place *place, void *context) {
    size_t errors = 0;
    for (unsigned i = 0; i < clang_getNumDiagnostics(unit); i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(unit, i);
        if (clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error) {
            struct position at = diagnostic_position(pool, diagnostic);
            complain(SAYS_ERROR, place && at.file ? place(context, at) : at, "%s",
                     text_of(pool, clang_getDiagnosticSpelling(diagnostic)));
            notes_add(pool, diagnostic, place, context);
            errors++;
        }
        clang_disposeDiagnostic(diagnostic);
    }
    return errors;
}
