/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/environment.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/confined.h"
#include "core/findings.h"
#include "core/modules.h"
#include "core/names.h"
#include "cpython/cpython.h"
#include "cpython/methods.h"
#include "cpython/subjects.h"
#include "hooks/calls.h"
#include "hooks/crash.h"
#include "hooks/gates.h"
#include "hooks/hooks.h"

#define CALL_ROOM 1024u
#define TEXT_MOST 160u
#define SIGNALS   64

bool environment_wanted;

/* ---- who means it ----------------------------------------------------------------------------------------------------------- */

static bool holds(const char *name, const char *const *words) {
    for (; *words; words++)
        if (strcasestr(name, *words))
            return true;
    return false;
}

/* libc's own for it, or a name that says so. */
static bool means_modes(const char *name) {
    static const char *const own[] = {
        "fesetround",      "fesetenv",   "feupdateenv", "feholdexcept", "fesetmode", "feenableexcept",
        "fedisableexcept", "__setfpucw", "controlfp",   "control87",    NULL};
    static const char *const verbs[] = {"set", "enable", "disable", "change", "use", "restore", NULL};
    static const char *const nouns[] = {"round", "denorm",    "ftz",    "daz",     "flush",      "fpu",  "fpe", "fenv",
                                        "mxcsr", "precision", "fpmode", "fp_mode", "float_mode", "trap", NULL};
    return name && (holds(name, own) || (holds(name, verbs) && holds(name, nouns)));
}

/* Of a method; a function that is called through libffi must be libc's own. */
static bool means_signals(const struct environment_call *call, const char *name) {
    static const char *const words[] = {"sig", "handler", "interrupt", NULL};
    if (!name)
        return false;
    if (call->method)
        return holds(name, words);
    const struct module *module = module_at(call->call->function);
    return module && module->kind & MODULE_LIBC && strstr(name, "sig");
}

/* ---- texts ------------------------------------------------------------------------------------------------------------------ */

struct text {
    char text[TEXT_MOST];
    size_t used;
};

static void add(struct text *to, const char *text) {
    size_t length = strnlen(text, TEXT_MOST - 1 - to->used);
    memcpy(to->text + to->used, text, length);
    to->used += length;
    to->text[to->used] = 0;
}

static void add_listed(struct text *to, const char *text) {
    add(to, to->used ? ", " : "");
    add(to, text);
}

static void add_number(struct text *to, unsigned number) {
    char digits[4] = {(char)('0' + number / 10), (char)('0' + number % 10), 0};
    add(to, number < 10 ? digits + 1 : digits);
}

