/* SPDX-License-Identifier: Apache-2.0 */
#include "exports.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

#define EXPORTS_MAX    (1u << 20)
#define VERSION_HIDDEN 0x8000 /* Linux Standard Base, 10.7.2: bit 15 of .gnu.version's entries */

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

static int export_compare(const void *left, const void *right) {
    const struct export *a = left, *b = right;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return strcmp(a->name, b->name);
}

static const char *soname_of(Elf *elf) {
    GElf_Shdr header;
    GElf_Dyn entry;
    Elf_Data *data = section_of_type(elf, SHT_DYNAMIC, &header);
    for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++)
        if (entry.d_tag == DT_SONAME)
            return elf_strptr(elf, header.sh_link, entry.d_un.d_val);
    return NULL;
}

void exports_read(struct exports *exports, struct pool *pool, Elf *elf) {
    struct symbol_table table;
    const char *soname = soname_of(elf);
    *exports = (struct exports){.soname = pool_copy(pool, soname ? soname : "")};
    if (!table_find(&table, elf))
        return;
    for (size_t i = 1; i < table.count; i++)
        export_add(exports, pool, elf, &table, (int)i);
    if (exports->count)
        qsort(exports->items, exports->count, sizeof(*exports->items), export_compare);
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
