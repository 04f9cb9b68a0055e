/* SPDX-License-Identifier: Apache-2.0
 *
 * Slots: the addresses through which a module calls others. A module's PLT slots (JUMP_SLOT) for the allocator are pointed at its
 * own row of thunks, which says who calls. Slots that hold a function's address for any use (GLOB_DAT, 64-bit data) keep the one
 * address that the whole program sees, since programs compare and hand on `free`; only when they go past the exported symbol
 * (RTLD_DEEPBIND) are they brought back to it.
 *
 * Rules for whoever edits this file: everything here runs under the loader's lock, on memory that the loader has just relocated;
 * one slot is written at a time, by one store; of a RELRO page exactly that page is opened, and closed again as it was; a slot
 * that holds something that we do not know stays as it is.
 */
#include <string.h>
#include <sys/mman.h>

#include "core/blocks.h"
#include "core/records.h"
#include "ffisan/record.h"
#include "hooks/allocator.h"
#include "hooks/binding.h"
#include "hooks/gates.h"
#include "hooks/guards.h"
#include "hooks/hooks.h"
#include "hooks/rows.h"

#define PAGE 4096u

extern const char thunk_table[];
extern const uintptr_t exported_addresses[];

uint8_t row_family[ROWS];
uintptr_t row_operator[ROWS][OPERATORS];
struct lent_row lent_row;

/* A function that we know by name: ours, and the real one behind it. */
struct known {
    const char *name;
    uintptr_t ours, real;
    int column; /* of the thunk table, -1: has none */
};

static struct known known[] = {
#define ALLOCATOR(id, name) {#name, 0, 0, FUNCTION_##id},
#include "hooks/hooks.def"
#define INTERPOSED(name) {#name, 0, 0, -1},
#include "hooks/hooks.def"
};
#define KNOWN (sizeof known / sizeof *known)

static const char *const operator_symbols[] = {
#define OPERATOR(id, symbol, text) #symbol,
#include "hooks/hooks.def"
};

/* The first two letters of the names above: most symbols are passed over by one look, in libraries with a million of them too. */
static bool beginnings[1024];

static unsigned beginning_of(const char *name) {
    return (((unsigned)(unsigned char)name[0] << 5) ^ (unsigned char)name[1]) % 1024;
}

static void fill_known(void) {
    for (size_t i = 0; i < KNOWN; i++) {
        known[i].ours = exported_addresses[i];
        known[i].real = next_symbol(known[i].name);
        beginnings[beginning_of(known[i].name)] = true;
    }
}

uintptr_t got_replacement(uintptr_t address) {
    for (size_t i = 0; i < KNOWN; i++)
        if (known[i].real == address && address && (known[i].column < 0 || allocator_off < 2))
            return known[i].ours;
    return 0;
}

static uintptr_t original(uintptr_t address) {
    uintptr_t behind = gates_behind(guards_behind(address));
    if (LIKELY(behind != address))
        return behind;
    for (size_t i = 0; i < KNOWN; i++)
        if (known[i].ours == address)
            return known[i].real;
    return address;
}

/* From the linker: where the shim itself lies. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

uintptr_t got_original(uintptr_t address) {
    bool ours = address >= (uintptr_t)__ehdr_start && address < (uintptr_t)_end;
    return ours ? original(address) : address;
}

bool got_survey(const char **owner) {
    fill_known();
    first_symbol("malloc", owner);
    const char *release_owner;
    first_symbol("free", &release_owner);
    if (release_owner)
        *owner = release_owner;
    return *owner == NULL;
}

static const struct known *known_by_name(const char *name) {
    if (!name[0] || !beginnings[beginning_of(name)])
        return NULL;
    for (size_t i = 0; i < KNOWN; i++)
        if (strcmp(known[i].name, name) == 0)
            return &known[i];
    return NULL;
}

static int operator_by_name(const char *name) {
    if (name[0] != '_' || name[1] != 'Z' || (name[2] != 'n' && name[2] != 'd') ||
        (name[3] != 'w' && name[3] != 'a' && name[3] != 'l'))
        return -1;
    for (size_t i = 0; i < OPERATORS; i++)
        if (strcmp(operator_symbols[i], name) == 0)
            return (int)i;
    return -1;
}

/* A module as the patcher sees it. */
struct target {
    struct module *module;
    const ElfW(Sym) *symbols;
    const char *strings;
    const ElfW(Half) *versions;
    const ElfW(Verneed) *needed_versions;
    uintptr_t relro_start, relro_end;
    bool bypasses; /* bound past the exported symbols */
    struct {
        const ElfW(Rela) *first;
        size_t count;
    } tables[2]; /* DT_RELA, DT_JMPREL */
};

