/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/taken.h"

#include <string.h>

#include "core/memory.h"

#define MODULES    16384u
#define CELL_SHIFT 4 /* bytes of code for one bit: functions are aligned */
#define LEA_SIZE   7

struct taken {
    bool cython;
    uintptr_t start, end; /* of the code */
    uint64_t cells[];
};
static struct taken *books[MODULES]; /* by a module's id */

static void note_taken(struct taken *taken, uintptr_t address) {
    if (address - taken->start < taken->end - taken->start) {
        uintptr_t cell = (address - taken->start) >> CELL_SHIFT;
        taken->cells[cell / 64] |= (uint64_t)1 << (cell % 64);
    }
}

/* REX.W 8D /r with mod 0, rm 5: lea displacement(%rip), register (Intel SDM, volume 2, 2.2.1.6). */
static void note_code(struct taken *taken, uintptr_t start, uintptr_t end) {
    for (const uint8_t *at = (const uint8_t *)start; (uintptr_t)at + LEA_SIZE <= end; at++) { // NOLINT(performance-no-int-to-ptr)
        if (at[1] != 0x8d || (at[0] & 0xfb) != 0x48 || (at[2] & 0xc7) != 0x05)
            continue;
        int32_t displacement;
        memcpy(&displacement, at + 3, sizeof displacement);
        note_taken(taken, (uintptr_t)at + LEA_SIZE + (uintptr_t)(intptr_t)displacement);
    }
}

static void note_slots(struct taken *taken, const struct module *module) {
    const ElfW(Rela) *rela = NULL;
    size_t size = 0;
    for (const ElfW(Dyn) *entry = module->dynamic; entry && entry->d_tag != DT_NULL; entry++) {
        uintptr_t value = entry->d_un.d_ptr;
        if (entry->d_tag == DT_RELA)
            rela = (const void *)(value < module->bias ? value + module->bias : value); // NOLINT(performance-no-int-to-ptr)
        else if (entry->d_tag == DT_RELASZ)
            size = value;
    }
    for (size_t i = 0; rela && i < size / sizeof *rela; i++)
        if (ELF64_R_TYPE(rela[i].r_info) == R_X86_64_GLOB_DAT)
            note_taken(taken, *(const uintptr_t *)(module->bias + rela[i].r_offset)); // NOLINT(performance-no-int-to-ptr)
}

static bool has_text(const ElfW(Phdr) *header, uintptr_t start, const char *text, size_t length) {
    for (const char *at = (const char *)start, *end = at + header->p_filesz - length; at < end; at++) // NOLINT
        if (*at == *text && memcmp(at, text, length) == 0)
            return true;
    return false;
}

static void look_at_segment(struct taken *taken, const struct module *module, const ElfW(Phdr) *header) {
    uintptr_t start = module->bias + header->p_vaddr;
    if (header->p_type != PT_LOAD || !(header->p_flags & PF_R) || header->p_filesz < LEA_SIZE)
        return;
    if (header->p_flags & PF_X)
        note_code(taken, start, start + header->p_filesz);
    else if (!(header->p_flags & PF_W) && !taken->cython)
        taken->cython = header->p_filesz > 8 && (has_text(header, start, "__pyx_", 6) || has_text(header, start, "_cython_", 8));
}

static struct taken *look_through(const struct module *module) {
    size_t cells = (module->end - module->start) >> CELL_SHIFT;
    struct taken *taken = memory_map(sizeof *taken + (cells / 64 + 1) * sizeof(uint64_t));
    if (!taken)
        return NULL;
    taken->start = module->start;
    taken->end = module->end;
    for (unsigned i = 0; i < module->header_count; i++)
        look_at_segment(taken, module, &module->headers[i]);
    note_slots(taken, module);
    return taken;
}

static const struct taken *book_of(const struct module *module) {
    if (module->id >= MODULES)
        return NULL;
    if (!books[module->id])
        books[module->id] = look_through(module);
    return books[module->id];
}

bool address_is_taken(const struct module *module, uintptr_t function) {
    const struct taken *taken = book_of(module);
    if (!taken || function - taken->start >= taken->end - taken->start)
        return true;
    uintptr_t cell = (function - taken->start) >> CELL_SHIFT;
    return taken->cells[cell / 64] >> (cell % 64) & 1;
}

bool module_is_cython(const struct module *module) {
    const struct taken *taken = book_of(module);
    return !taken || taken->cython;
}
