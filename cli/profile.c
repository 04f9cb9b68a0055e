/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "reader.h"
#include "symbols.h"

#define ROWS_SHOWN 20

/* A crossing through ctypes or cffi takes 70 to 200 ns beside what the function itself does (ci/bench, "trivial call"). Below that, most
 * of the time that a caller waits goes into the crossing. */
#define CROSSING_NS   100
#define CALLS_WORTH   10000 /* fewer calls cannot cost much */
#define REPEATS_WORTH 100

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_row(const struct profile_row *a, const struct profile_row *b) {
    return a->up == b->up && a->line == b->line && a->offset == b->offset && same_text(a->function, b->function) &&
           same_text(a->library, b->library) && same_text(a->caller, b->caller) && same_text(a->file, b->file);
}

static struct frame frame_at(const struct workshop *workshop, const struct process *process, uint64_t address,
                             uint32_t generation, bool is_return_address) {
    struct frame *frames = NULL;
    size_t count = 0;
    uint64_t at = address - (is_return_address && address > 0);
    symbols_frames(workshop->symbols, workshop->pool, process_module_at(process, at, generation), address, is_return_address,
                   &frames, &count);
    return frames[count - 1]; /* the outermost: what it was inlined into */
}

static void fill_managed(struct profile_row *row, struct pool *pool, const struct ffisan_record_python *python) {
    const char *file = record_python_text(python, python->frames[0].file);
    const char *function = record_python_text(python, python->frames[0].function);
    row->file = file[0] ? pool_clean(pool, file, POOL_CLEAN_ALL) : NULL;
    row->caller = function[0] ? pool_clean(pool, function, POOL_CLEAN_ALL) : NULL;
    row->line = python->frames[0].line;
}

static void fill_native(struct profile_row *row, const struct frame *frame) {
    row->caller = frame->function ? frame->function : frame->module;
    row->file = frame->file;
    row->line = frame->line;
    row->offset = frame->file ? 0 : frame->offset;
}

static struct profile_row read_row(const struct workshop *workshop, const struct process *process, const struct record *record) {
    const struct ffisan_record_profile *from = record->as.profile;
    const struct ffisan_record_python *python = record_profile_line(record);
    struct frame called = frame_at(workshop, process, from->function, from->generation, false);
    struct profile_row row = {.up = (from->flags & FFISAN_CALL_UP) != 0,
                              .calls = from->calls,
                              .ns = from->ns,
                              .shortest_ns = from->shortest,
                              .bytes = from->bytes,
                              .repeated = from->repeated};
    row.function = row.up ? NULL : from->name[0] ? pool_clean(workshop->pool, from->name, sizeof(from->name)) : called.function;
    row.library = row.up ? NULL : called.module;
    if (python)
        fill_managed(&row, workshop->pool, python);
    else if (from->caller) {
        struct frame caller = frame_at(workshop, process, from->caller, from->generation, true);
        fill_native(&row, &caller);
    }
    return row;
}

static uint64_t sum(uint64_t a, uint64_t b) {
    return a + b < a ? UINT64_MAX : a + b;
}

static void merge(struct profile_row *into, const struct profile_row *from) {
    into->calls = sum(into->calls, from->calls);
    into->ns = sum(into->ns, from->ns);
    into->bytes = sum(into->bytes, from->bytes);
    into->repeated = sum(into->repeated, from->repeated);
    into->shortest_ns = into->shortest_ns < from->shortest_ns ? into->shortest_ns : from->shortest_ns;
}

void profile_take(struct profile *profile, const struct workshop *workshop, const struct process *process,
                  const struct record *record) {
    struct profile_row row = read_row(workshop, process, record);
    for (size_t i = 0; i < profile->count; i++)
        if (same_row(&profile->rows[i], &row)) {
            merge(&profile->rows[i], &row);
            return;
        }
    *(struct profile_row *)pool_append(workshop->pool, &profile->rows, &profile->count, sizeof(row)) = row;
}

