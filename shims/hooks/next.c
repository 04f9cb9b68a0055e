/* SPDX-License-Identifier: Apache-2.0
 *
 * Who comes after us: the definition of a function in the search order of the main namespace behind the shim. Read from the
 * loader's own list, so that it works before anything is set up, inside dlsym, and without a single allocation. Callers ask once
 * and keep the answer; all that matter are asked for in hooks_start, when there is one thread.
 */
#include <link.h>
#include <string.h>
#include <sys/auxv.h>

#include "core/modules.h"
#include "hooks/hooks.h"

static uintptr_t symbol_of(const struct link_map *map, const char *name) {
    struct module module = {.bias = map->l_addr, .dynamic = map->l_ld};
    return module_symbol(&module, name);
}

/* The loader's list, as it gives it to debuggers. Other libcs have it too, under no common name, and a preloaded library that insists
 * on a name that they lack ends the program there. */
#pragma weak _r_debug
const struct link_map *first_loaded(void) {
    if (LIKELY(&_r_debug != NULL))
        return _r_debug.r_map;
    static const struct r_debug *list;
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    uintptr_t bias = 0;
    const ElfW(Dyn) *entry = NULL;
    for (size_t i = 0, count = headers && !list ? getauxval(AT_PHNUM) : 0; i < count; i++) {
        if (headers[i].p_type == PT_PHDR)
            bias = (uintptr_t)headers - headers[i].p_vaddr;
        if (headers[i].p_type == PT_DYNAMIC)
            entry = (const ElfW(Dyn) *)(bias + headers[i].p_vaddr);
    }
    for (; entry && !list && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_DEBUG)
            list = (const struct r_debug *)entry->d_un.d_ptr;
    return list ? list->r_map : NULL;
}

uintptr_t next_symbol(const char *name) {
    bool behind = false;
    for (const struct link_map *map = first_loaded(); map; map = map->l_next) {
        uintptr_t address = behind && map->l_ld ? symbol_of(map, name) : 0;
        if (address)
            return address;
        behind = behind || map->l_ld == _DYNAMIC;
    }
    return 0;
}

uintptr_t first_symbol(const char *name, const char **module) {
    for (const struct link_map *map = first_loaded(); map; map = map->l_next) {
        uintptr_t address = map->l_ld ? symbol_of(map, name) : 0;
        if (address) {
            *module = map->l_ld == _DYNAMIC ? NULL : map->l_name;
            return address;
        }
    }
    *module = NULL;
    return 0;
}
