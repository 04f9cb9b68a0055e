/* SPDX-License-Identifier: Apache-2.0
 *
 * The memo of calls: an index by key into entries that never move. Lock-free: an entry is complete before the index leads to it. Two
 * threads that see a new call in the same instant may both write it down; the judge takes them for one.
 */
#include "core/signatures.h"

#include "core/memory.h"
#include "core/modules.h"
#include "core/records.h"

#define INDEX (1u << 15)
#define STEPS 64u
#define MOST  (INDEX / 2) /* half empty, so that a place is found within STEPS */
#define QUICK 1024u

static struct place { struct signature *signature; } * places;
static struct signature *quick[QUICK], *newest;
static uint32_t count;

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

/* Room for one more; said once when there is none. */
static struct signature *make(void) {
    uint32_t number = __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
    if (number < MOST)
        return memory_carve(sizeof(struct signature));
    __atomic_store_n(&count, MOST + 1, __ATOMIC_RELAXED);
    if (number == MOST)
        record_note(FFISAN_NOTE_TRUNCATED, "kinds of foreign calls");
    return NULL;
}

static void link_in(struct signature *signature) {
    signature->older = __atomic_load_n(&newest, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&newest, &signature->older, signature, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
}

/* The place of a signature whose library is gone is taken by the next one with its key. */
struct signature *signature_add(const struct signature *signature) {
    struct signature *copy = places ? make() : NULL;
    if (!copy)
        return NULL;
    *copy = *signature;
    for (unsigned step = 0; step < STEPS; step++) {
        struct signature **place = &places[(copy->key + step) % INDEX].signature,
                         *there = __atomic_load_n(place, __ATOMIC_ACQUIRE);
        bool free = !there || (there->key == copy->key && !is_current(there));
        if (free && __atomic_compare_exchange_n(place, &there, copy, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            link_in(copy);
            return copy;
        }
        if (there && there->key == copy->key && is_current(there))
            return there;
    }
    return NULL;
}

struct signature **signature_quick(uintptr_t function, uint64_t identity) {
    return &quick[(function >> 4 ^ identity) % QUICK];
}

void signatures_forked(void) {
    for (struct signature *signature = newest; signature; signature = signature->older)
        signature->record = NULL;
}
