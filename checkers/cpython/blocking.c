/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/blocking.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/confined.h"
#include "core/names.h"
#include "cpython/api.h"
#include "cpython/budget.h"
#include "cpython/domains.h"
#include "cpython/methods.h"
#include "cpython/subjects.h"
#include "hooks/calls.h"
#include "hooks/gates.h"
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
static bool ask_waited(uint64_t *worked, uint64_t *waited) {
    char text[96];
    if (confined() || !read_schedstat(text, sizeof text))
        return false;
    take_number(take_number(text, worked), waited);
    return *worked || *waited;
}

/* Who waits for a page that has to be read from a disk seems to sleep. Notes when that was last seen to have happened. */
static void look_at_faults(struct boundary *boundary, uint64_t now) {
    struct rusage usage = {0};
    if (syscall(SYS_getrusage, RUSAGE_THREAD, &usage) != 0)
        return;
    if ((uint64_t)usage.ru_majflt != boundary->faults)
        boundary->faulted_at = now;
    boundary->faults = (uint64_t)usage.ru_majflt;
}

RARE void blocking_look(uint64_t now) {
    struct boundary *boundary = boundary_here();
    if (!boundary || !blocking_wanted())
        return;
    ns_per_tick(now);
    look_at_faults(boundary, now);
    boundary->waited_at = now;
    boundary->waited_known = ask_waited(&boundary->worked, &boundary->waited);
}

/* At most so long the thread was without a processor since the call began, and at work. An extension's function has its own numbers: those
 * inside it ask, too. False: that is not known. */
static bool waited_since(const struct blocked *blocked, uint64_t *worked, uint64_t *waited) {
    struct boundary *boundary = self.boundary;
    const struct method_call *method = blocked->method;
    uint64_t worked_now, waited_now;
    if (!boundary || !boundary->waited_known || (method && !method->worked && !method->waited))
        return false;
    uint64_t worked_then = method ? method->worked : boundary->worked, waited_then = method ? method->waited : boundary->waited;
    if (!ask_waited(&worked_now, &waited_now) || waited_now < waited_then || worked_now < worked_then)
        return false;
    *worked = worked_now - worked_then;
    *waited = waited_now - waited_then;
    boundary->worked = worked_now;
    boundary->waited = waited_now;
    boundary->waited_at = profile_now();
    look_at_faults(boundary, boundary->waited_at);
    return boundary->faulted_at <= blocked->started;
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
    if (blocked->call)
        subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_CALL,
                                                  .role = FFISAN_ROLE_DETECTED,
                                                  .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                                  .name = name_of(blocked->call->function)});
    struct finding finding = {.rule = FFISAN_RULE_GIL_HELD_BLOCKING, .origin = blocked->origin, .calls = &about};
    finding.call_count = blocked->call && call_item(blocked->call, 0, item, sizeof room) ? 1 : 0;
    finding.distinction = blocked->method ? (uintptr_t)blocked->method->method : 0; /* Python code calls all from one place */
    subjects_report(&finding, &subjects, blocked->method);
}

/* The checkers' own looks, which may lie in the call, and sleep until other threads stand still. */
static uint64_t spent_by_us(const struct method_call *call) {
    uint64_t now = budget_spent();
    return call && now > call->looks ? now - call->looks : 0;
}

/* What was waited is known from the last look on: one may have been inside of the call, when another call in it began or ended. */
static uint64_t known_from(const struct blocked *blocked) {
    uint64_t looked_at = self.boundary ? self.boundary->waited_at : 0;
    return looked_at > blocked->started ? looked_at : blocked->started;
}

RARE void blocking_report(const struct blocked *blocked) {
    uint64_t now = profile_now(), from = blocked->method ? blocked->started : known_from(blocked), worked, waited;
    double elapsed = now > from ? (double)(now - from) * ns_per_tick(now) : 0;
    if (!blocking_wanted() || !waited_since(blocked, &worked, &waited))
        return;
    waited += spent_by_us(blocked->method);
    waited += blocked->method && !blocked->quiet ? worked : 0;
    if (elapsed < (double)(threshold_ns() + waited))
        return;
    excuse_outer(blocked);
    report(blocked, (uint64_t)elapsed - waited);
}

/* ---- extensions' functions ---- */

