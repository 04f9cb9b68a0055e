/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/taken.h"

#include <string.h>

#include "core/memory.h"

#define MODULES       16384u
#define LEA_SIZE      7
#define COMPARED_SOON 32 /* bytes */

struct taken {
    bool cython;
    uintptr_t start, end; /* of the code */
    size_t words;         /* of each of the two maps: what is taken, what is compared there */
    uint64_t cells[];     /* a bit for each byte: small functions are not aligned */
};
static struct taken *books[MODULES]; /* by a module's id */

static void note_taken(struct taken *taken, uintptr_t address, bool compared) {
    if (address - taken->start >= taken->end - taken->start)
        return;
    uintptr_t cell = address - taken->start;
    taken->cells[cell / 64] |= (uint64_t)1 << (cell % 64);
    if (compared)
        taken->cells[taken->words + cell / 64] |= (uint64_t)1 << (cell % 64);
}

/* Whether soon after the lea its register takes part in a comparison: REX.W 39 /r or 3B /r. */
static bool is_compared(const uint8_t *lea, uintptr_t end) {
    unsigned target = (lea[2] >> 3 & 7) | (lea[0] & 4u) << 1;
    for (const uint8_t *at = lea + LEA_SIZE; at < lea + LEA_SIZE + COMPARED_SOON && (uintptr_t)at + 3 <= end; at++) {
        if ((at[0] & 0xf8) != 0x48 || (at[1] & 0xfd) != 0x39)
            continue;
        unsigned reg = (at[2] >> 3 & 7) | (at[0] & 4u) << 1, rm = (at[2] & 7u) | (at[0] & 1u) << 3;
        if (reg == target || (at[2] >> 6 == 3 && rm == target))
            return true;
    }
    return false;
}

/* REX.W 8D /r with mod 0, rm 5: lea displacement(%rip), register (Intel SDM, volume 2, 2.2.1.6). */
static void note_code(struct taken *taken, uintptr_t start, uintptr_t end) {
    for (const uint8_t *at = (const uint8_t *)start; (uintptr_t)at + LEA_SIZE <= end; at++) { // NOLINT(performance-no-int-to-ptr)
        if (at[1] != 0x8d || (at[0] & 0xfb) != 0x48 || (at[2] & 0xc7) != 0x05)
            continue;
        int32_t displacement;
        memcpy(&displacement, at + 3, sizeof displacement);
        note_taken(taken, (uintptr_t)at + LEA_SIZE + (uintptr_t)(intptr_t)displacement, is_compared(at, end));
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
            note_taken(taken, *(const uintptr_t *)(module->bias + rela[i].r_offset), true); // NOLINT(performance-no-int-to-ptr)
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
    size_t words = (module->end - module->start) / 64 + 1;
    struct taken *taken = memory_map(sizeof *taken + 2 * words * sizeof(uint64_t));
    if (!taken)
        return NULL;
    taken->words = words;
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

static bool is_noted(const struct module *module, uintptr_t function, bool compared) {
    const struct taken *taken = book_of(module);
    if (!taken || function - taken->start >= taken->end - taken->start)
        return true;
    uintptr_t cell = function - taken->start;
    return taken->cells[(compared ? taken->words : 0) + cell / 64] >> (cell % 64) & 1;
}

bool address_is_taken(const struct module *module, uintptr_t function) {
    return is_noted(module, function, false);
}

bool address_is_compared(const struct module *module, uintptr_t function) {
    return is_noted(module, function, true);
}

bool module_is_cython(const struct module *module) {
    const struct taken *taken = book_of(module);
    return !taken || taken->cython;
}
