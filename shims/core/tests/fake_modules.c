/* SPDX-License-Identifier: Apache-2.0
 *
 * A list of modules for tests: what dl_iterate_phdr says at the last fake_modules_refresh, without rows, records or paths. A test
 * can put a module of its own in front.
 */
#include "fake_modules.h"

#include <string.h>

enum { MOST = 256, FIRST = 2 };
static struct module modules[MOST];
static uint32_t count;
static uint32_t generation = 1;
static const struct module *first;
static bool closing;

static struct module *known(const struct dl_phdr_info *info) {
    for (uint32_t i = 0; i < count; i++)
        if (modules[i].headers == info->dlpi_phdr && modules[i].bias == info->dlpi_addr && !modules[i].gone)
            return &modules[i];
    return NULL;
}

static void read_headers(struct module *module) {
    module->start = UINTPTR_MAX;
    for (unsigned i = 0; i < module->header_count; i++) {
        const ElfW(Phdr) *header = &module->headers[i];
        uintptr_t start = module->bias + header->p_vaddr;
        if (header->p_type == PT_LOAD) {
            module->start = start < module->start ? start : module->start;
            module->end = start + header->p_memsz > module->end ? start + header->p_memsz : module->end;
        } else if (header->p_type == PT_GNU_EH_FRAME) {
            module->eh_frame_header = start;
            module->eh_frame_header_size = header->p_memsz;
        }
    }
}

static bool seen[MOST];

static int see(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    (void)context;
    struct module *module = known(info);
    if (!module && count < MOST) {
        module = &modules[count++];
        *module = (struct module){.bias = info->dlpi_addr, .headers = info->dlpi_phdr, .header_count = info->dlpi_phnum};
        module->id = count;
        module->born = generation;
        if (generation == FIRST)
            module->kind |= MODULE_PERMANENT;
        if (strstr(info->dlpi_name, "ld-linux"))
            module->kind |= MODULE_LOADER;
        read_headers(module);
    }
    if (module)
        seen[module - modules] = true;
    return 0;
}

void fake_modules_refresh(void) {
    generation++;
    memset(seen, 0, sizeof seen);
    dl_iterate_phdr(see, NULL);
    for (uint32_t i = 0; i < count; i++)
        if (!seen[i] && !modules[i].gone)
            modules[i].gone = generation;
}

void fake_modules_closing(bool now) {
    closing = now;
}

void fake_modules_first(const struct module *module) {
    first = module;
}

const struct module *module_at(uintptr_t address) {
    if (first && address >= first->start && address < first->end)
        return first;
    for (uint32_t i = 0; i < count; i++)
        if (!modules[i].gone && address >= modules[i].start && address < modules[i].end)
            return &modules[i];
    return NULL;
}

const struct module *module_pinned_at(uintptr_t address) {
    const struct module *module = module_at(address);
    return module && (!closing || (module->kind & MODULE_PERMANENT)) ? module : NULL;
}
const struct module *module_by_id(uint32_t id) {
    return id && id <= count ? &modules[id - 1] : NULL;
}
uint32_t modules_generation(void) {
    return generation;
}
