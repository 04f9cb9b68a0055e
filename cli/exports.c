/* SPDX-License-Identifier: Apache-2.0 */
#include "exports.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

#define EXPORTS_MAX    (1u << 20)
#define VERSION_HIDDEN 0x8000 /* Linux Standard Base, 10.7.2: bit 15 of .gnu.version's entries */
#define NEEDED_MAX     4096   /* libraries, and versions of each */

/* Symbols, and what goes with them by index. */
struct symbol_table {
    Elf_Data *symbols, *versions;
    size_t strings; /* section */
    size_t count;
};

static Elf_Data *section_of_type(Elf *elf, uint32_t type, GElf_Shdr *header) {
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section)))
        if (gelf_getshdr(section, header) && header->sh_type == type)
            return elf_getdata(section, NULL);
    return NULL;
}

static bool table_find(struct symbol_table *table, Elf *elf) {
    GElf_Shdr header, ignored;
    *table = (struct symbol_table){.symbols = section_of_type(elf, SHT_DYNSYM, &header)};
    if (!table->symbols || !header.sh_entsize)
        return false;
    table->strings = header.sh_link;
    table->count = table->symbols->d_size / header.sh_entsize;
    table->versions = section_of_type(elf, SHT_GNU_versym, &ignored);
    return table->count <= EXPORTS_MAX;
}

static bool gives_out(const GElf_Sym *symbol) {
    int type = GELF_ST_TYPE(symbol->st_info), binding = GELF_ST_BIND(symbol->st_info);
    return symbol->st_shndx != SHN_UNDEF && symbol->st_value && (type == STT_FUNC || type == STT_GNU_IFUNC) &&
           binding != STB_LOCAL;
}

static bool is_old(const struct symbol_table *table, int index) {
    GElf_Versym version;
    return table->versions && gelf_getversym(table->versions, index, &version) && (version & VERSION_HIDDEN);
}

static void export_add(struct exports *exports, struct pool *pool, Elf *elf, const struct symbol_table *table, int index) {
    GElf_Sym symbol;
    if (!gelf_getsym(table->symbols, index, &symbol) || !gives_out(&symbol))
        return;
    const char *name = elf_strptr(elf, table->strings, symbol.st_name);
    if (!name || !*name)
        return;
    *(struct export *)pool_append(pool, &exports->items, &exports->count, sizeof(*exports->items)) =
        (struct export){.name = pool_copy(pool, name),
                        .value = symbol.st_value,
                        .indirect = GELF_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC,
                        .old = is_old(table, index)};
}

/* ---- functions of others ---- */

static bool jumps_elsewhere(const GElf_Sym *symbol) {
    return symbol->st_shndx == SHN_UNDEF && symbol->st_value && GELF_ST_TYPE(symbol->st_info) == STT_FUNC;
}

/* Whether one of the versions that are wanted of a library, the first of them at `offset`, has that number. */
static bool version_listed(Elf_Data *data, size_t offset, unsigned version) {
    GElf_Vernaux wanted;
    for (unsigned i = 0; i < NEEDED_MAX && gelf_getvernaux(data, (int)offset, &wanted); i++) {
        if (wanted.vna_other == version)
            return true;
        if (!wanted.vna_next)
            return false;
        offset += wanted.vna_next;
    }
    return false;
}

/* The library that a version belongs to; NULL: none. */
static const char *version_library(Elf *elf, unsigned version) {
    GElf_Shdr header;
    GElf_Verneed library;
    Elf_Data *data = section_of_type(elf, SHT_GNU_verneed, &header);
    size_t offset = 0;
    for (unsigned i = 0; data && i < NEEDED_MAX && gelf_getverneed(data, (int)offset, &library); i++) {
        if (version_listed(data, offset + library.vn_aux, version))
            return elf_strptr(elf, header.sh_link, library.vn_file);
        if (!library.vn_next)
            return NULL;
        offset += library.vn_next;
    }
    return NULL;
}

static void import_add(struct exports *exports, struct pool *pool, Elf *elf, const struct symbol_table *table, int index) {
    GElf_Sym symbol;
    GElf_Versym version = 0;
    if (!gelf_getsym(table->symbols, index, &symbol) || !jumps_elsewhere(&symbol))
        return;
    const char *name = elf_strptr(elf, table->strings, symbol.st_name);
    if (table->versions)
        gelf_getversym(table->versions, index, &version);
    const char *soname = version > 1 ? version_library(elf, version) : NULL; /* 0 and 1 are no versions */
    if (name && *name)
        *(struct import *)pool_append(pool, &exports->imports, &exports->import_count, sizeof(*exports->imports)) =
            (struct import){
                .name = pool_copy(pool, name), .value = symbol.st_value, .soname = soname ? pool_copy(pool, soname) : NULL};
}

/* ---- the whole ---- */

static int export_compare(const void *left, const void *right) {
    const struct export *a = left, *b = right;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return strcmp(a->name, b->name);
}

static void dynamic_read(struct exports *exports, struct pool *pool, Elf *elf) {
    GElf_Shdr header;
    GElf_Dyn entry;
    Elf_Data *data = section_of_type(elf, SHT_DYNAMIC, &header);
    for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
        const char *text = elf_strptr(elf, header.sh_link, entry.d_un.d_val);
        if (entry.d_tag == DT_SONAME && text)
            exports->soname = pool_copy(pool, text);
        if (entry.d_tag == DT_NEEDED && text && exports->needed_count < NEEDED_MAX)
            *(const char **)pool_append(pool, &exports->needed, &exports->needed_count, sizeof(*exports->needed)) =
                pool_copy(pool, text);
    }
}

void exports_read(struct exports *exports, struct pool *pool, Elf *elf) {
    struct symbol_table table;
    *exports = (struct exports){.soname = ""};
    dynamic_read(exports, pool, elf);
    if (!table_find(&table, elf))
        return;
    for (size_t i = 1; i < table.count; i++) {
        export_add(exports, pool, elf, &table, (int)i);
        import_add(exports, pool, elf, &table, (int)i);
    }
    if (exports->count)
        qsort(exports->items, exports->count, sizeof(*exports->items), export_compare);
}

const struct import *exports_import_at(const struct exports *exports, uint64_t value) {
    for (size_t i = 0; i < exports->import_count; i++)
        if (exports->imports[i].value == value)
            return &exports->imports[i];
    return NULL;
}

const struct export *exports_at(const struct exports *exports, uint64_t value, size_t *count) {
    size_t low = 0, high = exports->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (exports->items[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    for (*count = 0; low + *count < exports->count && exports->items[low + *count].value == value;)
        ++*count;
    return *count ? &exports->items[low] : NULL;
}

const struct export *exports_named(const struct exports *exports, const char *name) {
    for (size_t i = 0; i < exports->count; i++)
        if (!exports->items[i].old && strcmp(exports->items[i].name, name) == 0)
            return &exports->items[i];
    return NULL;
}
