/* SPDX-License-Identifier: Apache-2.0
 *
 * Who comes after us: the definition of a function in the search order of the main namespace behind the shim. Read from the loader's
 * own list, so that it works before anything is set up, inside dlsym, and without a single allocation. Callers ask once and keep the
 * answer; all that matter are asked for in hooks_start, when there is one thread.
 */
#include <string.h>

#include "core/modules.h"
#include "hooks/hooks.h"

static uintptr_t symbol_of(const struct link_map *map, const char *name) {
    struct module module = {.bias = map->l_addr, .dynamic = map->l_ld};
    return module_symbol(&module, name);
}

uintptr_t next_symbol(const char *name) {
    bool behind = false;
    for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
        uintptr_t address = behind && map->l_ld ? symbol_of(map, name) : 0;
        if (address)
            return address;
        behind = behind || map->l_ld == _DYNAMIC;
    }
    return 0;
}

uintptr_t first_symbol(const char *name, const char **module) {
    for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
        uintptr_t address = map->l_ld ? symbol_of(map, name) : 0;
        if (address) {
            *module = map->l_ld == _DYNAMIC ? NULL : map->l_name;
            return address;
        }
    }
    *module = NULL;
    return 0;
}
