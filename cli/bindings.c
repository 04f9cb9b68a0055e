/* SPDX-License-Identifier: Apache-2.0 */
#include "bindings.h"

#include <fnmatch.h>
#include <gelf.h>
#include <string.h>

static const struct {
    const char *pattern, *product;
    enum binding_reach reach; /* SEEN: when it imports libffi */
} known[] = {
    {"koffi.node", "koffi", BINDING_OWN},     {"ffi-rs.*.node", "ffi-rs", BINDING_OWN},
    {"luajit*", "LuaJIT", BINDING_OWN},       {"libluajit-*.so*", "LuaJIT", BINDING_OWN},
    {"libjffi-*.so", "jffi", BINDING_OWN},    {"libjnidispatch*.so", "JNA", BINDING_SEEN},
    {"jna*.tmp", "JNA", BINDING_OWN}, /* unpacked from its jar, and gone by now: the libffi is linked into it */
    {"_ctypes.*.so", "ctypes", BINDING_SEEN}, {"_cffi_backend.*.so", "cffi", BINDING_SEEN},
    {"fiddle.so", "fiddle", BINDING_SEEN},    {"ffi_c.so", "ruby-ffi", BINDING_SEEN},
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

/* Where the symbols of a file say that ffi_call is. */
struct found {
    bool imported, inside;
    bool slot; /* it is called by a slot, which may lead elsewhere */
};

static bool is_ffi_call(const char *name) {
    return name && (strcmp(name, "ffi_call") == 0 || strcmp(name, "cffistatic_ffi_call") == 0);
}

static void look_at(struct found *found, const GElf_Sym *symbol, bool dynamic) {
    bool defined = symbol->st_shndx != SHN_UNDEF;
    if (dynamic && !defined)
        found->imported = true;
    else if (defined && GELF_ST_TYPE(symbol->st_info) == STT_FUNC)
        found->inside = true;
}

static void look_through(struct found *found, Elf *elf, Elf_Scn *section, const GElf_Shdr *header) {
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = data && header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
    for (size_t i = 0; i < count; i++) {
        GElf_Sym symbol;
        if (gelf_getsym(data, (int)i, &symbol) && is_ffi_call(elf_strptr(elf, header->sh_link, symbol.st_name)))
            look_at(found, &symbol, header->sh_type == SHT_DYNSYM);
    }
}

/* Who is linked with -Bsymbolic exports a function and calls it past every slot. */
static void look_for_slot(struct found *found, Elf *elf, Elf_Scn *section, const GElf_Shdr *header) {
    GElf_Shdr names;
    Elf_Scn *symbols = elf_getscn(elf, header->sh_link);
    Elf_Data *data = elf_getdata(section, NULL), *table = symbols ? elf_getdata(symbols, NULL) : NULL;
    size_t count = data && table && header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
    for (size_t i = 0; i < count && gelf_getshdr(symbols, &names); i++) {
        GElf_Rela slot;
        GElf_Sym symbol;
        if (gelf_getrela(data, (int)i, &slot) && gelf_getsym(table, (int)GELF_R_SYM(slot.r_info), &symbol) &&
            is_ffi_call(elf_strptr(elf, names.sh_link, symbol.st_name)))
            found->slot = true;
    }
}

static struct found find_ffi_call(Elf *elf) {
    struct found found = {0};
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            continue;
        if (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB)
            look_through(&found, elf, section, &header);
        else if (header.sh_type == SHT_RELA)
            look_for_slot(&found, elf, section, &header);
    }
    return found;
}

/* A stripped binding shows nothing of what is inside; that it imports no ffi_call says enough. */
enum binding_reach binding_reach(const char *name, Elf *elf, const char **product) {
    size_t row = 0;
    while (row < KNOWN && fnmatch(known[row].pattern, name, 0) != 0)
        row++;
    *product = row < KNOWN ? known[row].product : NULL;
    if (row < KNOWN && known[row].reach == BINDING_OWN)
        return BINDING_OWN;
    if (!elf || fnmatch("libffi*", name, 0) == 0)
        return row < KNOWN ? BINDING_SEEN : BINDING_NONE;
    struct found found = find_ffi_call(elf);
    if (found.imported || found.slot)
        return BINDING_SEEN;
    return found.inside || row < KNOWN ? BINDING_HIDDEN : BINDING_NONE;
}
