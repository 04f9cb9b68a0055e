/* SPDX-License-Identifier: Apache-2.0 */
#include "prototypes.h"

#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "contract_files.h"
#include "core/glob.h"
#include "debug_info.h"
#include "exports.h"
#include "findings.h"
#include "pool.h"

/* One library, wherever and in however many processes it is loaded. */
struct library {
    const char *path_raw;
    unsigned char build_id[20];
    size_t build_id_size;
    const char *name, *path; /* clean */
    struct exports exports;
    struct debug_info *debug_info; /* NULL: there is none */
    bool known;                    /* its file is the loaded one */
};

/* An answer from before. */
struct answer {
    const struct library *library;
    uint64_t value;
    const char *asked_name;
    struct prototype found[PROTOTYPES_MAX];
    size_t count;
};

struct prototypes {
    struct pool *pool;
    struct symbols *symbols;
    struct prototype_file table;
    void *mapping; /* NULL: there is no table */
    size_t mapping_size;
    struct contract_file **contracts;
    size_t contract_count;
    struct library **libraries;
    size_t library_count;
    struct symbols_gap *gaps;
    size_t gap_count;
    void *answers; /* tsearch's tree */
};

static void gap_add(struct prototypes *prototypes, const char *path, const char *why) {
    for (size_t i = 0; i < prototypes->gap_count; i++)
        if (strcmp(prototypes->gaps[i].path, path) == 0)
            return;
    struct symbols_gap *gap = pool_append(prototypes->pool, &prototypes->gaps, &prototypes->gap_count, sizeof(*gap));
    *gap = (struct symbols_gap){.path = pool_copy(prototypes->pool, path), .why = why};
}

size_t prototypes_gaps(const struct prototypes *prototypes, const struct symbols_gap **gaps) {
    *gaps = prototypes->gaps;
    return prototypes->gap_count;
}

/* ---- the table of headers ---- */

#define TABLE "prototypes.ffp"

/* Seen from the folder of the executable, installed and built alike. */
static const char *const places[] = {"../" FFISAN_INSTALL_DATADIR "/ffisan/" TABLE, "../share/ffisan/" TABLE};

const char *prototypes_path(struct pool *pool) {
    char self[PATH_MAX] = "", absolute[PATH_MAX];
    const char *named = getenv("FFISAN_PROTOTYPES");
    if (named && *named)
        return realpath(named, absolute) ? pool_copy(pool, absolute) : NULL;
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash = length > 0 ? strrchr(self, '/') : NULL;
    if (!slash)
        return NULL;
    *slash = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (realpath(pool_text(pool, "%s/%s", self, places[i]), absolute))
            return pool_copy(pool, absolute);
    return NULL;
}

static bool table_map(struct prototypes *prototypes, int fd) {
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0)
        return false;
    size_t size = (size_t)status.st_size;
    void *mapping = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (mapping == MAP_FAILED)
        return false;
    prototypes->mapping = mapping;
    prototypes->mapping_size = size;
    return prototype_file_open(&prototypes->table, mapping, size);
}

static void table_open(struct prototypes *prototypes, const char *path) {
    const char *named = getenv("FFISAN_PROTOTYPES"), *expected = path ? path : named && *named ? named : TABLE;
    expected = pool_clean(prototypes->pool, expected, POOL_CLEAN_ALL);
    path = path ? path : prototypes_path(prototypes->pool);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
    if (fd < 0)
        gap_add(prototypes, expected, "it is not where it belongs; install FFISan again");
    else if (!table_map(prototypes, fd)) {
        gap_add(prototypes, expected, "it is not a prototype file that this ffisan can read");
        prototypes->table = (struct prototype_file){0};
    }
    if (fd >= 0)
        close(fd);
}

struct prototypes *prototypes_new(struct symbols *symbols, const char *table) {
    struct pool *pool = pool_new();
    struct prototypes *prototypes = pool_get(pool, sizeof(*prototypes));
    *prototypes = (struct prototypes){.pool = pool, .symbols = symbols};
    table_open(prototypes, table);
    return prototypes;
}

size_t prototypes_known(const struct prototypes *prototypes) {
    size_t most = 0; /* several names of a library share its functions */
    for (uint32_t i = 0; i < prototypes->table.library_count; i++) {
        const struct ffisan_prototype_library *library = &prototypes->table.libraries[i];
        most = (size_t)library->first + library->count > most ? (size_t)library->first + library->count : most;
    }
    return most;
}

