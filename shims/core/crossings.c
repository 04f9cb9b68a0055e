/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crossings.h"

#include <errno.h>

#include "core/callbacks.h"
#include "core/modules.h"
#include "core/peek.h"
#include "core/profile.h"
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

static inline void remember(uintptr_t function, bool up) {
    struct last_crossing *last = &self.last[self.crossings % CROSSINGS_LAST];
    last->function = function;
    last->place = managed_places.here ? managed_places.here() : (struct managed_place){0};
    last->up = up;
    if (UNLIKELY(++self.crossings - self.crossings_told == TELL_EVERY))
        crossings_tell();
}

static RARE void start_clock(struct crossing *crossing) {
    crossing->bytes = crossing->repeated = 0;
    crossing->started = profile_now();
}

void crossing_carries(uint64_t bytes, uint64_t repeated) {
    if (!self.crossings_open)
        return;
    self.open[self.crossings_open - 1].bytes += bytes;
    self.open[self.crossings_open - 1].repeated += repeated;
}

static uint32_t line_of(const struct crossing *crossing) {
    if (crossing->callback)
        return crossing->callback->created_line;
    struct managed_place place = managed_places.here ? managed_places.here() : (struct managed_place){0};
    return managed_places.line && place.code ? managed_places.line(place) : 0;
}

/* A callback's row is that of the line which made it; a call's, that of the line which makes it. */
static RARE void stop_clock(const struct crossing *crossing) {
    int error = errno;
    self.busy++;
    profile_add(&(struct profiled){.function = crossing->function,
                                   .up = crossing->callback != NULL,
                                   .started = crossing->started,
                                   .bytes = crossing->bytes,
                                   .repeated = crossing->repeated,
                                   .line = line_of(crossing),
                                   .caller = crossing->ra});
    self.busy--;
    errno = error;
}

void crossing_enter(const struct origin *origin, uintptr_t function, const struct ffi_call_seen *call,
                    const struct callback *callback) {
    unsigned open = still_open(origin->cfa);
    if (LIKELY(open < CROSSINGS_OPEN)) {
        struct crossing *crossing = &self.open[open++];
        crossing->cfa = origin->cfa;
        crossing->ra = origin->ra;
        crossing->function = function;
        crossing->number = self.crossings;
        crossing->call = call;
        crossing->callback = callback;
        if (profiling())
            start_clock(crossing);
    }
    self.crossings_open = open;
    remember(function, callback != NULL);
}

void crossing_leave(uintptr_t cfa) {
    unsigned open = self.crossings_open;
    while (open && self.open[open - 1].cfa < cfa)
        open--;
    bool ours = open && self.open[open - 1].cfa == cfa;
    if (profiling() && ours)
        stop_clock(&self.open[open - 1]);
    self.crossings_open = ours ? open - 1 : open;
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

struct managed_place crossing_place(void) {
    return self.last[(self.crossings - 1) % CROSSINGS_LAST].place;
}

static bool is_open(uint64_t number) {
    for (unsigned i = 0; i < self.crossings_open; i++)
        if (self.open[i].number == number)
            return true;
    return false;
}

unsigned crossings_last(struct last_crossing *to) {
    unsigned count = self.crossings < CROSSINGS_LAST ? (unsigned)self.crossings : CROSSINGS_LAST;
    for (unsigned i = 0; i < count; i++) {
        uint64_t number = self.crossings - 1 - i;
        to[i] = self.last[number % CROSSINGS_LAST];
        to[i].open = is_open(number);
    }
    return count;
}

static size_t write_one(const struct last_crossing *last, struct ffisan_record_crossing *item, size_t size) {
    if (size < sizeof *item)
        return 0;
    *item = (struct ffisan_record_crossing){.item = {FFISAN_ITEM_CROSSING, sizeof *item},
                                            .generation = modules_generation(),
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
