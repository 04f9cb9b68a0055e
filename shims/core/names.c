/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash of the last looked-up names, two places to an address; a name that falls out is looked up in symbol tables by the judge.
 */
#include "core/names.h"

#include <string.h>

#include "core/memory.h"

#define PLACES  8192u
#define LONGEST 127u

struct name {
    uintptr_t address;
    char text[];
};

static struct place { struct name *name; } * names;

static struct place *place_of(uintptr_t address) {
    return &names[(address * 0x9e3779b97f4a7c15u >> 51) % PLACES];
}
_Static_assert(PLACES == 1u << 13, "the hash has 13 bits");

static bool open_table(void) {
    struct place *table = __atomic_load_n(&names, __ATOMIC_ACQUIRE);
    if (LIKELY(table))
        return true;
    table = memory_map(PLACES * sizeof *table);
    struct place *none = NULL;
    if (table && !__atomic_compare_exchange_n(&names, &none, table, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        memory_unmap(table, PLACES * sizeof *table);
    return names != NULL;
}

const char *name_of(uintptr_t address) {
    if (!__atomic_load_n(&names, __ATOMIC_ACQUIRE))
        return NULL;
    const struct name *name = __atomic_load_n(&place_of(address)->name, __ATOMIC_ACQUIRE);
    return name && name->address == address ? name->text : NULL;
}

void name_note(uintptr_t address, const char *text) {
    size_t length = strnlen(text, LONGEST + 1);
    if (length > LONGEST || !open_table())
        return;
    const char *known = name_of(address);
    if (known && strcmp(known, text) == 0)
        return;
    struct name *name = memory_carve(sizeof *name + length + 1);
    if (!name)
        return;
    name->address = address;
    memcpy(name->text, text, length);
    __atomic_store_n(&place_of(address)->name, name, __ATOMIC_RELEASE);
}
