/* SPDX-License-Identifier: Apache-2.0
 *
 * The memo of calls: an index by key into entries that never move. Lock-free: an entry is complete before the index leads to it. Two
 * threads that see a new call in the same instant may both write it down; the judge takes them for one.
 */
#include "core/signatures.h"

#include "core/memory.h"
#include "core/modules.h"

#define INDEX (1u << 15)
#define STEPS 64u
#define QUICK 1024u

static struct place { struct signature *signature; } * places;
static struct signature *quick[QUICK];

uint64_t key_mix(uint64_t key, uint64_t value) {
    key = (key ^ value) * 0x9e3779b97f4a7c15u;
    return key ^ key >> 32;
}

bool signatures_open(void) {
    places = memory_map(INDEX * sizeof *places);
    return places != NULL;
}

static bool is_current(const struct signature *signature) {
    return !signature->module || !signature->module->gone;
}

struct signature *signature_find(uint64_t key) {
    if (UNLIKELY(!places))
        return NULL;
    for (unsigned step = 0; step < STEPS; step++) {
        struct signature *there = __atomic_load_n(&places[(key + step) % INDEX].signature, __ATOMIC_ACQUIRE);
        if (!there)
            return NULL;
        if (LIKELY(there->key == key && is_current(there)))
            return there;
    }
    return NULL;
}

/* The place of a signature whose library is gone is taken by the next one with its key. */
struct signature *signature_add(const struct signature *signature) {
    if (!places)
        return NULL;
    struct signature *copy = memory_carve(sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *signature;
    for (unsigned step = 0; step < STEPS; step++) {
        struct signature **place = &places[(copy->key + step) % INDEX].signature,
                         *there = __atomic_load_n(place, __ATOMIC_ACQUIRE);
        bool free = !there || (there->key == copy->key && !is_current(there));
        if (free && __atomic_compare_exchange_n(place, &there, copy, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return copy;
        if (there && there->key == copy->key && is_current(there))
            return there;
    }
    return NULL;
}

struct signature **signature_quick(uintptr_t function, uint64_t identity) {
    return &quick[(function >> 4 ^ identity) % QUICK];
}

void signatures_forked(void) {
    for (unsigned i = 0; places && i < INDEX; i++)
        if (places[i].signature)
            places[i].signature->record = NULL;
}