static void answer_keep(void *answer) {
    (void)answer; /* the pool has it */
}

void prototypes_free(struct prototypes *prototypes) {
    if (!prototypes)
        return;
    for (size_t i = 0; i < prototypes->library_count; i++)
        debug_info_free(prototypes->libraries[i]->debug_info);
    for (size_t i = 0; i < prototypes->contract_count; i++)
        contract_file_close(prototypes->contracts[i]);
    if (prototypes->mapping)
        munmap(prototypes->mapping, prototypes->mapping_size);
    tdestroy(prototypes->answers, answer_keep);
    pool_free(prototypes->pool);
}

/* ---- libraries ---- */

static void library_open(struct prototypes *prototypes, struct library *library, const struct module *module) {
    uint64_t bias;
    Elf *elf = prototypes->symbols ? symbols_elf(prototypes->symbols, module) : NULL;
    if (!elf)
        return;
    library->known = true;
    exports_read(&library->exports, prototypes->pool, elf);
    Dwarf *dwarf = symbols_dwarf(prototypes->symbols, module, &bias);
    library->debug_info = dwarf ? debug_info_new(prototypes->pool, dwarf, bias, DEBUG_INFO_BUDGET) : NULL;
}

static struct library *library_new(struct prototypes *prototypes, const struct module *module) {
    struct pool *pool = prototypes->pool;
    struct library *library = pool_get(pool, sizeof(*library));
    struct library **slot = pool_append(pool, &prototypes->libraries, &prototypes->library_count, sizeof(struct library *));
    *slot = library;
    library->path_raw = pool_copy(pool, module->path_raw);
    library->name = pool_copy(pool, module->name);
    library->path = pool_copy(pool, module->path);
    library->build_id_size = module->build_id_size;
    memcpy(library->build_id, module->build_id, sizeof(library->build_id));
    /* The kernel's own part of libc: time, gettimeofday, clock_gettime (vdso(7)) */
    if (strcmp(module->path_raw, "[vdso]") == 0)
        library->exports.soname = "libc.so.6";
    else
        library_open(prototypes, library, module);
    return library;
}

static struct library *library_of(struct prototypes *prototypes, const struct module *module) {
    for (size_t i = 0; i < prototypes->library_count; i++) {
        struct library *library = prototypes->libraries[i];
        if (library->build_id_size == module->build_id_size && strcmp(library->path_raw, module->path_raw) == 0 &&
            memcmp(library->build_id, module->build_id, module->build_id_size) == 0)
            return library;
    }
    return library_new(prototypes, module);
}

/* ---- who is asked ---- */

struct question {
    struct prototypes *prototypes;
    struct library *library;
    uint64_t value; /* of the file */
    const char *names[PROTOTYPES_MAX];
    size_t name_count;
    bool crowded; /* it has more names than that */
    struct answer *answer;
};

static void answer_add(struct question *question, struct prototype prototype) {
    struct answer *answer = question->answer;
    if (prototype.declaration.function && answer->count < PROTOTYPES_MAX)
        answer->found[answer->count++] = prototype;
}

static bool is_chooser(const struct question *question) {
    size_t count;
    const struct export *exports = exports_at(&question->library->exports, question->value, &count);
    for (size_t i = 0; i < count; i++)
        if (exports[i].indirect)
            return true;
    return false;
}

/* "__libc_fork", "_IO_puts" and "puts": names that say that they are the same. */
static const char *without_prefix(const char *name) {
    static const char *const prefixes[] = {"__libc_", "_IO_", "__new_", "__isoc99_", "__old_"};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return name + strlen(prefixes[i]);
    return name + strspn(name, "_");
}

/* What the library calls the function that its own source calls `described`. */
static const char *exported_name(const struct question *question, const char *described) {
    for (size_t i = 0; i < question->name_count; i++)
        if (strcmp(without_prefix(question->names[i]), without_prefix(described)) == 0)
            return question->names[i];
    return question->name_count == 1 ? question->names[0] : described;
}

