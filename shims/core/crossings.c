/* SPDX-License-Identifier: Apache-2.0 */
#include "core/crossings.h"

#include <errno.h>

#include "core/callbacks.h"
#include "core/memory.h"
#include "core/modules.h"
#include "core/peek.h"
#include "core/profile.h"
#include "core/records.h"
#include "core/thread.h"

struct managed_places managed_places;
void (*crossing_edge)(uintptr_t stack_pointer, bool in_call);

RARE struct boundary *boundary_make(void) {
    if (!self.ending)
        self.boundary = memory_map(sizeof *self.boundary);
    return self.boundary;
}

void boundary_thread_end(void) {
    struct boundary *boundary = self.boundary;
    crossings_tell();
    self.boundary = NULL;
    self.call = NULL;
    if (boundary)
        memory_unmap(boundary, sizeof *boundary);
}

RARE void crossings_tell(void) {
    struct boundary *boundary = self.boundary;
    if (!boundary)
        return;
    __atomic_fetch_add(&records_header()->crossings, boundary->crossings - boundary->told, __ATOMIC_RELAXED);
    boundary->told = boundary->crossings;
}

RARE void crossing_clock_start(unsigned index) {
    self.boundary->clocks[index] = (struct crossing_clock){.started = profile_now()};
}

void crossing_carries(uint64_t bytes, uint64_t repeated) {
    struct boundary *boundary = self.boundary;
    if (!boundary || !boundary->open_count)
        return;
    boundary->clocks[boundary->open_count - 1].bytes += bytes;
    boundary->clocks[boundary->open_count - 1].repeated += repeated;
}

static uint32_t line_of(const struct crossing *crossing) {
    if (crossing->callback)
        return crossing->callback->created_line;
    struct managed_place place = place_here();
    return managed_places.line && place.code ? managed_places.line(place) : 0;
}

/* A callback's row is that of the line which made it; a call's, that of the line which makes it. */
RARE void crossing_clock_stop(unsigned index) {
    const struct crossing *crossing = &self.boundary->open[index];
    const struct crossing_clock *clock = &self.boundary->clocks[index];
    int error = errno;
    self.busy++;
    profile_add(&(struct profiled){.function = crossing->function,
                                   .up = crossing->callback != NULL,
                                   .started = clock->started,
                                   .bytes = clock->bytes,
                                   .repeated = clock->repeated,
                                   .line = line_of(crossing),
                                   .caller = crossing->ra});
    self.busy--;
    errno = error;
}

static bool is_certain(const struct crossing *crossing, uintptr_t stack_pointer) {
    uintptr_t there;
    return crossing->cfa > stack_pointer && peek(&there, crossing->cfa - sizeof there, sizeof there) && there == crossing->ra;
}

void crossings_each(uintptr_t stack_pointer, bool (*each)(const struct crossing *crossing, void *context), void *context) {
    for (unsigned i = self.boundary ? self.boundary->open_count : 0; i > 0; i--)
        if (is_certain(&self.boundary->open[i - 1], stack_pointer) && !each(&self.boundary->open[i - 1], context))
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
    const struct boundary *boundary = self.boundary;
    return boundary ? boundary->last[(boundary->crossings - 1) % CROSSINGS_LAST].place : (struct managed_place){0};
}

static bool is_open(const struct boundary *boundary, uint64_t number) {
    for (unsigned i = 0; i < boundary->open_count; i++)
        if (boundary->open[i].number == number)
            return true;
    return false;
}

unsigned crossings_last(struct last_crossing *to) {
    const struct boundary *boundary = self.boundary;
    uint64_t made = boundary ? boundary->crossings : 0;
    unsigned count = made < CROSSINGS_LAST ? (unsigned)made : CROSSINGS_LAST;
    for (unsigned i = 0; i < count; i++) {
        uint64_t number = made - 1 - i;
        to[i] = boundary->last[number % CROSSINGS_LAST];
        to[i].open = is_open(boundary, number);
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
    if (self.boundary)
        self.boundary->told = self.boundary->crossings;
}
