/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows in one table, found by hash, added without a lock. Counters are added to by every thread; they may be read a moment apart.
 */
#include "core/profile.h"

#include <string.h>
#include <time.h>

#include "core/confined.h"
#include "core/crossings.h"
#include "core/memory.h"
#include "core/modules.h"
#include "core/names.h"
#include "core/records.h"
#include "core/signatures.h"

#define ROWS   8192u
#define STEPS  256u
#define PYTHON 1024u

struct row {
    uint64_t key; /* 0: free */
    uintptr_t function, caller;
    uint32_t line;
    bool up;
    uint64_t calls, ticks, shortest, bytes, repeated;
};

static struct row *rows;
static uint64_t first_ticks, first_ns;
static bool told_full;

void profile_start(void) {
    if (!options.profile)
        return;
    rows = memory_map(ROWS * sizeof *rows);
    first_ticks = profile_now();
    first_ns = clock_ns();
}

static uint64_t key_of(const struct profiled *profiled) {
    uint64_t where = profiled->line ? profiled->line : profiled->caller;
    return key_mix(key_mix(profiled->function << 1 | profiled->up, where), 0) | 1;
}

static RARE void tell_full(void) {
    if (!__atomic_exchange_n(&told_full, true, __ATOMIC_RELAXED))
        record_note(FFISAN_NOTE_TRUNCATED, "the profile's table of functions and lines");
}

/* Two rows with one key would be taken for one: the chance is that of 64 bits. */
static struct row *row_of(const struct profiled *profiled) {
    uint64_t key = key_of(profiled);
    for (unsigned step = 0; rows && step < STEPS; step++) {
        struct row *row = &rows[(key + step) % ROWS];
        uint64_t there = __atomic_load_n(&row->key, __ATOMIC_ACQUIRE);
        if (LIKELY(there == key))
            return row;
        if (!there && __atomic_compare_exchange_n(&row->key, &there, key, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            row->function = profiled->function;
            row->caller = profiled->line ? 0 : profiled->caller;
            row->line = profiled->line;
            row->up = profiled->up;
            row->shortest = UINT64_MAX;
            return row;
        }
        if (there == key)
            return row;
    }
    tell_full();
    return NULL;
}

static void add(uint64_t *counter, uint64_t value) {
    __atomic_fetch_add(counter, value, __ATOMIC_RELAXED);
}

void profile_add(const struct profiled *profiled) {
    uint64_t ticks = profile_now() - profiled->started;
    struct row *row = row_of(profiled);
    if (!row)
        return;
    add(&row->calls, 1);
    add(&row->ticks, ticks);
    add(&row->bytes, profiled->bytes);
    add(&row->repeated, profiled->repeated);
    if (ticks < __atomic_load_n(&row->shortest, __ATOMIC_RELAXED))
        __atomic_store_n(&row->shortest, ticks, __ATOMIC_RELAXED);
}

static void write_row(const struct row *row, double ns_per_tick) {
    uint64_t room[PYTHON / sizeof(uint64_t)];
    size_t python = row->line && managed_places.line_describe
                        ? managed_places.line_describe(row->line, (struct ffisan_record_python *)room, sizeof room)
                        : 0;
    const char *name = name_of(row->function);
    struct ffisan_record_profile *record = record_begin(FFISAN_RECORD_PROFILE, sizeof *record + python);
    if (!record)
        return;
    record->function = row->function;
    record->generation = modules_generation();
    record->flags = row->up ? FFISAN_CALL_UP : 0;
    record->calls = row->calls;
    record->ns = (uint64_t)((double)row->ticks * ns_per_tick);
    record->shortest = (uint64_t)((double)row->shortest * ns_per_tick);
    record->bytes = row->bytes;
    record->repeated = row->repeated;
    record->caller = row->caller;
    if (name)
        memcpy(record->name, name, strnlen(name, sizeof record->name - 1));
    memcpy(record + 1, room, python);
    record_commit(record);
}

void profile_write(void) {
    uint64_t ticks = profile_now() - first_ticks, ns = clock_ns() - first_ns;
    double ns_per_tick = ticks ? (double)ns / (double)ticks : 0;
    for (unsigned i = 0; rows && i < ROWS; i++)
        if (rows[i].key && rows[i].calls)
            write_row(&rows[i], ns_per_tick);
}

void profile_forked(void) {
    if (rows)
        memset(rows, 0, ROWS * sizeof *rows);
    told_full = false;
    first_ticks = profile_now();
    first_ns = clock_ns();
}
