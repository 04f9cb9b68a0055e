/* SPDX-License-Identifier: Apache-2.0
 *
 * cffi's callbacks, at the end of their lives. cffi takes their closures from a pool of its own and puts them back when the object that
 * owns one dies: into its free list, by writing over the first word of the code (cffi, src/c/malloc_closure.h; the same from 1.0 to
 * 2.0). So the object is given another piece of memory just before, and the closure is kept.
 */
#include "cpython/callables.h"
#include "hooks/closures.h"
#include "hooks/hooks.h"

#define TYPES_MOST 8u /* copies of cffi in one process */

/* CDataObject_closure (cffi, src/c/_cffi_backend.c, since 1.2). */
#define CDATA_ADDRESS 24u /* CDataObject.c_data: what C calls */
#define CDATA_CLOSURE 40u
#define CDATA_SIZE    48u

typedef void deallocate(void *object);

static struct owner {
    uintptr_t type;
    deallocate *original;
} owners[TYPES_MOST];
static uint32_t owner_count;

static deallocate *original_of(uintptr_t type) {
    for (uint32_t i = 0; i < __atomic_load_n(&owner_count, __ATOMIC_ACQUIRE); i++)
        if (owners[i].type == type)
            return owners[i].original;
    return owners[0].original;
}

/* In cffi's pool a closure is its own code. Objects of this type that own something else have no such pair. */
static void owner_dies(void *object) {
    struct origin origin = ORIGIN_HERE();
    uintptr_t closure = word((uintptr_t)object, CDATA_CLOSURE);
    if (closure && closure == word((uintptr_t)object, CDATA_ADDRESS)) {
        uintptr_t spare = callback_exchange(closure, &origin);
        if (spare)
            *(uintptr_t *)((uintptr_t)object + CDATA_CLOSURE) = spare;
    }
    original_of(type_of((uintptr_t)object))(object);
}

void cffi_closures_found(uintptr_t dict) {
    static uintptr_t name;
    name = name ? name : name_for_ever("__CDataOwnGC");
    uintptr_t type = name ? dict_item(dict, name) : 0;
    if (!type || !is_kind(type, TYPE_IS_TYPE) || word(type, TYPE_BASIC_SIZE) != CDATA_SIZE || owner_count == TYPES_MOST)
        return;
    uintptr_t slot = word(type, TYPE_DEALLOC);
    if (slot == (uintptr_t)owner_dies)
        return;
    owners[owner_count] = (struct owner){type, (deallocate *)slot};
    __atomic_store_n(&owner_count, owner_count + 1, __ATOMIC_RELEASE);
    __atomic_store_n((uintptr_t *)(type + TYPE_DEALLOC), (uintptr_t)owner_dies, __ATOMIC_RELEASE);
}