static const char *signal_text(int signal, struct text *room) {
    static const char *const names[] = {
        [SIGHUP] = "SIGHUP",   [SIGINT] = "SIGINT",       [SIGQUIT] = "SIGQUIT", [SIGUSR1] = "SIGUSR1",   [SIGUSR2] = "SIGUSR2",
        [SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM",     [SIGTERM] = "SIGTERM", [SIGCHLD] = "SIGCHLD",   [SIGCONT] = "SIGCONT",
        [SIGTSTP] = "SIGTSTP", [SIGTTIN] = "SIGTTIN",     [SIGTTOU] = "SIGTTOU", [SIGWINCH] = "SIGWINCH", [SIGIO] = "SIGIO",
        [SIGPROF] = "SIGPROF", [SIGVTALRM] = "SIGVTALRM",
    };
    *room = (struct text){.used = 0};
    if ((size_t)signal < sizeof names / sizeof *names && names[signal])
        return names[signal];
    add(room, "signal ");
    add_number(room, (unsigned)signal);
    return room->text;
}

/* ---- on record --------------------------------------------------------------------------------------------------------------- */

static void add_state(struct subjects *subjects, const char *name, uint64_t before, uint64_t now, const char *detail) {
    subjects_add(subjects, &(struct subject){.what = FFISAN_SUBJECT_STATE,
                                             .role = FFISAN_ROLE_DETECTED,
                                             .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                             .wanted = before,
                                             .given = now,
                                             .name = name,
                                             .detail = detail});
}

static void report(const struct environment_call *call, struct subjects *subjects, uint64_t distinction) {
    uint64_t room[CALL_ROOM / sizeof(uint64_t)];
    struct ffisan_record_call *item = (struct ffisan_record_call *)room;
    struct finding_call about = {item, NULL};
    struct finding finding = {
        .rule = FFISAN_RULE_THREAD_STATE_LEAK, .origin = call->origin, .calls = &about, .distinction = distinction};
    finding.call_count = call->call && call_item(call->call, 0, item, sizeof room) ? 1 : 0;
    subjects_report(&finding, subjects, call->method);
}

/* ---- floating point ---------------------------------------------------------------------------------------------------------- */

static const char *rounding_text(uint32_t modes) {
    static const char *const names[] = {"to nearest", "downward", "upward", "towards zero"};
    return names[(modes & MODES_ROUNDING) >> 13];
}

static void add_rounding(struct subjects *subjects, uint32_t before, uint32_t now) {
    struct text text = {.used = 0};
    add(&text, rounding_text(before));
    add(&text, " before, ");
    add(&text, rounding_text(now));
    add(&text, " now");
    add_state(subjects, "rounding mode", before, now, text.text);
}

static void add_denormals(struct subjects *subjects, uint32_t before, uint32_t now) {
    bool flushed = now & (MODES_FLUSH | MODES_ZEROS);
    add_state(subjects, "handling of denormal numbers", before, now,
              flushed ? "they are flushed to zero now" : "they are numbers again, and were flushed to zero before");
}

static void add_traps(struct subjects *subjects, uint32_t before, uint32_t now) {
    bool stops = (before & ~now) & MODES_MASKS;
    add_state(subjects, "floating-point exceptions", before, now,
              stops ? "some of them raise SIGFPE now" : "they raise SIGFPE no more");
}

static void tell_modes(const struct environment_call *call, uint32_t now) {
    uint32_t changed = now ^ call->before;
    struct subjects subjects = {0};
    if (changed & MODES_ROUNDING)
        add_rounding(&subjects, call->before, now);
    if (changed & (MODES_FLUSH | MODES_ZEROS))
        add_denormals(&subjects, call->before, now);
    if (changed & MODES_MASKS)
        add_traps(&subjects, call->before, now);
    report(call, &subjects, changed);
}

/* Somebody meant it, or it was told: then it is no news to the calls around. */
static void look_at_modes(const struct environment_call *call, const char *name) {
    struct boundary *boundary = boundary_here();
    uint32_t now = modes_now();
    if (!boundary || now == call->before || boundary->changes.known_modes == now)
        return;
    boundary->changes.known_modes = now;
    if (!means_modes(name))
        tell_modes(call, now);
}

/* ---- signals ----------------------------------------------------------------------------------------------------------------- */

static bool ask_mask(uint64_t *mask) {
    int before = errno;
    bool known = !confined() && syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, mask, sizeof *mask) == 0;
    errno = before;
    return known;
}

static void look_at_mask(const struct environment_call *call, uint64_t before) {
    struct text text = {.used = 0}, room;
    struct subjects subjects = {0};
    uint64_t now;
    if (!ask_mask(&now) || now == before)
        return;
    for (int signal = 1; signal <= SIGNALS; signal++) {
        uint64_t bit = (uint64_t)1 << (signal - 1);
        if (!((now ^ before) & bit))
            continue;
        if (text.used < TEXT_MOST / 2)
            add_listed(&text, signal_text(signal, &room));
        else if (text.text[text.used - 1] != '.')
            add(&text, ", ...");
    }
    add(&text, now & ~before ? " blocked now" : " let through now");
    add_state(&subjects, "signal mask", before, now, text.text);
    report(call, &subjects, now ^ before);
}

static uintptr_t handler_of(int signal) {
    struct sigaction action = signal_in_force(signal);
    return (uintptr_t)action.sa_handler;
}

static void look_at_handler(const struct environment_call *call, int signal, uintptr_t before) {
    struct text text = {.used = 0}, name = {.used = 0}, room;
    struct subjects subjects = {0};
    uintptr_t now = handler_of(signal);
    if (now == before)
        return;
    const struct module *module = now > 1 ? module_at(now) : NULL;
    add(&name, "handler of ");
    add(&name, signal_text(signal, &room));
    add(&text, now == (uintptr_t)SIG_DFL   ? "it was Python's, and is the default action now"
               : now == (uintptr_t)SIG_IGN ? "it was Python's, and the signal is ignored now"
                                           : "it was Python's, and is one of ");
    if (now > 1)
        add(&text, module ? module_name(module) : "somebody else's");
    add_state(&subjects, name.text, before, now, text.text);
    report(call, &subjects, (uint64_t)signal);
}

