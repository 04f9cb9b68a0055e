/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table that only grows. A bucket is the newest entry of a chain; an entry is written whole, its number is put into the
 * index, and only then is it put in front of its chain, by one compare-and-swap. Whoever loses that race looks at what came
 * before it and tries again. A thread that never goes on (its process was forked; it is in the parent) leaves at most one entry
 * that nobody finds: no lock, no repair.
 *
 * The index is two tables, so that a small program pays for little: 4096 words, each leading to the addresses of 8192 sites.
 */
#include "core/sites.h"

#include <string.h>

#include "core/memory.h"

#define BUCKET_BITS 15
#define BUCKETS     (1U << BUCKET_BITS)
#define LEAF_BITS   13
#define LEAF        (1U << LEAF_BITS)

struct entry {
    struct entry *next;
    uint64_t hash;
    site_id id;
    struct site site;
};

static struct entry **directory;
static bool directory_refused;
static const struct site **leaves[SITE_LIMIT / LEAF];
static uint32_t last; /* the highest number given out */

/* Maps *place once, whoever comes first. */
static void *open_once(void **place, size_t size) {
    void *fresh = memory_map(size), *before = NULL;
    if (!fresh || __atomic_compare_exchange_n(place, &before, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    memory_unmap(fresh, size);
    return before;
}

static struct entry **bucket_of(uint64_t hash) {
    struct entry **buckets = __atomic_load_n(&directory, __ATOMIC_ACQUIRE);
    if (UNLIKELY(!buckets)) {
        if (__atomic_load_n(&directory_refused, __ATOMIC_RELAXED))
            return NULL;
        buckets = open_once((void **)&directory, BUCKETS * sizeof(void *));
        if (!buckets) {
            __atomic_store_n(&directory_refused, true, __ATOMIC_RELAXED);
            return NULL;
        }
    }
    return &buckets[hash >> (64 - BUCKET_BITS)];
}

/* Where the address of site `id` goes. */
static const struct site **index_slot(site_id id) {
    const struct site **leaf = __atomic_load_n(&leaves[id >> LEAF_BITS], __ATOMIC_ACQUIRE);
    if (UNLIKELY(!leaf))
        leaf = open_once((void **)&leaves[id >> LEAF_BITS], LEAF * sizeof(void *));
    return leaf ? &leaf[id & (LEAF - 1)] : NULL;
}

/* A number that was never given out; 0: there is none left. */
static site_id number(void) {
    uint32_t before = __atomic_load_n(&last, __ATOMIC_RELAXED);
    do {
        if (before >= SITE_LIMIT - 1)
            return 0;
    } while (!__atomic_compare_exchange_n(&last, &before, before + 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return before + 1;
}

static uint64_t hash_of(const struct site *key, const uintptr_t *frames) {
    uint64_t hash = ((uint64_t)key->row << 8 | key->depth) * 0x9e3779b97f4a7c15U;
    for (unsigned i = 0; i < key->depth; i++) {
        hash = (hash ^ frames[i]) * 0xff51afd7ed558ccdU;
        hash ^= hash >> 32;
    }
    return hash * 0x9e3779b97f4a7c15U;
}

static bool is_site(const struct entry *entry, uint64_t hash, const struct site *key, const uintptr_t *frames, uint32_t since) {
    const struct site *site = &entry->site;
    return entry->hash == hash && site->row == key->row && site->depth == key->depth && site->complete == key->complete &&
           site->generation >= since && memcmp(site->frames, frames, key->depth * sizeof *frames) == 0;
}

/* A new entry with a number of its own, not yet in a chain. */
static RARE struct entry *entry_new(uint64_t hash, const struct site *key, const uintptr_t *frames) {
    struct entry *entry = memory_carve(sizeof *entry + key->depth * sizeof *frames);
    if (!entry)
        return NULL;
    entry->hash = hash;
    entry->site = *key;
    memcpy(entry->site.frames, frames, key->depth * sizeof *frames);
    entry->id = number();
    const struct site **slot = entry->id ? index_slot(entry->id) : NULL;
    if (!slot)
        return NULL;
    __atomic_store_n(slot, &entry->site, __ATOMIC_RELEASE);
    return entry;
}

site_id site_intern(row_id row, uint32_t generation, uint32_t since, const uintptr_t *frames, unsigned depth, bool complete) {
    struct site key = {.row = row, .generation = generation, .depth = (uint16_t)depth, .complete = complete};
    uint64_t hash = hash_of(&key, frames);
    struct entry **bucket = bucket_of(hash), *fresh = NULL, *seen = NULL;
    if (!bucket)
        return 0;
    for (;;) {
        struct entry *head = __atomic_load_n(bucket, __ATOMIC_ACQUIRE);
        for (struct entry *entry = head; entry != seen; entry = entry->next)
            if (is_site(entry, hash, &key, frames, since))
                return entry->id;
        if (!fresh && !(fresh = entry_new(hash, &key, frames)))
            return 0;
        fresh->next = seen = head;
        if (__atomic_compare_exchange_n(bucket, &head, fresh, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            return fresh->id;
    }
}

const struct site *site_get(site_id id) {
    if (id == 0 || id >= SITE_LIMIT)
        return NULL;
    const struct site **leaf = __atomic_load_n(&leaves[id >> LEAF_BITS], __ATOMIC_ACQUIRE);
    return leaf ? __atomic_load_n(&leaf[id & (LEAF - 1)], __ATOMIC_ACQUIRE) : NULL;
}

uint32_t sites_count(void) {
    return __atomic_load_n(&last, __ATOMIC_RELAXED);
}
