/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/tables.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/glob.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/records.h"
#include "ffisan/record.h"

#define MODULES_MOST 8192u /* as many as core/modules.c knows */
#define ENTRIES_MOST 6u    /* of one library; further ones are not looked at */
#define PATH_MOST    512u

static struct contract_table tables[TABLES_MOST];
static bool is_users[TABLES_MOST]; /* the user's own: the launcher puts those beside the records */
static uint32_t table_count;

/* What speaks of a module, by its id. */
static struct speaking {
    bool known; /* set last */
    uint8_t count;
    uint16_t entries[ENTRIES_MOST]; /* as tables_library counts */
} * speaking;

/* ---- the files ---- */

static void open_one(const char *path) {
    size_t size = 0;
    const void *bytes = table_count < TABLES_MOST ? memory_map_file(path, &size) : NULL;
    if (!bytes || !contract_table_open(&tables[table_count], bytes, size)) {
        record_note(FFISAN_NOTE_OPTION, path);
        return;
    }
    size_t folder = strlen(options.records);
    is_users[table_count++] = strncmp(path, options.records, folder) == 0 && path[folder] == '/';
}

uint32_t tables_open(void) {
    static char text[OPTION_TEXT_SIZE];
    uint32_t functions = 0;
    memcpy(text, options.contracts, sizeof text);
    for (char *piece = text; piece && *piece;) {
        char *comma = strchr(piece, ',');
        if (comma)
            *comma = 0;
        open_one(piece);
        piece = comma ? comma + 1 : NULL;
    }
    for (uint32_t i = 0; i < table_count; i++)
        functions += tables[i].function_count;
    if (functions)
        speaking = memory_map(MODULES_MOST * sizeof *speaking);
    return speaking ? functions : 0;
}

void tables_names(const char **to) {
    for (uint32_t i = 0; i < table_count; i++)
        for (uint32_t j = 0; j < tables[i].function_count; j++)
            *to++ = type_text(&tables[i].types, tables[i].functions[j].name);
    *to = NULL;
}

const struct ffisan_contract_library *tables_library(uint32_t index, const struct contract_table **table) {
    for (uint32_t i = 0; i < table_count; i++) {
        *table = &tables[i];
        if (index < tables[i].library_count)
            return &tables[i].libraries[index];
        index -= tables[i].library_count;
    }
    return NULL;
}

/* ---- versions ---- */

static bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

/* Number by number; what is no number ends it. "1.2" is before "1.2.1" and "1.10". */
static int compare_versions(const char *a, const char *b) {
    while (is_digit(*a) || is_digit(*b)) {
        uint64_t x = 0, y = 0;
        for (; is_digit(*a); a++)
            x = x * 10 + (uint64_t)(*a - '0');
        for (; is_digit(*b); b++)
            y = y * 10 + (uint64_t)(*b - '0');
        if (x != y)
            return x < y ? -1 : 1;
        a += *a == '.';
        b += *b == '.';
    }
    return 0;
}

/* "libz.so.1.2.13": 1.2.13. What has one number only is a SONAME's, and no version of the library. NULL: not known. */
static const char *version_in(const char *name) {
    const char *so = strstr(name, ".so.");
    const char *version = so ? so + 4 : NULL;
    return version && is_digit(*version) && strchr(version, '.') ? version : NULL;
}

/* The name of the file that the library's name leads to. */
static const char *file_name(const struct module *module, char *room) {
    long length = syscall(SYS_readlink, module->path, room, PATH_MOST - 1);
    room[length > 0 ? length : 0] = 0;
    const char *slash = strrchr(room, '/');
    return !room[0] ? module_name(module) : slash ? slash + 1 : room;
}

/* Unknown versions are taken for right: distributions name their files as they like. */
static bool fits_version(const struct contract_table *table, const struct ffisan_contract_library *library,
                         const struct module *module) {
    char room[PATH_MOST];
    const char *from = type_text(&table->types, library->from), *until = type_text(&table->types, library->until);
    const char *version = *from || *until ? version_in(file_name(module, room)) : NULL;
    if (!version)
        return true;
    return (!*from || compare_versions(version, from) >= 0) && (!*until || compare_versions(version, until) < 0);
}

/* ---- libraries ---- */

bool tables_speak_of(const struct contract_table *table, const struct ffisan_contract_library *library,
                     const struct module *module) {
    const char *glob = type_text(&table->types, library->soname), *soname = module_soname(module);
    size_t length = strlen(glob);
    return (soname && glob_match(glob, length, soname)) || glob_match(glob, length, module_name(module));
}

/* What does not fit is left out. */
static size_t append(char to[PATH_MOST], size_t used, const char *text) {
    size_t length = strnlen(text, PATH_MOST - 1 - used);
    memcpy(to + used, text, length);
    to[used + length] = 0;
    return used + length;
}

/* A function that the library does not have is somebody's mistake, or of another version: who wrote the contract wants to know. What ships
 * is written for many versions. */
static void note_lacking(const struct contract_table *table, const struct ffisan_contract_library *library,
                         const struct module *module) {
    char text[PATH_MOST];
    for (uint32_t i = 0; i < library->count; i++) {
        const char *name = type_text(&table->types, table->functions[library->first + i].name);
        if (module_symbol(module, name))
            continue;
        size_t used = append(text, 0, name);
        used = append(text, used, " of ");
        append(text, used, module_name(module));
        record_note(FFISAN_NOTE_CONTRACT_FUNCTION, text);
    }
}

static void learn(const struct module *module, struct speaking *to) {
    const struct contract_table *table;
    const struct ffisan_contract_library *library;
    bool others = false, others_of_users = false;
    to->count = 0;
    for (uint32_t i = 0; (library = tables_library(i, &table)); i++) {
        if (!tables_speak_of(table, library, module))
            continue;
        if (!fits_version(table, library, module)) {
            others = true;
            others_of_users = others_of_users || is_users[table - tables];
            continue;
        }
        if (to->count == ENTRIES_MOST)
            continue;
        to->entries[to->count++] = (uint16_t)i;
        if (is_users[table - tables])
            note_lacking(table, library, module);
    }
    if (others_of_users || (others && !to->count))
        record_note(FFISAN_NOTE_CONTRACT_VERSION, module->path);
    __atomic_store_n(&to->known, true, __ATOMIC_RELEASE);
}

/* NULL: it is one too many, or there are no contracts at all (and somebody speaks for himself: spoken.c). */
static const struct speaking *speaking_of(const struct module *library) {
    struct speaking *here = speaking && library->id < MODULES_MOST ? &speaking[library->id] : NULL;
    if (here && !__atomic_load_n(&here->known, __ATOMIC_ACQUIRE))
        learn(library, here);
    return here;
}

bool tables_have(const struct contract_table *table, const struct module *module) {
    const struct speaking *here = module ? speaking_of(module) : NULL;
    const struct contract_table *other;
    for (unsigned i = 0; here && i < here->count; i++)
        if (tables_library(here->entries[i], &other) && other == table)
            return true;
    return false;
}

const struct ffisan_contract_function *tables_function(const struct module *library, const char *name,
                                                       const struct contract_table **table) {
    const struct speaking *here = speaking_of(library);
    for (unsigned i = 0; here && i < here->count; i++) {
        const struct ffisan_contract_library *entry = tables_library(here->entries[i], table);
        const struct ffisan_contract_function *function = entry ? contract_table_function(*table, entry, name) : NULL;
        if (function)
            return function;
    }
    return NULL;
}
