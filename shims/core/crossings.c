/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crossings.h"

#include <string.h>

#include "core/modules.h"
#include "core/peek.h"
#include "core/records.h"
#include "core/thread.h"

#define TELL_EVERY 64u /* crossings that a thread makes before it tells the header */

struct managed_places managed_places;

RARE void crossings_tell(void) {
    __atomic_fetch_add(&records_header()->crossings, self.crossings - self.crossings_told, __ATOMIC_RELAXED);
    self.crossings_told = self.crossings;
}

/* What stands at the new one's address or further in was left without its end being seen. */
static inline unsigned still_open(uintptr_t cfa) {
    unsigned open = self.crossings_open;
    while (UNLIKELY(open && self.open[open - 1].cfa <= cfa))
        open--;
    return open;
}

static inline void remember(uintptr_t function) {
    struct last_crossing *last = &self.last[self.crossings % CROSSINGS_LAST];
    last->function = function;
    last->place = managed_places.here ? managed_places.here() : (struct managed_place){0};
    last->generation = modules_generation();
    last->up = false;
    last->open = true;
    if (UNLIKELY(++self.crossings - self.crossings_told == TELL_EVERY))
        crossings_tell();
}

struct crossing *crossing_enter(const struct origin *origin, uintptr_t function) {
    unsigned open = still_open(origin->cfa);
    remember(function);
    if (UNLIKELY(open == CROSSINGS_OPEN)) {
        self.crossings_open = open;
        return NULL;
    }
    struct crossing *crossing = &self.open[open];
    crossing->cfa = origin->cfa;
    crossing->ra = origin->ra;
    crossing->frame_pointer = origin->frame_pointer;
    crossing->function = function;
    crossing->signature = NULL;
    crossing->callback = NULL;
    crossing->call = NULL;
    crossing->number = self.crossings - 1;
    crossing->up = false;
    self.crossings_open = open + 1;
    return crossing;
}

struct crossing *crossing_enter_up(const struct origin *origin, uintptr_t function, const struct callback *callback) {
    struct crossing *crossing = crossing_enter(origin, function);
    self.last[(self.crossings - 1) % CROSSINGS_LAST].up = true;
    if (crossing) {
        crossing->callback = callback;
        crossing->up = true;
    }
    return crossing;
}

void crossing_leave(uintptr_t cfa) {
    unsigned open = self.crossings_open;
    while (open && self.open[open - 1].cfa < cfa)
        open--;
    if (LIKELY(open && self.open[open - 1].cfa == cfa)) {
        open--;
        uint64_t number = self.open[open].number;
        if (self.crossings - number <= CROSSINGS_LAST)
            self.last[number % CROSSINGS_LAST].open = false;
    }
    self.crossings_open = open;
}

static bool is_certain(const struct crossing *crossing, uintptr_t stack_pointer) {
    uintptr_t there;
    return crossing->cfa > stack_pointer && peek(&there, crossing->cfa - sizeof there, sizeof there) && there == crossing->ra;
}

void crossings_each(uintptr_t stack_pointer, bool (*each)(const struct crossing *crossing, void *context), void *context) {
    for (unsigned i = self.crossings_open; i > 0; i--)
        if (is_certain(&self.open[i - 1], stack_pointer) && !each(&self.open[i - 1], context))
            return;
}

static bool take_first(const struct crossing *crossing, void *context) {
    *(const struct crossing **)context = crossing;
    return false;
}

const struct crossing *crossing_innermost(uintptr_t stack_pointer) {
    const struct crossing *innermost = NULL;
    crossings_each(stack_pointer, take_first, &innermost);
    return innermost;
}

unsigned crossings_last(struct last_crossing *to) {
    unsigned count = self.crossings < CROSSINGS_LAST ? (unsigned)self.crossings : CROSSINGS_LAST;
    for (unsigned i = 0; i < count; i++)
        to[i] = self.last[(self.crossings - 1 - i) % CROSSINGS_LAST];
    return count;
}

static size_t write_one(const struct last_crossing *last, struct ffisan_record_crossing *item, size_t size) {
    if (size < sizeof *item)
        return 0;
    *item = (struct ffisan_record_crossing){.item = {FFISAN_ITEM_CROSSING, sizeof *item},
                                            .generation = last->generation,
                                            .flags = (last->up ? FFISAN_CALL_UP : 0u) | (last->open ? FFISAN_CROSSING_OPEN : 0u),
                                            .function = last->function};
    if (managed_places.describe && last->place.code)
        item->item.size +=
            (uint32_t)managed_places.describe(last->place, (struct ffisan_record_python *)(item + 1), size - sizeof *item);
    return item->item.size;
}

size_t crossings_write(void *to, size_t size) {
    struct last_crossing last[CROSSINGS_LAST];
    unsigned count = crossings_last(last);
    size_t used = 0;
    for (unsigned i = 0; i < count; i++)
        used += write_one(&last[i], (struct ffisan_record_crossing *)((char *)to + used), size - used);
    return used;
}

void crossings_forked(void) {
    self.crossings_told = self.crossings;
}
