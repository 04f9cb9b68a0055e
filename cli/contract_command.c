/* SPDX-License-Identifier: Apache-2.0
 *
 * `ffisan contract check` and `ffisan contract show`.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "contract_compile.h"
#include "contract_show.h"
#include "contracts.h"
#include "near.h"
#include "pool.h"
#include "trouble.h"

#define STATUS_ERRORS 1 /* in a contract */
#define NEAR          3u

struct request {
    struct pool *pool;
    char *const *arguments;
    size_t count;
    struct contract_source source;
    const char *output;
    bool quiet, json;
};

enum { KEY_AGAINST = 0x3000, KEY_QUIET, KEY_JSON };

static void list_add(struct pool *pool, const char ***list, size_t *count, const char *text) {
    *(const char **)pool_append(pool, list, count, sizeof(**list)) = text;
}

static error_t parse(int key, char *argument, struct argp_state *state) {
    struct request *request = state->input;
    struct contract_source *source = &request->source;
    switch (key) {
    case 'I':
    case 'D':
        list_add(request->pool, &source->flags, &source->flag_count, pool_text(request->pool, "-%c%s", key, argument));
        return 0;
    case 'o':
        request->output = argument;
        return 0;
    case KEY_AGAINST:
        list_add(request->pool, &source->against, &source->against_count, argument);
        return 0;
    case KEY_QUIET:
        request->quiet = true;
        return 0;
    case KEY_JSON:
        request->json = true;
        return 0;
    case ARGP_KEY_ARGS:
        request->arguments = state->argv + state->next;
        request->count = (size_t)(state->argc - state->next);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int failed(const char *name, struct trouble *trouble) {
    return trouble ? command_trouble(name, trouble) : STATUS_ERRORS;
}

/* A table of this process's own, for as long as it runs. */
static const char *scratch_table(struct pool *pool, char folder[64]) {
    snprintf(folder, 64, "/tmp/ffisan-contract-XXXXXX");
    return mkdtemp(folder) ? pool_text(pool, "%s/contract" FFISAN_CONTRACTS_SUFFIX, folder) : NULL;
}

static void scratch_remove(const char *table, const char *folder) {
    unlink(table);
    rmdir(folder);
}

/* ---- check ---- */

static void summary_print(struct pool *pool, const char *path, const char *table) {
    struct contract_file file;
    const char *why = NULL;
    if (!contract_file_open(&file, table, &why))
        return;
    unsigned written = 0;
    for (uint32_t i = 0; i < file.table.term_count; i++)
        written += !(file.table.terms[i].flags & (FFISAN_TERM_IMPLIED | FFISAN_TERM_FIELD));
    uint32_t functions = file.table.function_count;
    printf("%s: %u function%s, %u word%s, for", pool_clean(pool, path, POOL_CLEAN_ALL), functions, functions == 1 ? "" : "s",
           written, written == 1 ? "" : "s");
    for (uint32_t i = 0; i < file.table.library_count; i++)
        printf("%s %s", i ? "," : "",
               pool_clean(pool, type_text(&file.table.types, file.table.libraries[i].soname), POOL_CLEAN_ALL));
    putchar('\n');
    contract_file_close(&file);
}

static struct trouble *check_one(struct request *request, const char *path, bool *wrong) {
    char folder[64] = "";
    const char *table = request->output ? request->output : scratch_table(request->pool, folder);
    if (!table)
        return trouble_new("no folder can be made under /tmp");
    request->source.path = path;
    request->source.fresh = true;
    struct trouble *trouble = contract_compile(request->pool, &request->source, table, wrong);
    if (!trouble && !*wrong && !request->quiet)
        summary_print(request->pool, path, table);
    if (*folder)
        scratch_remove(table, folder);
    return trouble;
}

static int check(int argc, char **argv) {
    static const struct argp_option options[] = {
        {NULL, 'I', "DIR", 0, "look for headers in DIR, before the system's folders; may be repeated", 0},
        {NULL, 'D', "NAME[=VALUE]", 0, "define a macro; may be repeated", 0},
        {NULL, 'o', "OUT", 0, "write the compiled contract to OUT, whose name should end in .ffc: for machines without libclang",
         0},
        {"against", KEY_AGAINST, "HEADER", 0,
         "compare with what HEADER, the library's own, declares: a function that it lacks, or declares otherwise, is an error; "
         "may be repeated",
         0},
        {"quiet", KEY_QUIET, NULL, 0, "say nothing about contracts that have no errors", 0},
        {0},
    };
    static const struct argp command = {
        .options = options,
        .parser = parse,
        .args_doc = "FILE...",
        .doc = "Say what is wrong with contracts, as a compiler would.\v"
               "Exit status: 0 when there is nothing wrong, 1 when there is, 125 when ffisan could not do "
               "its work.\n\n"
               "Examples:\n  $ ffisan contract check -I include contracts/greeting.h"};
    struct request request = {.pool = pool_new()};
    int status = EXIT_SUCCESS;
    argp_parse(&command, argc, argv, 0, NULL, &request);
    if (request.count == 0)
        status = failed(argv[0], trouble_new("which contract? Name its header, as in 'ffisan contract check greeting.h'"));
    else if (request.output && request.count > 1)
        status = failed(argv[0], trouble_new("-o takes one contract at a time"));
    for (size_t i = 0; i < request.count && status != FFISAN_EXIT_TROUBLE; i++) {
        bool wrong = false;
        struct trouble *trouble = check_one(&request, request.arguments[i], &wrong);
        if (trouble || wrong)
            status = failed(argv[0], trouble);
    }
    pool_free(request.pool);
    return status;
}

/* ---- show ---- */

static void shipped_print(struct pool *pool) {
    struct contract_paths shipped = contract_files_shipped(pool);
    for (size_t i = 0; i < shipped.count; i++) {
        struct contract_file file;
        const char *why = NULL;
        if (!contract_file_open(&file, shipped.items[i], &why))
            continue;
        printf("%-12s %4u functions, for", contract_files_name(pool, shipped.items[i]), file.table.function_count);
        for (uint32_t j = 0; j < file.table.library_count; j++)
            printf("%s %s", j ? "," : "",
                   pool_clean(pool, type_text(&file.table.types, file.table.libraries[j].soname), POOL_CLEAN_ALL));
        putchar('\n');
        contract_file_close(&file);
    }
}

static struct trouble *show_table(const struct request *request, const char *name, const char *path) {
    const struct contract_shown shown = {request->arguments + 1, request->count - 1};
    struct contract_file file;
    const char *why = NULL;
    if (!contract_file_open(&file, path, &why))
        return trouble_new("%s: %s", name, why);
    size_t count = (request->json ? contract_show_json : contract_show)(stdout, request->pool, &file.table, &shown);
    contract_file_close(&file);
    return count || !shown.count ? NULL : trouble_new("%s says nothing about %s", name, request->arguments[1]);
}

static struct trouble *show_header(struct request *request, const char *name, bool *wrong) {
    char folder[64] = "";
    const char *table = scratch_table(request->pool, folder);
    if (!table)
        return trouble_new("no folder can be made under /tmp");
    request->source.path = name;
    struct trouble *trouble = contract_compile(request->pool, &request->source, table, wrong);
    if (!trouble && !*wrong)
        trouble = show_table(request, name, table);
    scratch_remove(table, folder);
    return trouble;
}

static int show(int argc, char **argv) {
    static const struct argp_option options[] = {
        {NULL, 'I', "DIR", 0, "of a header: look for what it includes in DIR; may be repeated", 0},
        {NULL, 'D', "NAME[=VALUE]", 0, "of a header: define a macro; may be repeated", 0},
        {"json", KEY_JSON, NULL, 0, "as JSON, with a line and a column for each word", 0},
        {0},
    };
    static const struct argp command = {
        .options = options,
        .parser = parse,
        .args_doc = "[FILE|NAME [FUNCTION...]]",
        .doc = "Print what a contract says, as declarations with their words: of a header, of one that was "
               "compiled, or of one that ships. Without FILE or NAME, list those that ship.\v"
               "Examples:\n  $ ffisan contract show\n  $ ffisan contract show zlib inflate"};
    struct request request = {.pool = pool_new()};
    enum contract_form form = CONTRACT_HEADER;
    const char *path = NULL;
    bool wrong = false;
    argp_parse(&command, argc, argv, ARGP_IN_ORDER, NULL, &request);
    if (request.count == 0)
        shipped_print(request.pool);
    struct trouble *trouble = request.count ? contract_find(request.pool, request.arguments[0], &form, &path) : NULL;
    if (path && !trouble)
        trouble = form == CONTRACT_TABLE ? show_table(&request, request.arguments[0], path)
                                         : show_header(&request, request.arguments[0], &wrong);
    int status = trouble || wrong ? failed(argv[0], trouble) : EXIT_SUCCESS;
    pool_free(request.pool);
    return status;
}

/* ---- which of them ---- */

static const struct {
    const char *name;
    int (*function)(int argc, char **argv);
    const char *summary;
} commands[] = {{"check", check, "say what is wrong with contracts"}, {"show", show, "print what a contract says"}};

static void print_help(void) {
    puts("Usage: ffisan contract check [OPTION...] FILE...\n"
         "  or:  ffisan contract show [OPTION...] [FILE|NAME [FUNCTION...]]\n"
         "Work on contracts: what a C library's prototypes cannot say, as a header with the\n"
         "words of ffisan/contract.h.\n\n"
         "Commands:");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        printf("  %-8s %s; see 'ffisan contract %s --help'\n", commands[i].name, commands[i].summary, commands[i].name);
    puts("\nOptions:\n"
         "  --help       give this help list\n"
         "  --version    print the versions of the program and of its formats\n\n"
         "Examples:\n"
         "  $ ffisan contract check greeting.h\n"
         "  $ ffisan contract show zlib inflate\n"
         "  $ ffisan run --contract greeting.h -- pytest");
}

static struct trouble *unknown(const char *name) {
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (near_distance(commands[i].name, name) < NEAR)
            return trouble_new("there is no command '%s'; did you mean 'ffisan contract %s'?", name, commands[i].name);
    return trouble_new("there is no command '%s'; 'ffisan contract --help' lists check and show", name);
}

int command_contract(int argc, char **argv) {
    static char name[64];
    if (argc < 2)
        return command_trouble(argv[0],
                               trouble_new("which command? 'ffisan contract check FILE' says what is wrong with a contract, "
                                           "'ffisan contract show NAME' what it says"));
    if (strcmp(argv[1], "--help") == 0) {
        print_help();
        return EXIT_SUCCESS;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        argp_program_version_hook(stdout, NULL);
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (strcmp(commands[i].name, argv[1]) == 0) {
            snprintf(name, sizeof(name), "ffisan contract %s", commands[i].name);
            argv[1] = name;
            return commands[i].function(argc - 1, argv + 1);
        }
    return command_trouble(argv[0], unknown(argv[1]));
}