static void ask_debug_info(struct question *question) {
    struct pool *pool = question->prototypes->pool;
    const struct library *library = question->library;
    struct described described[PROTOTYPES_MAX];
    const char *why = NULL;
    if (!library->debug_info || is_chooser(question)) /* what is described there is not what is called */
        return;
    size_t count = debug_info_functions(library->debug_info, pool, question->value, question->names, question->name_count,
                                        described, PROTOTYPES_MAX, &why);
    for (size_t i = 0; i < count; i++)
        answer_add(question,
                   (struct prototype){.declaration = {.table = described[i].table, .function = described[i].function},
                                      .name = pool_clean(pool, exported_name(question, described[i].name), POOL_CLEAN_ALL),
                                      .source = pool_text(pool, "debug info of %s", library->name)});
    if (why)
        gap_add(question->prototypes, library->path, why);
}

static bool header_add(struct question *question, const char *soname, const char *name) {
    const struct prototype_file *table = &question->prototypes->table;
    struct pool *pool = question->prototypes->pool;
    const char *source = "";
    uint32_t function = prototype_find(table, soname, name, &source);
    answer_add(question, (struct prototype){.declaration = {.table = &table->table, .function = function},
                                            .name = pool_clean(pool, name, POOL_CLEAN_ALL),
                                            .source = pool_clean(pool, source, POOL_CLEAN_ALL)});
    return function;
}

static void ask_import(struct question *question) {
    const struct exports *exports = &question->library->exports;
    const struct import *import = exports_import_at(exports, question->value);
    if (import && import->soname)
        header_add(question, import->soname, import->name);
    for (size_t i = 0; import && !import->soname && i < exports->needed_count; i++)
        if (header_add(question, exports->needed[i], import->name))
            return;
}

static void ask_headers(struct question *question) {
    const char *soname = question->library->exports.soname;
    for (size_t i = 0; soname && i < question->name_count; i++)
        header_add(question, soname, question->names[i]);
    ask_import(question);
}

static void ask_library(struct question *question, const struct contract_file *file,
                        const struct ffisan_contract_library *library) {
    struct pool *pool = question->prototypes->pool;
    const struct contract_table *table = &file->table;
    for (size_t i = 0; i < question->name_count; i++) {
        const struct ffisan_contract_function *function = contract_table_function(table, library, question->names[i]);
        const char *source = function ? type_text(&table->types, library->source) : "";
        if (function)
            answer_add(question, (struct prototype){
                                     .declaration = {.table = &table->types, .function = function->type},
                                     .name = pool_clean(pool, question->names[i], POOL_CLEAN_ALL),
                                     .source = pool_text(pool, "the contract %s", pool_clean(pool, source, POOL_CLEAN_ALL))});
    }
}

static void ask_contracts(struct question *question) {
    const char *soname = question->library->exports.soname;
    for (size_t i = 0; soname && i < question->prototypes->contract_count; i++) {
        const struct contract_file *file = question->prototypes->contracts[i];
        for (uint32_t j = 0; j < file->table.library_count; j++) {
            const char *pattern = type_text(&file->table.types, file->table.libraries[j].soname);
            if (glob_match(pattern, strlen(pattern), soname))
                ask_library(question, file, &file->table.libraries[j]);
        }
    }
}

void prototypes_contracts(struct prototypes *prototypes, const struct contract_paths *paths) {
    for (size_t i = 0; i < paths->count; i++) {
        struct contract_file *file = pool_get(prototypes->pool, sizeof(*file));
        const char *why = NULL;
        if (contract_file_open(file, pool_copy(prototypes->pool, paths->items[i]), &why))
            *(struct contract_file **)pool_append(prototypes->pool, &prototypes->contracts, &prototypes->contract_count,
                                                  sizeof(struct contract_file *)) = file;
        else
            gap_add(prototypes, pool_clean(prototypes->pool, paths->items[i], POOL_CLEAN_ALL), why);
    }
}

/* In the order in which they are believed. */
static void (*const sources[])(struct question *) = {ask_contracts, ask_debug_info, ask_headers};

/* ---- the question ---- */

static void name_add(struct question *question, const char *name) {
    for (size_t i = 0; i < question->name_count; i++)
        if (strcmp(question->names[i], name) == 0)
            return;
    if (question->name_count < PROTOTYPES_MAX)
        question->names[question->name_count++] = name;
    else
        question->crowded = true;
}

/* What the program asked for leads to an address that has other names, or none, when it is an IFUNC: the real function was chosen
 * when the program ran. */
