/* SPDX-License-Identifier: Apache-2.0
 *
 * The books of the guards: which function has which number. As of the gates (gates.c): a table that only grows, a number is put into it by
 * one store when all about the guard is written, and whoever loses a race for a place leaves a guard unused.
 */
#include "hooks/guards.h"

#include <string.h>

#include "core/memory.h"
#include "core/records.h"
#include "core/thread.h"
#include "ffisan/record.h"

#define PLANS_MOST 4u
#define GUARDS     (GUARDS_STATE + GUARDS_WATCHED)
#define PLACES     8192u

struct guard {
    uintptr_t function; /* behind it: the real one, or its gate */
    uintptr_t real;
    const struct guard_plan *plan;
    const char *name;
    const struct module *definer;
    const void *data;
};

/* guards.S */
extern const char guard_table[], guard_watched_table[];
uintptr_t guard_next[GUARDS]; /* where calls go on that pass the test */
uintptr_t guard_judged(uint32_t number, struct gate_frame *frame);

static struct guard guards[GUARDS];
static const struct guard_plan *plans[PLANS_MOST];
static uint32_t given[GUARD_KINDS]; /* of each kind; number 0 of the first is nobody's */
static uint32_t places[PLACES];     /* a guard's number + 1, by hash of its function; 0: free */

static const uint32_t first[GUARD_KINDS + 1] = {0, GUARDS_STATE, GUARDS};

_Static_assert(offsetof(struct thread, runtime_word) == THREAD_WORD, "guards.S reads it");
_Static_assert(offsetof(struct thread, runtime_state) == THREAD_STATE, "guards.S reads it");
_Static_assert(offsetof(struct thread, watched) == THREAD_WATCHED, "guards.S reads it");

void guards_register(const struct guard_plan *plan) {
    for (unsigned i = 0; i < PLANS_MOST; i++)
        if (!plans[i]) {
            plans[i] = plan;
            return;
        }
    record_note(FFISAN_NOTE_TRUNCATED, "guards");
}

bool guards_name(const char *name) {
    for (unsigned i = 0; i < PLANS_MOST && plans[i]; i++)
        if (plans[i]->about(name))
            return true;
    return false;
}

/* The two tables stand one behind the other; stubs have one size. */
static uintptr_t address_of(uint32_t number) {
    return number < GUARDS_STATE ? (uintptr_t)guard_table + (uintptr_t)number * GUARD_SIZE
                                 : (uintptr_t)guard_watched_table + (uintptr_t)(number - GUARDS_STATE) * GUARD_SIZE;
}

static const struct guard *guard_at(uintptr_t address) {
    uintptr_t offset = address - (uintptr_t)guard_table, later = address - (uintptr_t)guard_watched_table;
    if (offset < (uintptr_t)GUARDS_STATE * GUARD_SIZE && offset % GUARD_SIZE == 0)
        return &guards[offset / GUARD_SIZE];
    if (later < (uintptr_t)GUARDS_WATCHED * GUARD_SIZE && later % GUARD_SIZE == 0)
        return &guards[GUARDS_STATE + later / GUARD_SIZE];
    return NULL;
}

uintptr_t guards_behind(uintptr_t address) {
    const struct guard *guard = guard_at(address);
    return guard && guard->real ? guard->real : address;
}

/* 0: the table is full. */
static uint32_t open_guard(const struct guard *wanted) {
    enum guard_kind kind = wanted->plan->kind;
    uint32_t number = first[kind] + __atomic_fetch_add(&given[kind], 1, __ATOMIC_RELAXED);
    if (number >= first[kind + 1] - 1) {
        __atomic_fetch_sub(&given[kind], 1, __ATOMIC_RELAXED);
        return 0;
    }
    number++;
    size_t length = strlen(wanted->name) + 1;
    char *name = memory_carve(length);
    if (!name)
        return 0;
    memcpy(name, wanted->name, length);
    if (number == first[kind + 1] - 1)
        record_note(FFISAN_NOTE_TRUNCATED, wanted->name);
    struct guard *guard = &guards[number];
    *guard = *wanted;
    guard->name = name;
    __atomic_store_n(&guard_next[number], guard->function, __ATOMIC_RELEASE);
    guard->data = guard->plan->begin ? guard->plan->begin(guard) : NULL;
    return number;
}

static bool is_it(uint32_t number, const struct guard *wanted) {
    const struct guard *guard = &guards[number];
    return guard->real == wanted->real && guard->plan == wanted->plan && guard->definer == wanted->definer;
}

static uint32_t place_of(const struct guard *wanted) {
    return (uint32_t)(((wanted->real >> 4) ^ wanted->definer->id * 0x85ebca6bu ^ (uint32_t)wanted->plan->kind << 20) *
                          0x9e3779b1u >>
                      8);
}

static uint32_t guard_for(const struct guard *wanted) {
    uint32_t fresh = 0;
    for (uint32_t at = place_of(wanted);; at++) {
        uint32_t *place = &places[at % PLACES];
        uint32_t number = __atomic_load_n(place, __ATOMIC_ACQUIRE);
        if (!number) {
            fresh = fresh ? fresh : open_guard(wanted);
            if (!fresh)
                return 0;
            if (__atomic_compare_exchange_n(place, &number, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
                return fresh;
        }
        if (is_it(number, wanted))
            return number;
    }
}

uintptr_t guards_stand_in(const char *name, uintptr_t address, uintptr_t entry, const struct module *caller, enum gate_use use) {
    const struct module *definer = NULL;
    for (unsigned i = 0; i < PLANS_MOST && plans[i]; i++) {
        if (!plans[i]->about(name))
            continue;
        definer = definer ? definer : module_at(address);
        if (!definer || (definer->kind & MODULE_SHIM) || !plans[i]->wants(name, address, caller, definer, use))
            continue;
        const struct guard wanted = {.function = entry, .real = address, .plan = plans[i], .name = name, .definer = definer};
        uint32_t number = guard_for(&wanted);
        entry = number ? address_of(number) : entry;
    }
    return entry;
}

const char *guard_name(const struct guard *guard) {
    return guard->name;
}

uintptr_t guard_real(const struct guard *guard) {
    return guard->real;
}

uintptr_t guard_function(const struct guard *guard) {
    return guard->function;
}

const struct module *guard_definer(const struct guard *guard) {
    return guard->definer;
}

const void *guard_data(const struct guard *guard) {
    return guard->data;
}

void guard_lead(struct guard *guard, uintptr_t address) {
    __atomic_store_n(&guard_next[guard - guards], address, __ATOMIC_RELEASE);
}

/* From guards.S. */
uintptr_t guard_judged(uint32_t number, struct gate_frame *frame) {
    const struct guard *guard = &guards[number];
    uintptr_t to = guard->plan->slow(guard, frame);
    return to ? to : __atomic_load_n(&guard_next[number], __ATOMIC_RELAXED);
}