static void read_relro(struct target *target) {
    for (unsigned i = 0; i < target->module->header_count; i++) {
        const ElfW(Phdr) *header = &target->module->headers[i];
        if (header->p_type != PT_GNU_RELRO)
            continue;
        /* As the loader does it (elf/dl-reloc.c, _dl_protect_relro): whole pages only. */
        target->relro_start = (target->module->bias + header->p_vaddr) & ~(uintptr_t)(PAGE - 1);
        target->relro_end = (target->module->bias + header->p_vaddr + header->p_memsz) & ~(uintptr_t)(PAGE - 1);
    }
}

static bool read_target(struct target *target, struct module *module) {
    *target = (struct target){.module = module};
    size_t jump_size = 0, rela_size = 0;
    const void *jump = NULL, *rela = NULL;
    bool jump_is_rela = true;
    for (const ElfW(Dyn) *entry = module->dynamic; entry->d_tag != DT_NULL; entry++) {
        uintptr_t value = entry->d_un.d_ptr;
        uintptr_t address = value < module->bias ? value + module->bias : value;
        if (entry->d_tag == DT_SYMTAB)
            target->symbols = (const void *)address;
        else if (entry->d_tag == DT_STRTAB)
            target->strings = (const char *)address;
        else if (entry->d_tag == DT_VERSYM)
            target->versions = (const void *)address;
        else if (entry->d_tag == DT_VERNEED)
            target->needed_versions = (const void *)address;
        else if (entry->d_tag == DT_JMPREL)
            jump = (const void *)address;
        else if (entry->d_tag == DT_PLTRELSZ)
            jump_size = value;
        else if (entry->d_tag == DT_PLTREL)
            jump_is_rela = value == DT_RELA;
        else if (entry->d_tag == DT_RELA)
            rela = (const void *)address;
        else if (entry->d_tag == DT_RELASZ)
            rela_size = value;
    }
    if (!target->symbols || !target->strings || !jump_is_rela)
        return false;
    target->tables[0].first = rela;
    target->tables[0].count = rela ? rela_size / sizeof(ElfW(Rela)) : 0;
    target->tables[1].first = jump;
    target->tables[1].count = jump ? jump_size / sizeof(ElfW(Rela)) : 0;
    read_relro(target);
    return true;
}

static void write_slot(const struct target *target, uintptr_t *slot, uintptr_t value) {
    uintptr_t page = (uintptr_t)slot & ~(uintptr_t)(PAGE - 1);
    bool closed = page >= target->relro_start && page < target->relro_end;
    if (closed && mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE) != 0)
        return;
    __atomic_store_n(slot, value, __ATOMIC_RELEASE);
    if (closed)
        mprotect((void *)page, PAGE, PROT_READ);
}

static uintptr_t thunk(const struct module *module, unsigned column) {
    return (uintptr_t)thunk_table + ((uintptr_t)module->row * FUNCTIONS + column) * THUNK_SIZE;
}

/* A PLT slot that the loader has not bound yet leads back into the module's own PLT. */
static bool is_unbound(const struct target *target, uintptr_t value) {
    return value >= target->module->start && value < target->module->end;
}

