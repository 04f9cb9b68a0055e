/* SPDX-License-Identifier: Apache-2.0 */
#include "front.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "against.h"
#include "attributes.h"
#include "builder.h"
#include "complaints.h"
#include "core/contract_table.h"
#include "declarations.h"
#include "expressions.h"

#define TYPES_ROOM (48u << 20)

/* ---- how clang is called ---- */

static void list_add(struct pool *pool, const char ***list, size_t *count, const char *text) {
    *(const char **)pool_append(pool, list, count, sizeof(**list)) = text;
}

/* <ffisan/contract.h>, and headers for a machine that has no compiler's own: beside the folder of this program, installed and
 * built alike. */
static const char *beside(struct pool *pool, const char *place) {
    char program[PATH_MAX] = "";
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    char *slash = length > 0 ? strrchr(program, '/') : NULL;
    if (slash)
        *slash = '\0';
    return pool_text(pool, "%s/../../%s", program, place);
}

static void flags_compose(struct passes *passes, const struct front *front, bool attributes) {
    static const char *const plain[] = {"-x",
                                        "c",
                                        "-std=gnu17",
                                        "-D_GNU_SOURCE",
                                        "-fno-builtin",
                                        "-ferror-limit=0",
                                        "-fdouble-square-bracket-attributes",
                                        "-Wno-everything"};
    struct pool *pool = front->pool;
    passes->flags = NULL;
    passes->flag_count = 0;
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        list_add(pool, &passes->flags, &passes->flag_count, plain[i]);
    for (size_t i = 0; attributes && i < attribute_flag_count; i++)
        list_add(pool, &passes->flags, &passes->flag_count, attribute_flags[i]);
    for (size_t i = 0; i < front->flag_count; i++)
        list_add(pool, &passes->flags, &passes->flag_count, front->flags[i]);
    list_add(pool, &passes->flags, &passes->flag_count, "-I");
    list_add(pool, &passes->flags, &passes->flag_count, beside(pool, FFISAN_INSTALL_INCLUDEDIR));
    list_add(pool, &passes->flags, &passes->flag_count, "-idirafter");
    list_add(pool, &passes->flags, &passes->flag_count, beside(pool, FFISAN_INSTALL_DATADIR "/ffisan/freestanding"));
}

static size_t errors_in(CXTranslationUnit unit) {
    size_t errors = 0;
    for (unsigned i = 0; unit && i < clang_getNumDiagnostics(unit); i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(unit, i);
        errors += clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error;
        clang_disposeDiagnostic(diagnostic);
    }
    return unit ? errors : SIZE_MAX;
}

static CXTranslationUnit contract_parse_as(struct contract *contract, struct passes *passes, const struct front *front,
                                           bool attributes) {
    flags_compose(passes, front, attributes);
    return pass_run(passes, contract->text, contract->size, NULL);
}

/* With GCC's attributes made visible; as clang itself reads it where that alone is in the way. */
static CXTranslationUnit contract_parse(struct contract *contract, struct passes *passes, const struct front *front) {
    CXTranslationUnit unit = contract_parse_as(contract, passes, front, true);
    size_t errors = errors_in(unit);
    if (errors == 0)
        return unit;
    CXTranslationUnit plain = contract_parse_as(contract, passes, front, false);
    if (errors_in(plain) == 0 || !unit) {
        if (unit)
            clang_disposeTranslationUnit(unit);
        return plain;
    }
    if (plain)
        clang_disposeTranslationUnit(plain);
    flags_compose(passes, front, true);
    return unit;
}

/* ---- the work ---- */

static void gave_up(const struct contract *contract, const char *why) {
    complain(SAYS_ERROR, (struct position){.file = contract->path, .line = 1, .column = 1}, "%s", why);
}

static const void *contract_build(struct contract *contract, size_t *size) {
    struct builder builder = {.contract = contract, .pool = contract->pool, .maker = type_maker_new(TYPES_ROOM)};
    struct contract_table table;
    const void *bytes = NULL;
    if (!builder.maker || !clang_types_start(&builder.types, builder.maker))
        pool_exhausted();
    terms_build(&builder);
    clang_types_end(&builder.types);
    if (complaints_errors() == 0)
        bytes = table_make(&builder, size);
    if (complaints_errors() == 0 && (!bytes || !contract_table_open(&table, bytes, *size)))
        gave_up(contract, "the contract is too large");
    type_maker_free(builder.maker);
    return complaints_errors() == 0 ? bytes : NULL;
}

static const void *contract_read(const struct front *front, struct contract *contract, const struct passes *passes,
                                 size_t *size) {
    CXTranslationUnit expressions = NULL;
    const void *bytes = NULL;
    if (pass_complaints(contract->pool, contract->unit, NULL, NULL))
        return NULL;
    declarations_read(contract);
    if (complaints_errors() == 0 && front->against_count)
        against_headers(contract, passes, front->against, front->against_count);
    if (complaints_errors() == 0) {
        expressions_read(contract, passes, &expressions);
        bytes = contract_build(contract, size); /* what is wrong with words is told beside what is wrong with expressions */
    }
    if (expressions)
        clang_disposeTranslationUnit(expressions);
    return bytes;
}

const void *front_compile(const struct front *front, struct contract *contract, size_t *size) {
    struct passes passes = {.index = clang_createIndex(0, 0), .path = contract->path};
    contract->index = passes.index;
    contract->unit = contract_parse(contract, &passes, front);
    if (contract->unit)
        return contract_read(front, contract, &passes, size);
    gave_up(contract, "libclang cannot read it");
    return NULL;
}

void front_close(struct contract *contract) {
    if (contract->unit)
        clang_disposeTranslationUnit(contract->unit);
    clang_disposeIndex(contract->index);
}