static int by_time(const void *a, const void *b) {
    const struct profile_row *left = a, *right = b;
    if (left->ns != right->ns)
        return left->ns > right->ns ? -1 : 1;
    return left->calls > right->calls ? -1 : left->calls < right->calls;
}

void profile_sort(struct profile *profile) {
    if (profile->count)
        qsort(profile->rows, profile->count, sizeof(*profile->rows), by_time);
}

static uint64_t mean_ns(const struct profile_row *row) {
    return row->calls ? row->ns / row->calls : 0;
}

const char *profile_hint(struct pool *pool, const struct profile_row *row) {
    if (row->repeated >= REPEATS_WORTH && row->repeated >= row->calls / 2)
        return pool_text(pool,
                         "%" PRIu64
                         " of these calls were given a fresh copy of the text of the call before: convert it once and keep it",
                         row->repeated);
    if (!row->up && row->calls >= CALLS_WORTH && mean_ns(row) < CROSSING_NS)
        return pool_text(pool,
                         "a call takes %" PRIu64
                         " ns in C, less than crossing takes: hand over many items at once, or do this part in C",
                         mean_ns(row));
    return NULL;
}

/* ---- the table ---- */

static const char *time_text(struct pool *pool, uint64_t ns) {
    if (ns < 10000)
        return pool_text(pool, "%" PRIu64 " ns", ns);
    if (ns < 10000000)
        return pool_text(pool, "%" PRIu64 " us", ns / 1000);
    if (ns < 10000000000)
        return pool_text(pool, "%" PRIu64 " ms", ns / 1000000);
    return pool_text(pool, "%" PRIu64 " s", ns / 1000000000);
}

static const char *bytes_text(struct pool *pool, uint64_t bytes) {
    if (bytes < 10000)
        return pool_text(pool, "%" PRIu64 " B", bytes);
    if (bytes < 10000ull << 10)
        return pool_text(pool, "%" PRIu64 " KiB", bytes >> 10);
    return pool_text(pool, "%" PRIu64 " MiB", bytes >> 20);
}

static const char *callee_text(struct pool *pool, const struct profile_row *row) {
    if (row->up)
        return "a callback";
    if (!row->function)
        return row->library ? row->library : "?";
    return row->library ? pool_text(pool, "%s of %s", row->function, row->library) : row->function;
}

static const char *caller_text(struct pool *pool, const struct profile_row *row) {
    const char *caller = row->caller ? row->caller : "?";
    if (row->file && row->line)
        return pool_text(pool, "%s:%u %s", row->file, row->line, caller);
    if (row->file)
        return pool_text(pool, "%s %s", row->file, caller);
    return row->offset ? pool_text(pool, "%s+0x%" PRIx64, caller, row->offset) : caller;
}

static void row_print(const struct profile_row *row, struct pool *pool, FILE *out) {
    fprintf(out, "  %10" PRIu64 "  %8s  %8s  %8s  %s\n", row->calls, time_text(pool, row->ns), time_text(pool, mean_ns(row)),
            bytes_text(pool, row->bytes), callee_text(pool, row));
    fprintf(out, "  %42s  %s %s\n", "", row->up ? "made at" : "from", caller_text(pool, row));
    const char *hint = profile_hint(pool, row);
    if (hint)
        fprintf(out, "  %42s  hint: %s\n", "", hint);
}

void profile_print(const struct profile *profile, struct pool *pool, FILE *out, bool all) {
    size_t shown = all || profile->count < ROWS_SHOWN ? profile->count : ROWS_SHOWN;
    if (!shown)
        return;
    fprintf(out, "\nprofile: foreign calls, the dearest first (time: from entry to return, callbacks included)\n");
    fprintf(out, "  %10s  %8s  %8s  %8s  %s\n", "calls", "time", "a call", "given", "function");
    for (size_t i = 0; i < shown; i++)
        row_print(&profile->rows[i], pool, out);
    if (shown < profile->count)
        fprintf(out, "  ... and %zu more (--verbose shows them, the JSON report has them)\n", profile->count - shown);
    fputc('\n', out);
}
