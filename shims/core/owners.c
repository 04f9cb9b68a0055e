/* SPDX-License-Identifier: Apache-2.0
 *
 * Claims. A frame belongs to the module that was loaded at its address when the stack was taken, which may be gone by now.
 */
#include "core/owners.h"

#include <string.h>

#include "core/glob.h"
#include "core/options.h"

static bool held(const struct module *module, uintptr_t address, uint32_t generation) {
    return module->start <= address && address < module->end && module->born <= generation &&
           (!module->gone || module->gone > generation);
}

static const struct module *module_then(uintptr_t address, uint32_t generation) {
    const struct module *module = module_at(address);
    if (module && held(module, address, generation))
        return module;
    for (uint32_t id = 1; (module = module_by_id(id)); id++)
        if (held(module, address, generation))
            return module;
    return NULL;
}

/* Return addresses point behind the call, which may be the module's last instruction. */
static const struct module *module_of_frame(const struct site *site, unsigned frame) {
    return module_then(site->frames[frame] - 1, site->generation);
}

/* Unit tests link the core into the program itself, which is somebody all the same. */
static bool is_shim(const struct module *module) {
    return (module->kind & MODULE_SHIM) && !(module->kind & MODULE_EXECUTABLE);
}

const struct module *site_owner(const struct site *site) {
    const struct module *module = module_of_row(site->row);
    if (module && !(module->kind & MODULE_LIBC))
        return module;
    for (unsigned frame = 0; frame < site->depth; frame++) {
        module = module_of_frame(site, frame);
        if (!module || (!(module->kind & MODULE_LIBC) && !is_shim(module)))
            return module;
    }
    return NULL;
}

static bool asked_by_loader(const struct site *site) {
    const struct module *module = module_of_row(site->row);
    if (!module && site->depth)
        module = module_of_frame(site, 0);
    return module && (module->kind & MODULE_LOADER);
}

static bool is_wanted(const struct module *module) {
    const char *pattern = options.only_library;
    while (module && *pattern) {
        size_t length = strcspn(pattern, ",");
        if (length && (glob_match(pattern, length, module_name(module)) || glob_match(pattern, length, module->path)))
            return true;
        pattern += length + (pattern[length] == ',');
    }
    return false;
}

static bool site_is_wanted(const struct site *site, const struct module *owner) {
    if (is_wanted(owner))
        return true;
    for (unsigned frame = 0; frame < site->depth; frame++)
        if (is_wanted(module_of_frame(site, frame)))
            return true;
    return false;
}

enum claim site_claim(const struct site *site) {
    if (!site || asked_by_loader(site))
        return CLAIM_NONE;
    const struct module *owner = site_owner(site);
    if (owner && (owner->kind & MODULE_OFFSETS))
        return CLAIM_NONE;
    if (options.only_library[0] && site_is_wanted(site, owner))
        return CLAIM_OURS;
    if (!owner || (owner->kind & MODULE_RUNTIME))
        return CLAIM_NONE;
    return options.only_library[0] ? CLAIM_OTHERS : CLAIM_OURS;
}
