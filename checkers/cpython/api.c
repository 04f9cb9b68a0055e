/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may call the API, and who wants to hear of it.
 *
 * Which state is current. Up to 3.11 one word of _PyRuntime says it for all threads; it is another thread's when that one has the GIL.
 * From 3.12 on it is a thread-local of the interpreter's, NULL while the thread has not got the GIL; its place is found by looking for
 * the state's address among the thread-locals of the modules that were loaded at start, which lie at the same distance from the thread
 * pointer in every thread. Nothing is believed of either word that the interpreter's own function does not confirm, with the GIL held; where it
 * does not, calls go the slow way, and the interpreter is asked each time.
 *
 * Whose it is. From 3.12 on: this thread's. Before, a state is this thread's when it was made here (PyGILState_GetThisThreadState; its
 * thread_id), or was given to this thread (PyEval_RestoreThread and its like): programs that embed the interpreter make states on one
 * thread and use them on another. A program that has the interpreter linked in gives them by calls that nobody sees; who is called by the
 * interpreter in such a thread has the GIL until it gives it away (methods.h).
 */
#include "cpython/api.h"

#include <pthread.h>
#include <string.h>

#include "core/findings.h"
#include "core/memory.h"
#include "core/peek.h"
#include "core/records.h"
#include "cpython/methods.h"
#include "cpython/subjects.h"
#include "hooks/guards.h"
#include "hooks/hooks.h"

#define ARRAYS_MOST    32u /* of listeners */
#define LISTENERS_MOST 10u /* of one function */
#define USERS_MOST     16384u

/* A function of the API that has a guard. */
struct api_function {
    const char *name;
    uintptr_t real, entry; /* the function; and what another plan may have put in front of it */
    const struct module *definer;
    bool free; /* may be called without the GIL */
    uint8_t count, always, always_leave;
    const struct api_listener *listeners[LISTENERS_MOST];
    uintptr_t gate;              /* that runs them; atomic, 0: none yet */
    uintptr_t passed;            /* likewise, that runs those who always listen and leave nothing on the stack */
    const struct module *caller; /* atomic; the last one */
};
_Static_assert(2 * LISTENERS_MOST + 2 <= FRAME_NOTES, "each listener has two words of the frame, behind what stands for all");

enum knowledge { UNKNOWN, KNOWN, REFUSED };
static enum knowledge knowledge;
static bool by_thread; /* the current state is a thread-local */
static intptr_t place; /* of the word that holds it: an address, or its distance from the thread pointer; 0: not known */
#define LOCK_ALONE 1u  /* self.runtime_given: up to 3.11 a thread may hold the GIL while no state is current */
static const uintptr_t anything = 1; /* what a thread compares with that nobody checks: its runtime_state stays 1 */
static const struct api_listener *arrays[ARRAYS_MOST];
static uint64_t users[USERS_MOST / 64];

/* ---- names ----------------------------------------------------------------------------------------------------------------- */

/* Rows: a name, or the beginning of names and a '*'; why. */
struct row {
    const char *name;
    size_t length; /* of what all names of the row begin with; 0: it is one name */
};
#define ROW(name)                                                                                                                \
    { name, (name)[sizeof(name) - 2] == '*' ? sizeof(name) - 2 : 0 }
static const struct row unlocked[] = {
#define UNLOCKED(name, source) ROW(name),
#include "cpython/unlocked.def"
};
static const struct row compared[] = {
#define COMPARED(name, source) ROW(name),
#include "cpython/compared.def"
};

