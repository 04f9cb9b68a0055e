/* SPDX-License-Identifier: Apache-2.0
 *
 * ffisan-contract-compiler: a contract in, a table out. A program of its own, so that ffisan needs no libclang, and so that
 * whatever a header makes of libclang (minutes, gigabytes, a crash) is this process's end and no more.
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

#include "compiler.h"
#include "complaints.h"
#include "cursors.h"
#include "front.h"
#include "libclang.h"
#include "sources.h"

#define PROCESSOR_SECONDS 20
#define MEMORY_MAX        (UINT64_C(2) << 30)

struct request {
    struct pool *pool;
    struct front front;
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
#ifndef FFISAN_SANITIZED /* which maps 20 TiB */
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
            list_add(request->pool, &request->front.flags, &request->front.flag_count,
                     pool_text(request->pool, "-%c%s", key, optarg));
            break;
        case 'a':
            list_add(request->pool, &request->front.against, &request->front.against_count, optarg);
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

static void results_write(const struct request *request, const struct contract *contract, const void *bytes, size_t size) {
    if (request->output)
        table_write(request->output, bytes, size);
    if (request->files)
        files_write(request->files, contract, NULL);
    if (request->rule && request->output)
        files_write(request->rule, contract, request->output);
}

int main(int argc, char **argv) {
    struct request request = {.pool = pool_new()};
    request.front.pool = request.pool;
    const char *why = NULL;
    request_read(&request, argc, argv);
    limits_set();
    if (!libclang_open(&why)) {
        fprintf(stderr, "%s\n", why);
        pool_free(request.pool);
        return CONTRACT_COMPILER_NO_LIBCLANG;
    }
    complaints_start(request.pool);
    sources_start(request.pool);
    struct contract contract = {.pool = request.pool, .path = request.path};
    contract.text = sources_text(request.path, &contract.size);
    if (!contract.text)
        trouble(request.path, errno ? strerror(errno) : "it cannot be read");
    size_t size = 0;
    const void *bytes = front_compile(&request.front, &contract, &size);
    if (bytes)
        results_write(&request, &contract, bytes, size);
    complaints_print(stderr);
    front_close(&contract);
    int status = complaints_errors() ? CONTRACT_COMPILER_ERRORS : EXIT_SUCCESS;
    pool_free(request.pool);
    return status;
}