static bool asked_name_fits(const struct question *question) {
    const char *asked = question->answer->asked_name;
    const struct library *library = question->library;
    const struct export *export = *asked && library->known ? exports_named(&library->exports, asked) : NULL;
    if (!library->known)
        return *asked; /* of the vdso; nothing is known of others */
    return export && (export->indirect || export->value == question->value);
}

static void names_collect(struct question *question) {
    size_t count;
    const struct export *exports = exports_at(&question->library->exports, question->value, &count);
    if (asked_name_fits(question))
        name_add(question, question->answer->asked_name);
    for (size_t i = 0; i < count; i++)
        if (!exports[i].old && !exports[i].indirect)
            name_add(question, exports[i].name);
}

/* What the program, or the library, calls it. "": nothing, it was handed over as a pointer, and nobody missed its declaration. */
static const char *asked_for(const struct question *question) {
    const char *name = question->answer->asked_name;
    return pool_clean(question->prototypes->pool, *name || !question->name_count ? name : question->names[0], POOL_CLEAN_ALL);
}

/* The first function that nobody describes stands for the others. */
static void gap_explain(const struct question *question) {
    const struct library *library = question->library;
    struct pool *pool = question->prototypes->pool;
    const char *name = asked_for(question);
    if (!library->known)
        gap_add(question->prototypes, library->path, "its file is gone, or is not the one that was loaded");
    else if (*name && library->debug_info)
        gap_add(question->prototypes, library->path,
                pool_text(pool, "neither its debug info nor a header that FFISan knows describes %s", name));
    else if (*name)
        gap_add(question->prototypes, library->path,
                pool_text(pool, "it has no debug info, and no header that FFISan knows declares %s", name));
}

static bool is_described(const struct answer *answer, const char *name) {
    for (size_t i = 0; i < answer->count; i++)
        if (strcmp(without_prefix(answer->found[i].name), without_prefix(name)) == 0)
            return true;
    return false;
}

/* Linkers fold functions that happen to be the same code (gold and lld --icf). Where one of its names is described by nobody, the
 * call may have been meant for that one. */
static void doubt(struct question *question) {
    if (question->crowded)
        question->answer->count = 0;
    for (size_t i = 0; question->name_count > 1 && i < question->name_count; i++)
        if (!is_described(question->answer, question->names[i])) {
            question->answer->count = 0;
            return;
        }
}

/* Those of the name that was asked for come first, each group in the order of its sources. */
static void asked_first(struct answer *answer) {
    struct prototype ordered[PROTOTYPES_MAX];
    size_t count = 0;
    for (int other = 0; other < 2; other++)
        for (size_t i = 0; i < answer->count; i++)
            if ((strcmp(answer->found[i].name, answer->asked_name) != 0) == other)
                ordered[count++] = answer->found[i];
    memcpy(answer->found, ordered, count * sizeof(*ordered));
}

static int answer_compare(const void *left, const void *right) {
    const struct answer *a = left, *b = right;
    if (a->library != b->library)
        return a->library < b->library ? -1 : 1;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return strcmp(a->asked_name, b->asked_name);
}

static struct answer *answer_new(struct prototypes *prototypes, struct library *library, const struct answer *wanted) {
    struct answer *answer = pool_get(prototypes->pool, sizeof(*answer));
    *answer = *wanted;
    answer->asked_name = pool_copy(prototypes->pool, wanted->asked_name);
    struct question question = {.prototypes = prototypes, .library = library, .value = wanted->value, .answer = answer};
    names_collect(&question);
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        sources[i](&question);
    doubt(&question);
    asked_first(answer);
    if (!answer->count)
        gap_explain(&question);
    if (!tsearch(answer, &prototypes->answers, answer_compare))
        pool_exhausted();
    return answer;
}

size_t prototypes_of(struct prototypes *prototypes, const struct module *module, uint64_t address, const char *asked_name,
                     struct prototype *found, size_t limit) {
    if (!prototypes || !module)
        return 0;
    struct library *library = library_of(prototypes, module);
    struct answer wanted = {.library = library, .value = address - module->bias, .asked_name = asked_name ? asked_name : ""};
    struct answer **known = tfind(&wanted, &prototypes->answers, answer_compare);
    const struct answer *answer = known ? *known : answer_new(prototypes, library, &wanted);
    size_t count = answer->count < limit ? answer->count : limit;
    memcpy(found, answer->found, count * sizeof(*found));
    return count;
}