/* An undefined symbol with a value: the address of the executable's PLT entry stands for the function (System V ABI, AMD64, 5.2,
 * Function Addresses). */
static void note_lent_plt(const struct target *target, const ElfW(Sym) *symbol) {
    const struct module *module = target->module;
    if ((module->kind & MODULE_EXECUTABLE) && symbol->st_shndx == SHN_UNDEF && symbol->st_value)
        lent_row = (struct lent_row){module->row, module->start, module->end};
}

static void patch_known(struct target *target, uintptr_t *slot, unsigned type, const struct known *function) {
    bool allocator = function->column >= 0;
    uintptr_t value = *slot;
    if ((allocator && allocator_off > 1) || !function->real)
        return;
    if (value == function->real)
        target->bypasses = target->bypasses || allocator;
    bool ours = value == function->ours || value == function->real;
    if (!ours && !(type == R_X86_64_JUMP_SLOT && is_unbound(target, value) && !module_symbol(target->module, function->name)))
        return;
    /* The C++ runtime compares no allocator addresses, and who calls malloc for an operator must be known. */
    bool identity = type == R_X86_64_JUMP_SLOT || (target->module->kind & MODULE_OPERATORS);
    if (allocator && identity && target->module->row)
        write_slot(target, slot, thunk(target->module, (unsigned)function->column));
    else if (value == function->real)
        write_slot(target, slot, function->ours);
}

/* ---- operators ------------------------------------------------------------------------------------------------------------- */

static bool is_cxx_runtime(const struct module *module) {
    const char *name = module_name(module);
    return strncmp(name, "libstdc++.so", 12) == 0 || strncmp(name, "libc++", 6) == 0;
}

struct definer {
    const char *symbol, *needed;
    bool permanent;
    uintptr_t address;
};

static void find_definer(const struct module *module, void *context) {
    struct definer *definer = context;
    if (definer->address || (module->kind & MODULE_SHIM) || !module->dynamic)
        return;
    bool asked = definer->permanent ? (module->kind & MODULE_PERMANENT) != 0 : strcmp(module_name(module), definer->needed) == 0;
    if (asked)
        definer->address = module_symbol(module, definer->symbol);
}

/* Where an unbound slot is going to lead: what was loaded at start, then what the module itself needs. */
static uintptr_t find_operator(const struct target *target, const char *symbol) {
    struct definer definer = {.symbol = symbol, .permanent = true};
    modules_each(find_definer, &definer);
    definer.permanent = false;
    for (const ElfW(Dyn) *entry = target->module->dynamic; entry->d_tag != DT_NULL && !definer.address; entry++)
        if (entry->d_tag == DT_NEEDED) {
            definer.needed = target->strings + entry->d_un.d_val;
            modules_each(find_definer, &definer);
        }
    return definer.address;
}

/* Only the C++ runtime's own operators are noted: they are known to end in malloc and free. A program's own may be called around
 * its slots. */
static void patch_operator(const struct target *target, uintptr_t *slot, unsigned index) {
    uintptr_t value = *slot, ours = thunk(target->module, FUNCTION_ALLOCATORS + index);
    if (value == ours || !target->module->row || allocator_off > 1)
        return;
    if (is_unbound(target, value)) {
        if (module_symbol(target->module, operator_symbols[index]))
            return;
        value = find_operator(target, operator_symbols[index]);
    }
    const struct module *definer = value ? module_at(value) : NULL;
    if (!definer || !is_cxx_runtime(definer))
        return;
    row_operator[target->module->row][index] = value;
    write_slot(target, slot, ours);
}

/* ---- gates ----------------------------------------------------------------------------------------------------------------- */

