/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as an ELF file with debug info, and what that says of every function that the file gives out.
 */
#include <elfutils/libdw.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "debug_info.h"
#include "exports.h"
#include "pool.h"

#define ASKED_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void functions_ask(struct pool *pool, Dwarf *dwarf, const struct exports *exports) {
    struct debug_info *info = debug_info_new(pool, dwarf, 0, 1u << 20);
    struct described found[4];
    const char *why;
    for (size_t i = 0; i < exports->count && i < ASKED_MAX; i++) {
        const char *name = exports->items[i].name;
        size_t count = debug_info_functions(info, pool, exports->items[i].value, &name, 1, found, 4, &why);
        for (size_t j = 0; j < count; j++)
            if (found[j].table->types[found[j].function].kind != FFISAN_TYPE_FUNCTION)
                abort();
    }
    debug_info_free(info);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct pool *pool = pool_new();
    char *copy = memcpy(pool_get(pool, size + 1), bytes, size);
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory(copy, size);
    Dwarf *dwarf = elf ? dwarf_begin_elf(elf, DWARF_C_READ, NULL) : NULL;
    struct exports exports;
    if (dwarf) {
        exports_read(&exports, pool, elf);
        functions_ask(pool, dwarf, &exports);
    }
    dwarf_end(dwarf);
    elf_end(elf);
    pool_free(pool);
    return 0;
}
