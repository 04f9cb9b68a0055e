/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/blocking.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/confined.h"
#include "cpython/methods.h"
#include "cpython/subjects.h"
#include "hooks/calls.h"
#include "hooks/hooks.h"

#define NS_OF_MS         1000000u
#define SLOWEST_PER_MS   500000u /* ticks of the slowest counter there is */
#define CALIBRATED_AFTER (50u * NS_OF_MS)
#define CALL_ROOM        1024u

uint64_t blocking_limit = UINT64_MAX;
static uint64_t first_ticks, first_ns;
static bool calibrated;

static uint64_t monotonic_ns(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u * NS_OF_MS + (uint64_t)now.tv_nsec;
}

static uint64_t threshold_ns(void) {
    return (uint64_t)options.gil_threshold * NS_OF_MS;
}

/* The longer the process has lived, the better is the rate known; and it has lived for longer than the call. */
static double ns_per_tick(uint64_t now) {
    uint64_t ns = monotonic_ns() - first_ns, ticks = now - first_ticks;
    double rate = ticks ? (double)ns / (double)ticks : 0;
    if (!calibrated && ns >= CALIBRATED_AFTER && rate > 0) {
        calibrated = true;
        blocking_limit = (uint64_t)((double)threshold_ns() / rate * 0.98);
    }
    return rate;
}

/* ---- waiting for a processor ---- */

/* "<ns at work> <ns ready, waiting> <turns>". By number: libc's are points of cancellation. */
static bool read_schedstat(char *text, size_t size) {
    int before = errno;
    long file = syscall(SYS_openat, AT_FDCWD, "/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC, 0);
    long got = file >= 0 ? syscall(SYS_read, file, text, size - 1) : -1;
    if (file >= 0)
        syscall(SYS_close, file);
    errno = before;
    text[got > 0 ? got : 0] = 0;
    return got > 0;
}

static const char *take_number(const char *text, uint64_t *number) {
    *number = 0;
    while (*text == ' ')
        text++;
    for (; *text >= '0' && *text <= '9'; text++)
        *number = *number * 10 + (uint64_t)(*text - '0');
    return text;
}

/* False: the kernel does not say, or must not be asked. A thread that has run has run for some time: zeros are no answer. */
static bool ask_waited(uint64_t *waited) {
    char text[96];
    uint64_t at_work;
    if (confined() || !read_schedstat(text, sizeof text))
        return false;
    take_number(take_number(text, &at_work), waited);
    return at_work || *waited;
}

RARE void blocking_look(uint64_t now) {
    struct boundary *boundary = boundary_here();
    if (!boundary || !blocking_wanted())
        return;
    ns_per_tick(now);
    boundary->waited_at = now;
    boundary->waited_known = ask_waited(&boundary->waited);
}

/* At most so long the thread was without a processor since it was asked before. False: that is not known. */
static bool waited_since(uint64_t *waited) {
    struct boundary *boundary = self.boundary;
    uint64_t before = boundary ? boundary->waited : 0, now;
    bool known = boundary && boundary->waited_known && ask_waited(&now) && now >= before;
    if (known) {
        boundary->waited = now;
        boundary->waited_at = profile_now();
        *waited = now - before;
    }
    return known;
}

/* ---- on record ---- */

/* It has been said of the innermost: those around it kept the GIL no longer by themselves. */
static void excuse_outer(const struct blocked *blocked) {
    struct method_call *outer = blocked->method ? blocked->method->outer : method_innermost(blocked->origin->cfa);
    for (; outer; outer = outer->outer)
        outer->callbacks++;
}

static void report(const struct blocked *blocked, uint64_t ns) {
    uint64_t room[CALL_ROOM / sizeof(uint64_t)];
    struct ffisan_record_call *item = (struct ffisan_record_call *)room;
    struct finding_call about = {item, NULL};
    struct subjects subjects = {0};
    subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_STATE,
                                              .role = FFISAN_ROLE_DETECTED,
                                              .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                              .wanted = options.gil_threshold,
                                              .given = ns / NS_OF_MS,
                                              .name = "GIL"});
    struct finding finding = {.rule = FFISAN_RULE_GIL_HELD_BLOCKING, .origin = blocked->origin, .calls = &about};
    finding.call_count = blocked->call && call_item(blocked->call, 0, item, sizeof room) ? 1 : 0;
    subjects_report(&finding, &subjects, blocked->method);
}

RARE void blocking_report(const struct blocked *blocked) {
    uint64_t now = profile_now(), waited;
    double elapsed = (double)(now - blocked->started) * ns_per_tick(now);
    if (!blocking_wanted() || !waited_since(&waited) || elapsed < (double)(threshold_ns() + waited))
        return;
    excuse_outer(blocked);
    report(blocked, (uint64_t)elapsed - waited);
}

/* ---- PyDLL ---- */

static void call_begins(const struct ffi_call_seen *seen, uint64_t notes[2]) {
    (void)seen;
    notes[0] = blocking_begun();
    notes[1] = self.boundary ? self.boundary->crossings : 0;
}

/* Whether C called Python, where the interpreter gives the GIL away when somebody waits for it. */
static void call_ends(const struct ffi_call_seen *seen, const uint64_t notes[2]) {
    if (LIKELY(!blocking_ended(notes[0])) || !self.boundary || self.boundary->crossings != notes[1] || self.busy)
        return;
    struct inside inside = inside_enter();
    blocking_report(&(struct blocked){.started = notes[0], .origin = seen->origin, .call = seen});
    inside_leave(inside);
}

/* The interpreter's own functions run Python code, and release the GIL themselves; and so may those of a library that uses it. The shim's own
 * (ffisan_repeat_step) look at the heap. */
const struct managed_edges *blocking_edges(uintptr_t function) {
    static const struct managed_edges edges = {call_begins, call_ends};
    const struct module *module = module_at(function);
    return blocking_wanted() && !cpython_is(module) && !(module && module->kind & MODULE_SHIM) ? &edges : NULL;
}

/* What the kernel counts is the child's own. */
static void forked(bool had_threads) {
    (void)had_threads;
    if (self.boundary)
        self.boundary->waited_at = self.boundary->waited = 0;
}

void blocking_start(void) {
    if (!rule_on(FFISAN_RULE_GIL_HELD_BLOCKING))
        return;
    process_after_fork(forked);
    first_ticks = profile_now();
    first_ns = monotonic_ns();
    blocking_limit = (uint64_t)options.gil_threshold * SLOWEST_PER_MS;
}
