/* SPDX-License-Identifier: Apache-2.0
 *
 * Why mismatched-deallocator needs a second look between malloc and new
 * ---------------------------------------------------------------------
 * The shim knows the family of a block by the function through which it was made. A module that is linked with -static-libstdc++
 * (or a static libc++) has an operator new inside, hidden or bound at link time: the shim does not see it, only the malloc below
 * it. Such a block is new's, and looks like malloc's. When another module, or inlined code of the same one, deletes it through
 * the operator delete that the shim does see, or the other way round, the families differ although the program is right.
 *
 * Such a module can be told: it does not import operator new or delete, but contains the name of std::bad_alloc's type
 * ("St9bad_alloc"), which every operator new that may throw needs. A module that merely uses new imports it. The pattern is
 * also met by a plain C++ library that catches std::bad_alloc and never calls new; then a finding is missed, which is the side to
 * err on.
 *
 * The same holds when the function that called malloc is named operator new, or the one that called free operator delete:
 * whatever module that stands in, it is the family's own implementation.
 */
#include "veto.h"

#include <gelf.h>
#include <string.h>

#include "findings.h"
#include "symbols.h"

/* Mangled names (Itanium C++ ABI 5.1.3.3) start with nw, na, dl or da: _Znwm, _ZnamSt11align_val_t, _ZdlPv, _ZdaPvm, ... */
static bool is_new_or_delete(const char *name) {
    return strncmp(name, "_Znw", 4) == 0 || strncmp(name, "_Zna", 4) == 0 || strncmp(name, "_Zdl", 4) == 0 ||
           strncmp(name, "_Zda", 4) == 0;
}

static bool symbols_import_new(Elf *elf, Elf_Scn *section, const GElf_Shdr *header) {
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = data && header->sh_entsize ? data->d_size / header->sh_entsize : 0;
    for (size_t i = 0; i < count; i++) {
        GElf_Sym memory;
        const GElf_Sym *symbol = gelf_getsym(data, (int)i, &memory);
        const char *name = symbol ? elf_strptr(elf, header->sh_link, symbol->st_name) : NULL;
        if (name && symbol->st_shndx == SHN_UNDEF && is_new_or_delete(name))
            return true;
    }
    return false;
}

static bool imports_new(Elf *elf) {
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNSYM && symbols_import_new(elf, section, &header))
            return true;
    }
    return false;
}

static bool contains_bad_alloc(Elf *elf) {
    static const char name[] = "St9bad_alloc"; /* with its NUL */
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header) || !(header.sh_flags & SHF_ALLOC) || header.sh_type != SHT_PROGBITS)
            continue;
        Elf_Data *data = elf_rawdata(section, NULL);
        if (data && data->d_buf && memmem(data->d_buf, data->d_size, name, sizeof(name)))
            return true;
    }
    return false;
}

bool has_own_cxx_runtime(Elf *elf) {
    return !imports_new(elf) && contains_bad_alloc(elf);
}

static bool is_cxx_family(enum ffisan_family family) {
    return family == FFISAN_FAMILY_NEW || family == FFISAN_FAMILY_NEW_ARRAY;
}

static const struct frame *innermost(const struct finding *finding, enum ffisan_role role) {
    const struct stack *stack = finding_stack(finding, role);
    for (size_t i = 0; stack && i < stack->native_count; i++)
        if (!stack->native[i].shim)
            return &stack->native[i];
    return NULL;
}

static const struct module *module_named(const struct process *process, const char *name) {
    for (size_t i = 0; name && i < process->module_count; i++)
        if (strcmp(process->modules[i].name, name) == 0)
            return &process->modules[i];
    return NULL;
}

static bool is_the_shared_runtime(const struct module *module) {
    return strncmp(module->name, "libstdc++.so", 12) == 0 || strncmp(module->name, "libc++", 6) == 0;
}

static bool side_misleads(const struct process *process, struct symbols *symbols, const struct frame *frame,
                          const struct module *module) {
    if (frame && frame->function && strncmp(frame->function, "operator ", 9) == 0)
        return true;
    module = module ? module : frame ? module_named(process, frame->module) : NULL;
    if (!module || is_the_shared_runtime(module))
        return false;
    Elf *elf = symbols_elf(symbols, module);
    return elf && has_own_cxx_runtime(elf);
}

bool finding_vetoed(const struct finding *finding, const struct process *process, struct symbols *symbols) {
    const struct facts *facts = &finding->facts;
    bool malloc_and_new = (facts->family == FFISAN_FAMILY_MALLOC && is_cxx_family(facts->free_family)) ||
                          (facts->free_family == FFISAN_FAMILY_MALLOC && is_cxx_family(facts->family));
    if (finding->rule != FFISAN_RULE_MISMATCHED_DEALLOCATOR || !malloc_and_new)
        return false;
    return side_misleads(process, symbols, innermost(finding, FFISAN_ROLE_ALLOCATED), facts->owner) ||
           side_misleads(process, symbols, innermost(finding, FFISAN_ROLE_DETECTED), facts->free_owner);
}
