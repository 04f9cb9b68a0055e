/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking a symbol up in one module, by its own hash table: what dlsym would do, without the loader's lock, its allocations and
 * its idea of who is asking. Reads what the loader has mapped and checked already; the walks are bounded all the same.
 */
#include <string.h>

#include "core/modules.h"

struct dynamic {
    const ElfW(Sym) *symbols;
    const char *strings;
    size_t strings_size;
    const uint32_t *gnu_hash;
    const uint32_t *hash;
    const ElfW(Half) *versions;
    const ElfW(Verdef) *defined_versions;
};

/* What is asked for. */
struct wanted {
    const char *name;
    const char *version; /* NULL: the default one */
};

/* The loader relocates these pointers in place, in most objects; in the vdso, and where .dynamic is read-only, they are as in the
 * file. */
static uintptr_t pointer(const struct module *module, uintptr_t value) {
    return value < module->bias ? value + module->bias : value;
}

static struct dynamic read_dynamic(const struct module *module) {
    struct dynamic found = {0};
    for (const ElfW(Dyn) *entry = module->dynamic; entry && entry->d_tag != DT_NULL; entry++) {
        uintptr_t value = pointer(module, entry->d_un.d_ptr);
        switch (entry->d_tag) {
        case DT_SYMTAB:
            found.symbols = (const void *)value;
            break;
        case DT_STRTAB:
            found.strings = (const void *)value;
            break;
        case DT_STRSZ:
            found.strings_size = entry->d_un.d_val;
            break;
        case DT_GNU_HASH:
            found.gnu_hash = (const void *)value;
            break;
        case DT_HASH:
            found.hash = (const void *)value;
            break;
        case DT_VERSYM:
            found.versions = (const void *)value;
            break;
        case DT_VERDEF:
            found.defined_versions = (const void *)value;
            break;
        default:
            break;
        }
    }
    return found;
}

/* The name of a version that the module defines; NULL: of the base, or none. */
static const char *version_name(const struct dynamic *dynamic, unsigned number) {
    const char *at = (const char *)dynamic->defined_versions;
    for (unsigned steps = 0; at && steps < 0x8000; steps++) {
        const ElfW(Verdef) *definition = (const void *)at;
        const ElfW(Verdaux) *name = (const void *)(at + definition->vd_aux);
        if ((definition->vd_ndx & 0x7fff) == number)
            return definition->vd_flags & VER_FLG_BASE || name->vda_name >= dynamic->strings_size
                       ? NULL
                       : dynamic->strings + name->vda_name;
        at = definition->vd_next ? at + definition->vd_next : NULL;
    }
    return NULL;
}

/* As the loader matches (glibc, elf/dl-lookup.c, check_match): what has no version serves whoever asks for one. */
static bool has_version(const struct dynamic *dynamic, uint32_t index, const char *version) {
    if (!dynamic->versions)
        return true;
    bool hidden = dynamic->versions[index] & 0x8000; /* an old version of the symbol */
    if (!version)
        return !hidden;
    const char *name = version_name(dynamic, dynamic->versions[index] & 0x7fff);
    return name ? strcmp(name, version) == 0 : !hidden;
}

static bool is_it(const struct dynamic *dynamic, uint32_t index, const struct wanted *wanted) {
    const ElfW(Sym) *symbol = &dynamic->symbols[index];
    if (symbol->st_shndx == SHN_UNDEF || symbol->st_name >= dynamic->strings_size ||
        strcmp(dynamic->strings + symbol->st_name, wanted->name) != 0)
        return false;
    unsigned type = ELF64_ST_TYPE(symbol->st_info), bind = ELF64_ST_BIND(symbol->st_info);
    if (bind == STB_LOCAL || (type != STT_FUNC && type != STT_OBJECT && type != STT_GNU_IFUNC && type != STT_NOTYPE))
        return false;
    return has_version(dynamic, index, wanted->version);
}

