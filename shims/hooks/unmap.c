/* SPDX-License-Identifier: Apache-2.0
 *
 * munmap, for what C keeps in mappings of the host (Python's mmap, numpy's memmap). libc's own calls pass by: what malloc maps was
 * seen by its hooks. mremap is not looked at.
 */
#include "contract/memory.h"
#include "core/options.h"
#include "hooks/gates.h"
#include "hooks/hooks.h"

static void enter(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    struct memory_doer doer = {.origin = origin, .function = gate_name(gate)};
    uintptr_t start = registers->integer[0];
    size_t size = registers->integer[1];
    if (UNLIKELY(memory_kept(start, size)))
        memory_ends(start, size, MEMORY_FREED, &doer);
}

static bool wants(const char *name, const struct module *caller, const struct module *definer) {
    (void)name;
    return definer->kind & MODULE_LIBC && !(caller && (caller->kind & (MODULE_LIBC | MODULE_LOADER | MODULE_SHIM)));
}

void unmap_start(void) {
    static const char *const names[] = {"munmap", NULL};
    static const struct gate_hooks hooks = {enter, NULL};
    static struct gate_plan plan = {.names = names, .wants = wants, .hooks = &hooks};
    if (options.contracts[0])
        gates_register(&plan);
}