static bool in_rows(const struct row *rows, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (rows[i].length ? strncmp(rows[i].name, name, rows[i].length) == 0 : strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}
#define IN_ROWS(rows, name) in_rows(rows, sizeof(rows) / sizeof *(rows), name)

static bool is_about(const char *name) {
    return name[0] == 'P' ? name[1] == 'y' : name[0] == '_' && name[1] == 'P' && name[2] == 'y';
}

static bool is_interpreter(const struct module *module) {
    static const struct module *last;
    if (cpython_is(module) || module == __atomic_load_n(&last, __ATOMIC_RELAXED))
        return true;
    if (!module_symbol(module, "Py_IsInitialized") || !module_symbol(module, "Py_GetVersion"))
        return false;
    __atomic_store_n(&last, module, __ATOMIC_RELAXED);
    return true;
}

/* ---- listeners ------------------------------------------------------------------------------------------------------------- */

void api_listen(const struct api_listener *listeners) {
    for (unsigned i = 0; i < ARRAYS_MOST; i++)
        if (!arrays[i]) {
            arrays[i] = listeners;
            return;
        }
    record_note(FFISAN_NOTE_TRUNCATED, "listeners");
}

static bool is_end(const struct api_listener *listener) {
    return !listener->enter && !listener->leave;
}

static void add_listener(struct api_function *function, const struct api_listener *listener) {
    if (function->count == LISTENERS_MOST) {
        record_note(FFISAN_NOTE_TRUNCATED, function->name);
        return;
    }
    function->listeners[function->count++] = listener;
    function->always += listener->always;
    function->always_leave += listener->always && listener->leave;
}

static void find_listeners(struct api_function *function) {
    for (unsigned i = 0; i < ARRAYS_MOST && arrays[i]; i++)
        for (const struct api_listener *listener = arrays[i]; !is_end(listener); listener++)
            if (!listener->name || strcmp(listener->name, function->name) == 0)
                add_listener(function, listener);
}

static inline const struct module *caller_of(struct api_function *function, uintptr_t ra) {
    const struct module *last = __atomic_load_n(&function->caller, __ATOMIC_RELAXED);
    if (LIKELY(last && ra >= last->start && ra < last->end && !last->gone))
        return last;
    last = module_at(ra);
    __atomic_store_n(&function->caller, last, __ATOMIC_RELAXED);
    return last;
}

/* In place, and the arguments stay where the gate put them: to copy by sixteen bytes what was just written by eight waits for the writes. */
static inline void fill_call(struct api_call *call, struct api_function *function, const struct gate_frame *frame) {
    call->name = function->name;
    call->function = function->real;
    call->caller = caller_of(function, frame->origin.ra);
    call->origin = &frame->origin;
    call->method = self.method ? method_innermost(frame->origin.cfa) : NULL;
    call->arguments = frame->registers.integer;
}

/* The first word of the notes: whether those hear the call that are not `always`. What was heard on the way in is heard on the way out. */
static void enter(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    (void)origin;
    struct api_function *function = (struct api_function *)gate_data(gate);
    struct gate_frame *frame = gate_frame_entered(registers);
    struct api_call call;
    fill_call(&call, function, frame);
    frame->notes[0] = self.runtime_closely;
    for (unsigned i = 0; i < function->count; i++) {
        const struct api_listener *listener = function->listeners[i];
        call.notes = &frame->notes[2 + 2 * i];
        if (listener->enter && (listener->always || frame->notes[0]))
            listener->enter(&call);
    }
}

static void leave(const struct gate *gate, uintptr_t cfa, uint64_t result[2]) {
    (void)cfa;
    struct api_function *function = (struct api_function *)gate_data(gate);
    struct gate_frame *frame = gate_frame_left(result);
    struct api_call call;
    fill_call(&call, function, frame);
    call.result = result[0];
    for (unsigned i = 0; i < function->count; i++) {
        const struct api_listener *listener = function->listeners[i];
        call.notes = &frame->notes[2 + 2 * i];
        if (listener->leave && (listener->always || frame->notes[0]))
            listener->leave(&call);
    }
}

/* Those who always listen, to a function that none of them hears the end of. */
static void pass(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    (void)origin;
    struct api_function *function = (struct api_function *)gate_data(gate);
    struct gate_frame *frame = gate_frame_entered(registers);
    struct api_call call;
    fill_call(&call, function, frame);
    for (unsigned i = 0; i < function->count; i++) {
        const struct api_listener *listener = function->listeners[i];
        call.notes = &frame->notes[2 + 2 * i];
        if (listener->enter && listener->always)
            listener->enter(&call);
    }
}

static const struct gate_hooks hooks = {enter, leave}, passing_hooks = {pass, NULL};
static const char *const no_names[] = {NULL};
static const struct gate_plan gates_here = {.names = no_names, .hooks = &hooks};
static const struct gate_plan passing_gates_here = {.names = no_names, .hooks = &passing_hooks};

static uintptr_t open_gate(struct api_function *function, uintptr_t *known, const struct gate_plan *planned) {
    uintptr_t gate = __atomic_load_n(known, __ATOMIC_ACQUIRE);
    if (LIKELY(gate))
        return gate;
    const struct gate_choice choice = {.hooks = planned->hooks, .data = function};
    gate = gates_open(planned, function->name, function->entry, function->definer, &choice);
    gate = gate ? gate : function->entry;
    __atomic_store_n(known, gate, __ATOMIC_RELEASE);
    return gate;
}

/* The gate in front of the function that runs its listeners; the function itself when there is no room. */
static uintptr_t heard(struct api_function *function) {
    return open_gate(function, &function->gate, &gates_here);
}

void api_watch_closely(void) {
    self.runtime_closely++;
    self.runtime_word = &thread_no_state;
}

void api_watch_loosely(void) {
    self.runtime_closely--;
}

/* ---- the state that is current --------------------------------------------------------------------------------------------- */

static const uintptr_t *state_word(void) {
    if (!place)
        return &thread_no_state;
    return (const uintptr_t *)(by_thread ? (uintptr_t)((intptr_t)__builtin_thread_pointer() + place) : (uintptr_t)place);
}

static bool is_ours(uintptr_t current) {
    uintptr_t thread = 0;
    if (current == self.runtime_given || current == (uintptr_t)cpython.own_thread_state())
        return true;
    return peek(&thread, current + cpython.layout->thread_id, sizeof thread) && thread == (uintptr_t)pthread_self();
}

/* 0: this thread does not hold the GIL; LOCK_ALONE: it does, and no state is current. */
static uintptr_t held_state(void) {
    uintptr_t current = (uintptr_t)cpython.current_thread_state();
    if (UNLIKELY(!current))
        return self.runtime_given == LOCK_ALONE ? LOCK_ALONE : 0;
    return by_thread || current == self.runtime_state || is_ours(current) ? current : 0;
}

static void remember(uintptr_t current) {
    self.runtime_state = current;
    const uintptr_t *word = self.runtime_closely ? &thread_no_state : state_word();
    self.runtime_word = *word == current ? word : &thread_no_state;
}

static void given(uintptr_t state) {
    self.runtime_given = state;
    remember(state);
}

/* The thread-local was not the right one if it does not follow. */
static void no_state(void) {
    self.runtime_given = 0;
    self.runtime_state = 1;
    if (UNLIKELY(by_thread && place && *state_word() != 0 && !cpython.current_thread_state()))
        place = 0;
    if (UNLIKELY(!place))
        self.runtime_word = &thread_no_state;
}

static void released(void) {
    self.runtime_releases++;
    no_state();
}

/* init: PyThreadState_Swap does not release the GIL, Py_EndInterpreter leaves it held; both without a state. Not so from 3.12 on. */
static void left_alone(void) {
    if (by_thread) {
        released();
        return;
    }
    no_state();
    self.runtime_given = LOCK_ALONE;
}

static void look_at_current(struct api_call *call) {
    (void)call;
    if (knowledge != KNOWN)
        return;
    uintptr_t current = (uintptr_t)cpython.current_thread_state();
    if (current)
        given(current);
    else
        released();
}

static void given_first(struct api_call *call) {
    if (knowledge == KNOWN)
        given(call->arguments[0]);
}

static void gone(struct api_call *call) {
    (void)call;
    if (knowledge == KNOWN)
        released();
}

static void alone(struct api_call *call) {
    (void)call;
    if (knowledge == KNOWN)
        left_alone();
}

static void swapped(struct api_call *call) {
    if (call->arguments[0])
        given_first(call);
    else
        alone(call);
}

/* An inner one leaves the state as it is; the outermost gives the GIL away, and may delete the state. */
static void ensured_over(struct api_call *call) {
    (void)call;
    if (knowledge != KNOWN)
        return;
    no_state();
    uintptr_t current = held_state();
    if (current)
        given(current);
    else
        self.runtime_releases++;
}

static const struct api_listener changes[] = {
    {.name = "PyEval_SaveThread", .leave = gone, .always = true},
    {.name = "PyEval_ReleaseThread", .leave = gone, .always = true},
    {.name = "PyEval_ReleaseLock", .leave = gone, .always = true},
    {.name = "PyThreadState_DeleteCurrent", .leave = gone, .always = true},
    {.name = "Py_EndInterpreter", .leave = alone, .always = true},
    {.name = "PyEval_AcquireLock", .leave = alone, .always = true},
    {.name = "Py_Finalize", .leave = gone, .always = true},
    {.name = "Py_FinalizeEx", .leave = gone, .always = true},
    {.name = "PyEval_RestoreThread", .leave = given_first, .always = true},
    {.name = "PyEval_AcquireThread", .leave = given_first, .always = true},
    {.name = "PyThreadState_Swap", .leave = swapped, .always = true},
    {.name = "PyGILState_Ensure", .leave = look_at_current, .always = true},
    {.name = "PyGILState_Release", .leave = ensured_over, .always = true},
    {.name = "Py_NewInterpreter", .leave = look_at_current, .always = true},
    {.name = "Py_NewInterpreterFromConfig", .leave = look_at_current, .always = true},
    {0},
};

/* ---- short ways ------------------------------------------------------------------------------------------------------------ */

/* Where the guards of functions lead on to that are called so often that a gate is felt, as long as nothing is watched closely. Each
 * jumps on to its function, which sees its caller. */
static struct {
    void *(*save)(void);
    void (*restore)(void *state);
} real;

static inline bool is_heard(void) {
    return LIKELY(!self.busy && !hooks_off);
}

/* As released(): the state is no longer to be believed in from here on. */
static void *save_thread(void) {
    if (is_heard() && knowledge == KNOWN) {
        self.runtime_releases++;
        self.runtime_given = 0;
        self.runtime_state = 1;
        self.runtime_word = place ? self.runtime_word : &thread_no_state;
    }
    return real.save();
}

/* As given(), before it is so: until then the word holds another state, or none. */
static void restore_thread(void *state) {
    if (is_heard() && knowledge == KNOWN) {
        if (UNLIKELY(by_thread && place && *state_word() && !cpython.current_thread_state()))
            place = 0;
        self.runtime_given = self.runtime_state = (uintptr_t)state;
        self.runtime_word = self.runtime_closely ? &thread_no_state : state_word();
    }
    real.restore(state);
}

/* A function that only calls with some arguments are heard of. */
static struct asked {
    void (*real)(uintptr_t argument);
    void (*gate)(uintptr_t argument);
    bool (*counts)(uintptr_t argument);
} asked;

static void ask(uintptr_t argument) {
    if (is_heard() && UNLIKELY(asked.counts(argument)))
        asked.gate(argument);
    else
        asked.real(argument);
}

/* The gate that its guard leads to when nothing is watched closely. A destructor that goes down a list calls _Py_Dealloc a hundred thousand times
 * from inside itself: nothing may stay on the stack there. */
static uintptr_t passed(struct api_function *function) {
    return function->always_leave ? heard(function) : open_gate(function, &function->passed, &passing_gates_here);
}

// NOLINTBEGIN(performance-no-int-to-ptr)
/* Of the interpreter, of which there is one with next to no exceptions: the first. 0: there is none. */
static uintptr_t short_way(struct api_function *function) {
    if (function->always != 1)
        return 0;
    if (!real.save && strcmp(function->name, "PyEval_SaveThread") == 0) {
        real.save = (void *(*)(void))function->entry;
        return (uintptr_t)save_thread;
    }
    if (!real.restore && strcmp(function->name, "PyEval_RestoreThread") == 0) {
        real.restore = (void (*)(void *))function->entry;
        return (uintptr_t)restore_thread;
    }
    for (unsigned i = 0; i < function->count && !asked.real && !function->always_leave; i++)
        if (function->listeners[i]->always && function->listeners[i]->counts) {
            asked.counts = function->listeners[i]->counts;
            asked.gate = (void (*)(uintptr_t))passed(function);
            asked.real = (void (*)(uintptr_t))function->entry;
            return (uintptr_t)ask;
        }
    return 0;
}
// NOLINTEND(performance-no-int-to-ptr)

static uintptr_t usual_way(struct api_function *function) {
    uintptr_t way = short_way(function);
    return way ? way : passed(function);
}

/* ---- calls that do not pass ------------------------------------------------------------------------------------------------ */

static RARE void complain(const struct api_function *function, const struct gate_frame *frame) {
    bool met = cpython.own_thread_state() || self.runtime_given || self.runtime_releases;
    struct subjects subjects = {0};
    struct finding finding = {
        .rule = met ? FFISAN_RULE_NO_GIL : FFISAN_RULE_UNATTACHED_THREAD, .function = function->name, .origin = &frame->origin};
    finding.sites[FFISAN_ROLE_CREATED] = self.started_by;
    finding.lines[FFISAN_ROLE_CREATED] = self.started_line;
    subjects_report(&finding, &subjects, NULL);
}

/* The interpreter called an extension's function here, which has not given the GIL away since. */
static bool was_called_with_it(const struct gate_frame *frame) {
    const struct method_call *call = method_innermost(frame->origin.cfa);
    return call && call->releases == self.runtime_releases;
}

/* Before the interpreter is there, while it ends and behind its end calls have rules of their own; and where the process ends without it
 * (destructors of C++ statics) nobody minds. */
static bool is_running(void) {
    return cpython.is_initialized() && !cpython.is_finalizing() && !exit_under_way();
}

static uintptr_t slow(const struct guard *guard, struct gate_frame *frame) {
    struct api_function *function = (struct api_function *)guard_data(guard);
    if (UNLIKELY(self.attention & ATTENTION_THREAD))
        thread_begin();
    if (UNLIKELY(knowledge != KNOWN || !function)) {
        self.runtime_word = knowledge == REFUSED ? &anything : &thread_no_state;
        return 0;
    }
    uintptr_t current = held_state();
    if (UNLIKELY(function->definer != cpython.module)) /* a second interpreter in the process */
        return 0;
    if (LIKELY(current)) {
        if (LIKELY(current != LOCK_ALONE))
            remember(current);
        return self.runtime_closely && !thread_is_deep(frame->origin.cfa) ? heard(function) : 0;
    }
    if (function->free || (cpython.current_thread_state() && was_called_with_it(frame)))
        return 0;
    if (is_running())
        complain(function, frame);
    return function->entry;
}

/* ---- guards ---------------------------------------------------------------------------------------------------------------- */

static bool has_listener(const char *name) {
    for (unsigned i = 0; i < ARRAYS_MOST && arrays[i]; i++)
        for (const struct api_listener *listener = arrays[i]; !is_end(listener); listener++)
            if (listener->name && strcmp(listener->name, name) == 0)
                return true;
    return false;
}

static void note_user(const struct module *module) {
    if (module && module->id < USERS_MOST)
        __atomic_fetch_or(&users[module->id / 64], (uint64_t)1 << module->id % 64, __ATOMIC_RELAXED);
}

/* What the rows say of a function, once for all modules' slots: a word for each place, its address and two bits. */
enum standing { STANDING_UNHEARD = 1, STANDING_COMPARED = 2 };
#define STANDINGS 4096u
static uint64_t standings[STANDINGS];

static unsigned standing_of(const char *name, uintptr_t address) {
    uint64_t *standing = &standings[(address >> 4) % STANDINGS], found = __atomic_load_n(standing, __ATOMIC_RELAXED);
    if (found >> 16 == address)
        return found & 0xffff;
    unsigned now = (IN_ROWS(unlocked, name) && !has_listener(name) ? STANDING_UNHEARD : 0) |
                   (IN_ROWS(compared, name) ? STANDING_COMPARED : 0);
    __atomic_store_n(standing, (uint64_t)address << 16 | now, __ATOMIC_RELAXED);
    return now;
}

/* In a slot for calls the address is nobody's but the call's; elsewhere the interpreter may find it, and compare. */
static bool wants(const char *name, uintptr_t address, const struct module *caller, const struct module *definer,
                  enum gate_use use) {
    if (caller == definer || !is_interpreter(definer) || !module_is_code(definer, address))
        return false;
    if (use != GATE_LOOKED_UP)
        note_user(caller);
    unsigned standing = standing_of(name, address);
    return !(standing & STANDING_UNHEARD) && (use == GATE_CALLED || !(standing & STANDING_COMPARED));
}

static const void *begin(struct guard *guard) {
    struct api_function *function = memory_carve(sizeof *function);
    if (!function)
        return NULL;
    function->name = guard_name(guard);
    function->real = guard_real(guard);
    function->entry = guard_function(guard);
    function->definer = guard_definer(guard);
    function->free = IN_ROWS(unlocked, function->name);
    find_listeners(function);
    if (function->always)
        guard_lead(guard, usual_way(function));
    return function;
}

static const struct guard_plan plan = {.kind = GUARD_STATE, .about = is_about, .wants = wants, .begin = begin, .slow = slow};

bool api_is_user(const struct module *module) {
    return module && module->id < USERS_MOST && __atomic_load_n(&users[module->id / 64], __ATOMIC_RELAXED) >> module->id % 64 & 1;
}

void api_start(void) {
    api_listen(changes);
    guards_register(&plan);
}

/* ---- the interpreter ------------------------------------------------------------------------------------------------------- */

/* What the thread-locals of the modules that were loaded at start take at most, padding and all: they lie below the thread pointer, the
 * first one's next to it (ELF Handling For Thread-Local Storage, variant II). */
static void add_locals(const struct module *module, void *context) {
    size_t *sum = context;
    for (unsigned i = 0; (module->kind & MODULE_PERMANENT) && i < module->header_count; i++)
        if (module->headers[i].p_type == PT_TLS)
            *sum += (module->headers[i].p_memsz + module->headers[i].p_align - 1) & ~(module->headers[i].p_align - 1);
}

/* The one thread-local that holds the current state; 0: there is none, or there are two. What is ours is not looked at. */
static intptr_t find_local(uintptr_t current) {
    size_t size = 0;
    modules_each(add_locals, &size);
    uintptr_t end = (uintptr_t)__builtin_thread_pointer(), found = 0, ours = (uintptr_t)&self;
    for (uintptr_t at = end - (size & ~(size_t)7); at < end; at += sizeof(uintptr_t)) {
        if (at - ours < sizeof self || *(const uintptr_t *)at != current)
            continue;
        if (found)
            return 0;
        found = at;
    }
    return found ? (intptr_t)(found - end) : 0;
}

void api_attached(void) {
    if (!cpython.layout) {
        knowledge = REFUSED;
        return;
    }
    uintptr_t current = (uintptr_t)cpython.current_thread_state();
    by_thread = cpython.layout->version >= 0x030c;
    uintptr_t word = cpython.runtime + cpython.layout->runtime_current;
    place = by_thread ? find_local(current) : *(const uintptr_t *)word == current ? (intptr_t)word : 0;
    __atomic_store_n(&knowledge, KNOWN, __ATOMIC_RELEASE);
}

void api_forget(void) {
    __atomic_store_n(&knowledge, UNKNOWN, __ATOMIC_RELEASE);
    place = 0;
}

bool api_has_gil(void) {
    return knowledge == KNOWN && (*self.runtime_word == self.runtime_state || held_state());
}

uint64_t api_releases(void) {
    return self.runtime_releases;
}