/* The version that the reference asks for; NULL: none. */
static const char *version_asked(const struct target *target, uint32_t symbol) {
    unsigned number = target->versions ? target->versions[symbol] & 0x7fff : 0;
    const char *at = number > VER_NDX_GLOBAL ? (const char *)target->needed_versions : NULL;
    while (at) {
        const ElfW(Verneed) *file = (const void *)at;
        const char *entry = at + file->vn_aux;
        for (unsigned i = 0; i < file->vn_cnt; i++) {
            const ElfW(Vernaux) *version = (const void *)entry;
            if ((version->vna_other & 0x7fff) == number)
                return target->strings + version->vna_name;
            entry += version->vna_next;
        }
        at = file->vn_next ? at + file->vn_next : NULL;
    }
    return NULL;
}

/* What stands in the slot is that function's real address: not the PLT entry that an executable lends, not what the program or another
 * tool has put there. */
static bool is_function(uintptr_t value, const char *name, const char *version) {
    const struct module *definer = value ? module_at(value) : NULL;
    return definer && definer->dynamic && !(definer->kind & MODULE_SHIM) &&
           module_symbol_version(definer, name, version) == value;
}

static void patch_planned(const struct target *target, uintptr_t *slot, unsigned type, uint32_t symbol) {
    const char *name = target->strings + target->symbols[symbol].st_name, *version = version_asked(target, symbol);
    uintptr_t value = *slot;
    if (!is_function(value, name, version)) {
        if (type != R_X86_64_JUMP_SLOT || !is_unbound(target, value))
            return;
        value = binding_of(target->module, name, version);
    }
    enum gate_use use = type == R_X86_64_JUMP_SLOT ? GATE_CALLED : GATE_TAKEN;
    uintptr_t gate = value ? gates_stand_in(name, value, target->module, use) : 0;
    if (value && type != R_X86_64_64) /* a word in a table is for others to call */
        gate = guards_stand_in(name, value, gate, target->module, use);
    if (gate && gate != value)
        write_slot(target, slot, gate);
}

/* ---- a module -------------------------------------------------------------------------------------------------------------- */

static void patch_slot(struct target *target, const ElfW(Rela) *relocation) {
    unsigned type = ELF64_R_TYPE(relocation->r_info);
    if (type != R_X86_64_JUMP_SLOT && type != R_X86_64_GLOB_DAT && type != R_X86_64_64)
        return;
    uint32_t index = ELF64_R_SYM(relocation->r_info);
    if (!index || relocation->r_addend)
        return;
    const char *name = target->strings + target->symbols[index].st_name;
    uintptr_t *slot = (uintptr_t *)(target->module->bias + relocation->r_offset);
    const struct known *function = known_by_name(name);
    int operator_index = function ? -1 : operator_by_name(name);
    if (function && function->column >= 0)
        note_lent_plt(target, &target->symbols[index]);
    if (function)
        patch_known(target, slot, type, function);
    else if (operator_index >= 0 && type != R_X86_64_64)
        patch_operator(target, slot, (unsigned)operator_index);
    else if (gates_name(name) || guards_name(name))
        patch_planned(target, slot, type, index);
    /* AddressSanitizer's stands before our own. */
    if (function && function->column < 0 && gates_name(name))
        patch_planned(target, slot, type, index);
}

void got_patch(struct module *module) {
    struct target target;
    if ((module->kind & MODULE_SHIM) || !module->dynamic || !read_target(&target, module))
        return;
    if (module_symbol(module, "_Znwm"))
        module->kind |= MODULE_OPERATORS;
    if (loader_bypassed())
        module->kind |= MODULE_BYPASSES;
    if (module->row)
        row_family[module->row] = module->kind & MODULE_OPERATORS ? FFISAN_FAMILY_ANY : FFISAN_FAMILY_MALLOC;
    for (unsigned table = 0; table < 2; table++)
        for (size_t i = 0; i < target.tables[table].count; i++)
            patch_slot(&target, &target.tables[table].first[i]);
    /* Its constructors have used the allocator behind our back: what we remember of freed addresses may be out of date. */
    if (target.bypasses && !(module->kind & MODULE_PERMANENT))
        blocks_forget_tombstones();
}
