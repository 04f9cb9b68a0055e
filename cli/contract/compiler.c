/* SPDX-License-Identifier: Apache-2.0
 *
 * ffisan-contract-compiler: a contract in, a table out. A program of its own, so that ffisan needs no libclang, and so that whatever a header makes of
 * libclang (minutes, gigabytes, a crash) is this process's end and no more.
 *
 *   ffisan-contract-compiler [-I DIR]... [-D NAME[=VALUE]]... [--against HEADER]... [-o TABLE] [--files LIST] [--rule FILE]
 *                            CONTRACT
 *
 * Errors go to standard error. LIST gets the path of every file that was read, one a line; FILE gets the same as a rule of make.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "against.h"
#include "attributes.h"
#include "builder.h"
#include "compiler.h"
#include "complaints.h"
#include "core/contract_table.h"
#include "cursors.h"
#include "declarations.h"
#include "expressions.h"
#include "libclang.h"
#include "sources.h"

#define PROCESSOR_SECONDS 20
#define MEMORY_MAX        (UINT64_C(2) << 30)
#define TYPES_ROOM        (48u << 20)

struct request {
    struct pool *pool;
    const char **flags; /* -I and -D */
    size_t flag_count;
    const char **against;
    size_t against_count;
    const char *path, *output, *files, *rule;
};

_Noreturn static void usage(void) {
    fputs("usage: ffisan-contract-compiler [-I DIR]... [-D NAME[=VALUE]]... [--against HEADER]... [-o TABLE] [--files LIST] "
          "[--rule FILE] CONTRACT\n",
          stderr);
    exit(CONTRACT_COMPILER_TROUBLE);
}

_Noreturn static void trouble(const char *what, const char *why) {
    fprintf(stderr, "%s: error: %s\n", what, why);
    exit(CONTRACT_COMPILER_TROUBLE);
}

/* For large headers on slow machines, and for tests. */
static rlim_t seconds_allowed(void) {
    const char *named = getenv("FFISAN_CONTRACT_SECONDS");
    unsigned long seconds = named ? strtoul(named, NULL, 10) : 0;
    return seconds > 0 && seconds < 86400 ? seconds : PROCESSOR_SECONDS;
}

static void limits_set(void) {
    const struct rlimit time = {seconds_allowed(), seconds_allowed() + 1}, memory = {MEMORY_MAX, MEMORY_MAX}, core = {0, 0};
    setrlimit(RLIMIT_CPU, &time);
#ifndef __SANITIZE_ADDRESS__
    setrlimit(RLIMIT_AS, &memory);
#endif
    setrlimit(RLIMIT_CORE, &core);
    (void)memory;
}

/* ---- the command line ---- */

static void list_add(struct pool *pool, const char ***list, size_t *count, const char *text) {
    *(const char **)pool_append(pool, list, count, sizeof(**list)) = text;
}

static void request_read(struct request *request, int argc, char **argv) {
    static const struct option long_options[] = {{"against", required_argument, NULL, 'a'},
                                                 {"files", required_argument, NULL, 'f'},
                                                 {"rule", required_argument, NULL, 'r'},
                                                 {0}};
    int key;
    while ((key = getopt_long(argc, argv, "+I:D:o:", long_options, NULL)) != -1)
        switch (key) {
        case 'I':
        case 'D':
            list_add(request->pool, &request->flags, &request->flag_count, pool_text(request->pool, "-%c%s", key, optarg));
            break;
        case 'a':
            list_add(request->pool, &request->against, &request->against_count, optarg);
            break;
        case 'f':
            request->files = optarg;
            break;
        case 'r':
            request->rule = optarg;
            break;
        case 'o':
            request->output = optarg;
            break;
        default:
            usage();
        }
    if (optind + 1 != argc)
        usage();
    request->path = argv[optind];
}

/* ---- how clang is called ---- */

/* <ffisan/contract.h>, and headers for a machine that has no compiler's own: beside the folder of this program, installed and built alike. */
static const char *beside(struct pool *pool, const char *place) {
    char program[PATH_MAX] = "";
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    char *slash = length > 0 ? strrchr(program, '/') : NULL;
    if (slash)
        *slash = '\0';
    return pool_text(pool, "%s/../../%s", program, place);
}

static void flags_compose(struct passes *passes, const struct request *request, bool attributes) {
    static const char *const plain[] = {
        "-x", "c", "-std=gnu17", "-D_GNU_SOURCE", "-fno-builtin", "-ferror-limit=0", "-Wno-everything"};
    struct pool *pool = request->pool;
    passes->flags = NULL;
    passes->flag_count = 0;
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        list_add(pool, &passes->flags, &passes->flag_count, plain[i]);
    for (size_t i = 0; attributes && i < attribute_flag_count; i++)
        list_add(pool, &passes->flags, &passes->flag_count, attribute_flags[i]);
    for (size_t i = 0; i < request->flag_count; i++)
        list_add(pool, &passes->flags, &passes->flag_count, request->flags[i]);
    list_add(pool, &passes->flags, &passes->flag_count, "-I");
    list_add(pool, &passes->flags, &passes->flag_count, beside(pool, FFISAN_INSTALL_INCLUDEDIR));
    list_add(pool, &passes->flags, &passes->flag_count, "-idirafter");
    list_add(pool, &passes->flags, &passes->flag_count, beside(pool, FFISAN_INSTALL_DATADIR "/ffisan/freestanding"));
}