static uint32_t gnu_hash_of(const char *name) {
    uint32_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static uint32_t find_gnu(const struct dynamic *dynamic, const struct wanted *wanted) {
    const uint32_t *table = dynamic->gnu_hash;
    uint32_t buckets = table[0], offset = table[1], bloom = table[2];
    if (!buckets)
        return 0;
    const uint32_t *bucket = table + 4 + 2 * (size_t)bloom, *chain = bucket + buckets;
    uint32_t hash = gnu_hash_of(wanted->name), index = bucket[hash % buckets];
    if (index < offset)
        return 0;
    for (;; index++) {
        uint32_t entry = chain[index - offset];
        if ((entry | 1) == (hash | 1) && is_it(dynamic, index, wanted))
            return index;
        if (entry & 1)
            return 0;
    }
}

static uint32_t sysv_hash_of(const char *name) {
    uint32_t hash = 0;
    for (; *name; name++) {
        hash = (hash << 4) + (unsigned char)*name;
        uint32_t high = hash & 0xf0000000;
        hash = (hash ^ high >> 24) & ~high;
    }
    return hash;
}

static uint32_t find_sysv(const struct dynamic *dynamic, const struct wanted *wanted) {
    uint32_t buckets = dynamic->hash[0], chains = dynamic->hash[1];
    const uint32_t *bucket = dynamic->hash + 2, *chain = bucket + buckets;
    uint32_t steps = 0;
    for (uint32_t index = buckets ? bucket[sysv_hash_of(wanted->name) % buckets] : 0; index && index < chains && steps++ < chains;
         index = chain[index])
        if (is_it(dynamic, index, wanted))
            return index;
    return 0;
}

uintptr_t module_symbol_version(const struct module *module, const char *name, const char *version) {
    struct dynamic dynamic = read_dynamic(module);
    struct wanted wanted = {name, version};
    if (!dynamic.symbols || !dynamic.strings)
        return 0;
    uint32_t index = dynamic.gnu_hash ? find_gnu(&dynamic, &wanted) : dynamic.hash ? find_sysv(&dynamic, &wanted) : 0;
    if (!index)
        return 0;
    const ElfW(Sym) *symbol = &dynamic.symbols[index];
    uintptr_t address = module->bias + symbol->st_value;
    if (ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC)
        address = ((uintptr_t(*)(void))address)();
    return address;
}

uintptr_t module_symbol(const struct module *module, const char *name) {
    return module_symbol_version(module, name, NULL);
}

/* How many symbols there are stands only in the hash tables: for GNU's, behind the end of the last chain. */
static uint32_t count_gnu(const uint32_t *table) {
    uint32_t buckets = table[0], offset = table[1], bloom = table[2], last = 0;
    const uint32_t *bucket = table + 4 + 2 * (size_t)bloom, *chain = bucket + buckets;
    for (uint32_t i = 0; i < buckets; i++)
        last = bucket[i] > last ? bucket[i] : last;
    if (last < offset)
        return 0;
    while (!(chain[last - offset] & 1))
        last++;
    return last + 1;
}

static uint32_t count_symbols(const struct dynamic *dynamic) {
    return dynamic->gnu_hash ? count_gnu(dynamic->gnu_hash) : dynamic->hash ? dynamic->hash[1] : 0;
}

/* A function that others find. */
static bool is_exported(const struct dynamic *dynamic, uint32_t index) {
    const ElfW(Sym) *symbol = &dynamic->symbols[index];
    return symbol->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_name < dynamic->strings_size;
}

void module_names(const struct module *module, uintptr_t address, bool (*each)(const char *name, void *context), void *context) {
    struct dynamic dynamic = read_dynamic(module);
    if (!dynamic.symbols || !dynamic.strings)
        return;
    uint32_t count = count_symbols(&dynamic);
    for (uint32_t i = 1; i < count; i++) {
        const ElfW(Sym) *symbol = &dynamic.symbols[i];
        if (is_exported(&dynamic, i) && module->bias + symbol->st_value == address &&
            !each(dynamic.strings + symbol->st_name, context))
            return;
    }
}

bool module_exports(const struct module *module, bool (*each)(const char *name, void *context), void *context) {
    struct dynamic dynamic = read_dynamic(module);
    if (!dynamic.symbols || !dynamic.strings)
        return true;
    uint32_t count = count_symbols(&dynamic);
    for (uint32_t i = 1; i < count; i++)
        if (is_exported(&dynamic, i) && !each(dynamic.strings + dynamic.symbols[i].st_name, context))
            return false;
    return true;
}

const char *module_soname(const struct module *module) {
    const struct dynamic dynamic = read_dynamic(module);
    for (const ElfW(Dyn) *entry = module->dynamic; dynamic.strings && entry && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_SONAME)
            return entry->d_un.d_val < dynamic.strings_size ? dynamic.strings + entry->d_un.d_val : NULL;
    return NULL;
}