static void look_at_signals(const struct environment_call *call, const char *name) {
    struct boundary *boundary = self.boundary;
    if (!boundary || !boundary->changes.noted || boundary->changes.stack >= call->cfa)
        return;
    struct environment_changes changes = boundary->changes;
    boundary->changes.noted = false;
    if (means_signals(call, name) || confined())
        return;
    if (changes.has_mask)
        look_at_mask(call, changes.mask);
    for (unsigned i = 0; i < changes.handlers; i++)
        look_at_handler(call, changes.handler[i].signal, changes.handler[i].before);
}

RARE void environment_look(const struct environment_call *call) {
    const char *name = call->call ? name_of(call->call->function) : call->method->method->name;
    look_at_modes(call, name);
    look_at_signals(call, name);
}

/* ---- changes as they are made ------------------------------------------------------------------------------------------------ */

/* The interpreter's own are the program's; those of other runtimes (HotSpot) are how they work. */
static bool is_somebody(uintptr_t caller) {
    const struct module *module = module_at(caller);
    return module && !(module->kind & (MODULE_RUNTIME | MODULE_LIBC | MODULE_LOADER | MODULE_SHIM)) && !cpython_is(module);
}

/* NULL: nothing is to be noted. Inside of a call there is a boundary, or nobody has crossed on this thread. */
static struct environment_changes *changes_here(uintptr_t caller, uintptr_t stack) {
    struct boundary *boundary = boundary_here();
    if (!boundary || self.attention & ATTENTION_CHILD || confined() || !cpython.module || cpython_is_ending())
        return NULL;
    struct environment_changes *changes = &boundary->changes;
    if (!is_somebody(caller)) {
        changes->noted = false; /* the program itself changes them, from a callback */
        return NULL;
    }
    if (!changes->noted) {
        changes->noted = true;
        changes->stack = stack;
        changes->has_mask = false;
        changes->handlers = 0;
    }
    return changes;
}

static void mask_changes(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    (void)gate;
    bool only_asks = !registers->integer[1];
    struct environment_changes *changes = only_asks ? NULL : changes_here(origin->ra, origin->cfa);
    if (changes && !changes->has_mask)
        changes->has_mask = ask_mask(&changes->mask);
}

static void handler_changes(int signal, uintptr_t caller, uintptr_t stack) {
    if (signal <= 0 || signal > SIGNALS || signal_is_crash(signal) || !cpython.module)
        return;
    uintptr_t before = handler_of(signal);
    if (before <= 1 || !cpython_is(module_at(before)))
        return;
    struct environment_changes *changes = changes_here(caller, stack);
    for (unsigned i = 0; changes && i < changes->handlers; i++)
        if (changes->handler[i].signal == signal)
            return;
    if (changes && changes->handlers < ENVIRONMENT_HANDLERS) {
        changes->handler[changes->handlers].signal = signal;
        changes->handler[changes->handlers++].before = before;
    }
}

static const char *const names[] = {"pthread_sigmask", "sigprocmask", NULL};
static const struct gate_hooks hooks = {mask_changes, NULL};
static const struct gate_plan plan = {.names = names, .hooks = &hooks};

/* ---- methods ----------------------------------------------------------------------------------------------------------------- */

/* To ask the processor twice is half of what a short method costs: of the interpreter's own, which do not change it, it is not asked. */
static void method_begins(struct method_call *call) {
    if (LIKELY(call->method->own))
        environment_settle(call->cfa);
    else
        call->notes[METHOD_CALL_STATE] = (void *)(uintptr_t)((uint64_t)environment_begun(call->cfa) | (uint64_t)1 << 32);
}

static void method_ends(struct method_call *call, uintptr_t result) {
    (void)result;
    uint64_t note = (uint64_t)(uintptr_t)call->notes[METHOD_CALL_STATE];
    if (LIKELY(note ? !environment_differs(call->cfa, (uint32_t)note)
                    : !call->method->own || !environment_has_changes(call->cfa)))
        return;
    uint32_t before = note ? (uint32_t)note : modes_now();
    /* method_called has a frame pointer. */
    const uintptr_t *words = (const uintptr_t *)call->cfa;
    struct origin origin = {.cfa = call->cfa, .ra = words[-1], .frame_pointer = words[-2]};
    environment_look(&(struct environment_call){.cfa = call->cfa, .before = before, .origin = &origin, .method = call});
}

static const struct method_listener listener = {.enter = method_begins, .leave = method_ends, .always = true};

void environment_start(void) {
    environment_wanted = rule_on(FFISAN_RULE_THREAD_STATE_LEAK);
    if (!environment_wanted)
        return;
    gates_register(&plan);
    signals_on_change(handler_changes);
    methods_listen(&listener);
}