static bool has_errors(CXTranslationUnit unit) {
    bool errors = false;
    for (unsigned i = 0; i < clang_getNumDiagnostics(unit) && !errors; i++) {
        CXDiagnostic diagnostic = clang_getDiagnostic(unit, i);
        errors = clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error;
        clang_disposeDiagnostic(diagnostic);
    }
    return errors;
}

/* With GCC's attributes made visible; as clang itself reads it where that is not to be had. */
static CXTranslationUnit contract_parse(struct contract *contract, struct passes *passes, const struct request *request) {
    flags_compose(passes, request, true);
    CXTranslationUnit unit = pass_run(passes, contract->text, contract->size, NULL);
    if (unit && !has_errors(unit))
        return unit;
    if (unit)
        clang_disposeTranslationUnit(unit);
    flags_compose(passes, request, false);
    return pass_run(passes, contract->text, contract->size, NULL);
}

/* ---- what is left behind ---- */

static void table_write(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "we");
    bool written = file && fwrite(bytes, 1, size, file) == size;
    if (!file || fclose(file) != 0 || !written)
        trouble(path, strerror(errno));
}

struct file_list {
    struct pool *pool;
    FILE *stream;
    bool is_rule;
};

static void file_write(CXFile file, CXSourceLocation *stack, unsigned depth, CXClientData data) {
    const struct file_list *list = data;
    const char *name = text_of(list->pool, clang_getFileName(file));
    char absolute[PATH_MAX];
    (void)stack;
    (void)depth;
    if (list->is_rule)
        fprintf(list->stream, " \\\n %s", name);
    else
        fprintf(list->stream, "%s\n", realpath(name, absolute) ? absolute : name);
}

static void files_write(const char *path, const struct contract *contract, const char *rule_of) {
    struct file_list list = {contract->pool, fopen(path, "we"), rule_of != NULL};
    if (!list.stream)
        trouble(path, strerror(errno));
    if (rule_of)
        fprintf(list.stream, "%s:", rule_of);
    clang_getInclusions(contract->unit, file_write, &list);
    fputs(rule_of ? "\n" : "", list.stream);
    if (fclose(list.stream) != 0)
        trouble(path, strerror(errno));
}

/* ---- the work ---- */

static void contract_build(const struct request *request, struct contract *contract) {
    struct builder builder = {.contract = contract, .pool = contract->pool, .maker = type_maker_new(TYPES_ROOM)};
    struct contract_table table;
    size_t size = 0;
    if (!builder.maker || !clang_types_start(&builder.types, builder.maker))
        pool_exhausted();
    terms_build(&builder);
    clang_types_end(&builder.types);
    if (complaints_errors() == 0) {
        const void *bytes = table_make(&builder, &size);
        if (!bytes || !contract_table_open(&table, bytes, size))
            trouble(request->path, "the contract is too large");
        if (request->output)
            table_write(request->output, bytes, size);
        if (request->files)
            files_write(request->files, contract, NULL);
        if (request->rule && request->output)
            files_write(request->rule, contract, request->output);
    }
    type_maker_free(builder.maker);
}

static void contract_compile(const struct request *request, struct contract *contract) {
    struct passes passes = {.index = clang_createIndex(0, 0), .path = request->path};
    CXTranslationUnit expressions = NULL;
    contract->unit = contract_parse(contract, &passes, request);
    if (!contract->unit)
        trouble(request->path, "libclang cannot read it");
    if (!pass_complaints(contract->pool, contract->unit, NULL, NULL)) {
        declarations_read(contract);
        if (complaints_errors() == 0 && request->against_count)
            against_headers(contract, &passes, request->against, request->against_count);
        if (complaints_errors() == 0 && expressions_read(contract, &passes, &expressions))
            contract_build(request, contract);
    }
    if (expressions)
        clang_disposeTranslationUnit(expressions);
    clang_disposeTranslationUnit(contract->unit);
    clang_disposeIndex(passes.index);
}

int main(int argc, char **argv) {
    struct request request = {.pool = pool_new()};
    const char *why = NULL;
    request_read(&request, argc, argv);
    limits_set();
    if (!libclang_open(&why)) {
        fprintf(stderr, "%s\n", why);
        return CONTRACT_COMPILER_NO_LIBCLANG;
    }
    complaints_start(request.pool);
    sources_start(request.pool);
    struct contract contract = {.pool = request.pool, .path = request.path};
    contract.text = sources_text(request.path, &contract.size);
    if (!contract.text)
        trouble(request.path, errno ? strerror(errno) : "it cannot be read");
    contract_compile(&request, &contract);
    complaints_print(stderr);
    int status = complaints_errors() ? CONTRACT_COMPILER_ERRORS : EXIT_SUCCESS;
    pool_free(request.pool);
    return status;
}