/* Whoever gives the GIL away tells who waits for it (Python/ceval_gil.h, drop_gil: COND_SIGNAL): the interpreter itself too, which nobody else
 * sees, when Python code has run for long enough, or sleeps, or reads. Its locks are semaphores. */
static int signal_and_count(void *condition) {
    int (*signal)(void *) = (int (*)(void *))gate_real(); // NOLINT(performance-no-int-to-ptr)
    self.runtime_drops++;
    return signal(condition);
}

static bool is_interpreter(const struct module *module) {
    return module_symbol(module, "Py_IsInitialized") && module_symbol(module, "PyEval_SaveThread");
}

static const char *const drops[] = {"pthread_cond_signal", NULL};
static const uintptr_t in_its_place[] = {(uintptr_t)signal_and_count};
static const struct gate_plan drop_plan = {.names = drops, .replacements = in_its_place, .only_in = is_interpreter};

static bool is_timed(const struct method *method) {
    return !method->own && method->kind != METHOD_START && method->kind != METHOD_SLOT_NOTHING;
}

/* From now on, what is done is the extension's own. */
static void quiet_begins(struct method_call *call) {
    call->quiet.since = api_has_gil() ? profile_now() : 0;
    call->quiet.drops = self.runtime_drops;
    call->quiet.events = self.domain_events;
}

/* Whether it was so for long, and was reported. */
static bool quiet_ends(struct method_call *call) {
    uint64_t since = call->quiet.since;
    call->quiet.since = 0;
    if (!since || LIKELY(!blocking_ended(since)) || call->quiet.drops != self.runtime_drops ||
        call->quiet.events != self.domain_events)
        return false;
    struct origin origin = method_origin(call);
    blocking_report(&(struct blocked){.started = since, .origin = &origin, .method = call, .quiet = true});
    return true;
}

static bool is_heard(const struct method_call *call) {
    return call && call->closely && !call->cut && is_timed(call->method);
}

static void api_begins(struct api_call *api) {
    if (is_heard(api->method))
        quiet_ends(api->method);
}
static void api_ends(struct api_call *api) {
    if (is_heard(api->method))
        quiet_begins(api->method);
}
static const struct api_listener every_call[] = {{.enter = api_begins, .leave = api_ends}, {0}};

static void method_begins(struct method_call *call) {
    if (call->outer)
        call->outer->quiet.since = 0;
    if (!is_timed(call->method))
        return;
    call->drops = self.runtime_drops;
    call->looks = budget_spent();
    call->started = blocking_begun();
    const struct boundary *boundary = self.boundary;
    call->worked = boundary && boundary->waited_known ? boundary->worked : 0;
    call->waited = boundary && boundary->waited_known ? boundary->waited : 0;
    if (!call->closely)
        return;
    domains_wish(DOMAIN_WISH_EVENTS, true);
    quiet_begins(call);
}

static bool closely_ends(struct method_call *call) {
    bool told = is_heard(call) && quiet_ends(call);
    domains_wish(DOMAIN_WISH_EVENTS, is_heard(call->outer));
    return told;
}

static void method_ends(struct method_call *call, uintptr_t result) {
    (void)result;
    bool told = call->closely && closely_ends(call);
    if (is_heard(call->outer))
        quiet_begins(call->outer);
    if (told || !call->started || LIKELY(!blocking_ended(call->started)) || call->drops != self.runtime_drops ||
        call->callbacks || call->releases != api_releases())
        return;
    struct origin origin = method_origin(call);
    blocking_report(&(struct blocked){.started = call->started, .origin = &origin, .method = call});
}

/* What the kernel counts is the child's own. */
static void forked(bool had_threads) {
    (void)had_threads;
    if (self.boundary)
        self.boundary->waited_at = self.boundary->waited = self.boundary->worked = 0;
}

void blocking_start(void) {
    if (!rule_on(FFISAN_RULE_GIL_HELD_BLOCKING))
        return;
    process_after_fork(forked);
    first_ticks = profile_now();
    first_ns = monotonic_ns();
    blocking_limit = (uint64_t)options.gil_threshold * SLOWEST_PER_MS;
}

void blocking_plan(void) {
    if (!rule_on(FFISAN_RULE_GIL_HELD_BLOCKING))
        return;
    gates_register(&drop_plan);
    static const struct method_listener methods = {.enter = method_begins, .leave = method_ends, .always = true, .others = true};
    methods_listen(&methods);
    api_listen(every_call);
}
