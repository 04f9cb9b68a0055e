/* SPDX-License-Identifier: Apache-2.0
 *
 * The gates of registered functions, and the calls under way. Which function gets a gate is decided when a slot or dlsym leads to it, once for
 * each function; what is done there: work.h.
 *
 * Not registered: calls that a library makes of its own functions, which are its own affair; and calls from compiled code of those functions
 * of libc that change nothing of what belongs to whom (strlen, memcpy): they are hot, and compilers know them well enough. Bindings, which look
 * functions up, get a gate for those too.
 */
#include "contract/registered.h"

#include <string.h>

#include "contract/errors.h"
#include "contract/memory.h"
#include "contract/objects.h"
#include "contract/retained.h"
#include "contract/tables.h"
#include "contract/work.h"
#include "core/contract_table.h"
#include "core/crossings.h"
#include "core/memory.h"
#include "core/options.h"
#include "core/places.h"
#include "core/records.h"
#include "core/thread.h"
#include "hooks/calls.h"
#include "hooks/gates.h"
#include "hooks/hooks.h"

#define PLACES     16384u /* of registered functions, by address */
#define STEPS_MOST 256u   /* of a search among them; further in, it is as good as full */
#define FFI_REACH  4096u  /* stack between a call of ffi_call and the function that it calls: frames, and all of the arguments */

static void (*around_enter)(struct registered_call *call);
static void (*around_leave)(struct registered_call *call);

/* ---- functions ------------------------------------------------------------------------------------------------------------- */

/* A function that was looked at. */
struct found {
    uintptr_t address;
    uint32_t definer;
    uint32_t flags;          /* of its contract */
    const struct work *work; /* NULL: nothing is to be done */
};
static struct found *places[PLACES];

static bool is_it(const struct found *found, uintptr_t address, const struct module *definer) {
    return found->address == address && found->definer == definer->id;
}

/* Stacks change hands in them, or they come back twice, or never; or the unwinder looks at who calls it. */
static bool is_refused(const char *name) {
    static const char *const names[] = {"setjmp",      "_setjmp",    "sigsetjmp",  "__sigsetjmp", "longjmp",
                                        "_longjmp",    "siglongjmp", "getcontext", "setcontext",  "swapcontext",
                                        "makecontext", "vfork",      "__vfork"};
    if (strncmp(name, "_Unwind_", 8) == 0)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* One function under two names: fopen is what people write, and fopen64 what their compiler asks for. */
static const struct ffisan_contract_function *plain_name(const char *name, uintptr_t address, const struct module *definer,
                                                         const struct contract_table **table) {
    char plain[64];
    size_t length = strlen(name);
    if (length < 3 || length >= sizeof plain || strcmp(name + length - 2, "64") != 0)
        return NULL;
    memcpy(plain, name, length - 2);
    plain[length - 2] = 0;
    return module_symbol(definer, plain) == address ? tables_function(definer, plain, table) : NULL;
}

static const struct found *learn(const char *name, uintptr_t address, const struct module *definer) {
    const struct contract_table *table = NULL;
    const struct ffisan_contract_function *function = plain_name(name, address, definer, &table);
    function = function ? function : tables_function(definer, name, &table);
    struct found *found = function && !is_refused(name) ? memory_carve(sizeof *found) : NULL;
    if (!found)
        return NULL;
    struct registered registered = {.table = table,
                                    .function = function,
                                    .terms = &table->terms[function->first],
                                    .name = type_text(&table->types, function->name),
                                    .definer = definer,
                                    .address = address};
    *found = (struct found){address, definer->id, function->flags, work_make(&registered, around_enter != NULL)};
    return found;
}

/* NULL: no contract speaks of it. */
static const struct found *find(const char *name, uintptr_t address, const struct module *definer) {
    struct found *fresh = NULL;
    /* A library that is opened again and again comes to the same addresses. */
    uint32_t at = (uint32_t)(((address >> 4) ^ definer->id * 0x85ebca6bu) * 0x9e3779b1u);
    for (uint32_t steps = 0; steps < STEPS_MOST; at++, steps++) {
        struct found **place = &places[at % PLACES], *there = __atomic_load_n(place, __ATOMIC_ACQUIRE);
        if (!there) {
            fresh = fresh ? fresh : (struct found *)(uintptr_t)learn(name, address, definer);
            if (!fresh || __atomic_compare_exchange_n(place, &there, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
                return fresh;
        }
        if (is_it(there, address, definer))
            return there;
    }
    return NULL;
}

/* What belongs to whom, by its own words or by those of others that name it. */
static bool changes_something(const struct found *found) {
    return found->flags & FFISAN_CONTRACT_STATEFUL || (found->work && (found->work->ends || found->work->ends_kept));
}

static bool is_their_own(const struct found *found, const struct module *caller, const struct module *definer,
                         enum gate_use use) {
    if (caller == definer)
        return use == GATE_CALLED;
    if (!(definer->kind & MODULE_LIBC))
        return false;
    return (caller && (caller->kind & MODULE_LIBC)) || (use != GATE_LOOKED_UP && !changes_something(found));
}

/* ---- threads --------------------------------------------------------------------------------------------------------------- */

/* The open calls of one thread; handed on to another when it ends, never given back: others may be reading. */
struct thread_calls {
    uint32_t taken, count; /* atomic */
    bool beside;           /* it is among beside_main */
    uint64_t number;       /* of the innermost one; changes when what is in `calls` does */
    struct failures failures;
    struct registered_call calls[REGISTERED_OPEN];
    struct thread_calls *next;
};
static struct thread_calls *all_threads;
static bool all_doubtful;
static uint32_t beside_main; /* threads that have one, beside the main one */

static struct thread_calls *take_old(void) {
    for (struct thread_calls *at = __atomic_load_n(&all_threads, __ATOMIC_ACQUIRE); at; at = at->next) {
        uint32_t free = 0;
        if (__atomic_compare_exchange_n(&at->taken, &free, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return at;
    }
    return NULL;
}

static struct thread_calls *make_new(void) {
    struct thread_calls *made = memory_carve(sizeof *made);
    if (!made)
        return NULL;
    made->taken = 1;
    made->next = __atomic_load_n(&all_threads, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&all_threads, &made->next, made, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
    return made;
}

static RARE struct thread_calls *thread_calls_make(void) {
    struct boundary *boundary = boundary_here();
    if (!boundary)
        return NULL;
    struct thread_calls *calls = take_old();
    calls = calls ? calls : make_new();
    if (calls && (calls->beside = thread_id() != records_header()->pid))
        __atomic_fetch_add(&beside_main, 1, __ATOMIC_RELAXED);
    return boundary->registered = calls;
}

static inline struct thread_calls *thread_calls_here(void) {
    struct thread_calls *calls = LIKELY(self.boundary != NULL) ? self.boundary->registered : NULL;
    return LIKELY(calls != NULL) ? calls : thread_calls_make();
}

/* Those from `first` on were left without their ends being seen, or end now. */
static void take_out(struct thread_calls *calls, uint32_t first) {
    for (uint32_t i = first; i < calls->count; i++) {
        if (!calls->calls[i].lent)
            continue;
        calls->calls[i].lent = false;
        __atomic_fetch_sub(&memory_calls, 1, __ATOMIC_RELAXED);
    }
}

void registered_thread_end(void) {
    struct thread_calls *calls = self.boundary ? self.boundary->registered : NULL;
    if (!calls)
        return;
    self.boundary->registered = NULL;
    take_out(calls, 0);
    if (calls->beside)
        __atomic_fetch_sub(&beside_main, 1, __ATOMIC_RELAXED);
    calls->beside = false;
    calls->failures.count = 0;
    __atomic_store_n(&calls->count, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&calls->taken, 0, __ATOMIC_RELEASE);
}

struct failures *registered_failures(void) {
    struct thread_calls *calls = self.boundary ? self.boundary->registered : NULL;
    return calls ? &calls->failures : NULL;
}

/* The other threads are not in the child. */
void registered_forked(void) {
    const struct thread_calls *own = self.boundary ? self.boundary->registered : NULL;
    beside_main = 0;
    memory_calls = 0;
    for (struct thread_calls *at = all_threads; at; at = at->next) {
        if (at == own) {
            for (uint32_t i = 0; i < at->count; i++) {
                at->calls[i].tid = thread_id();
                at->calls[i].lent = false;
            }
            at->beside = false;
            continue;
        }
        at->count = 0;
        at->taken = 0;
    }
}

/* ---- open calls ------------------------------------------------------------------------------------------------------------ */

static bool stands(const struct registered_call *call) {
    uintptr_t there;
    return contract_read(&there, call->origin.cfa - sizeof there, sizeof there) && there == call->origin.ra;
}

void registered_open(bool (*each)(struct registered_call *call, void *context), void *context) {
    struct thread_calls *calls = self.boundary ? self.boundary->registered : NULL;
    for (uint32_t i = calls ? calls->count : 0; i > 0; i--)
        if (stands(&calls->calls[i - 1]) && !each(&calls->calls[i - 1], context))
            return;
}

/* False: it changed while it was read. */
static bool copy(const struct thread_calls *from, uint32_t index, struct registered_call *to) {
    uint64_t number = __atomic_load_n(&from->number, __ATOMIC_ACQUIRE);
    if (index >= __atomic_load_n(&from->count, __ATOMIC_ACQUIRE))
        return false;
    memcpy(to, &from->calls[index], sizeof *to);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&from->number, __ATOMIC_RELAXED) == number;
}

void registered_open_everywhere(bool (*each)(const struct registered_call *call, void *context), void *context) {
    if (__atomic_load_n(&all_doubtful, __ATOMIC_RELAXED))
        return;
    for (const struct thread_calls *at = __atomic_load_n(&all_threads, __ATOMIC_ACQUIRE); at; at = at->next)
        for (uint32_t i = __atomic_load_n(&at->count, __ATOMIC_ACQUIRE); i > 0; i--) {
            struct registered_call call;
            if (copy(at, i - 1, &call) && !call.doubtful && stands(&call) && !each(&call, context))
                return;
        }
}

void registered_left(uintptr_t stack_pointer) {
    struct thread_calls *calls = self.boundary ? self.boundary->registered : NULL;
    uint32_t open = calls ? calls->count : 0;
    while (open && calls->calls[open - 1].origin.cfa <= stack_pointer)
        open--;
    if (!calls)
        return;
    take_out(calls, open);
    __atomic_store_n(&calls->count, open, __ATOMIC_RELEASE);
}

void registered_doubt(void) {
    struct thread_calls *calls = self.boundary ? self.boundary->registered : NULL;
    for (uint32_t i = 0; calls && i < calls->count; i++)
        __atomic_store_n(&calls->calls[i].doubtful, true, __ATOMIC_RELEASE);
}

void registered_doubt_all(void) {
    __atomic_store_n(&all_doubtful, true, __ATOMIC_RELAXED);
}

/* ---- arguments ------------------------------------------------------------------------------------------------------------- */

/* A struct that is passed by value stands for its address. In registers it has none: the first one of a call is copied. */
static RARE uint64_t struct_at(struct registered_call *call, const struct passed_value *passed, const uint64_t *integer) {
    if (passed->place == PASSED_STRUCT_ON_STACK)
        return call->origin.cfa + passed->at;
    if (passed->place != PASSED_STRUCT_IN_REGISTER || call->by_value_known)
        return 0;
    memcpy(call->by_value, &integer[passed->at], passed->size);
    call->by_value_known = true;
    return (uintptr_t)call->by_value;
}

static inline uint64_t argument_at(struct registered_call *call, const struct passed_value *passed, const uint64_t *integer) {
    uint64_t value = 0;
    if (LIKELY(passed->place == PASSED_REGISTER))
        value = integer[passed->at];
    else if (passed->place != PASSED_ON_STACK)
        return struct_at(call, passed, integer);
    else if (!contract_read(&value, call->origin.cfa + passed->at, sizeof value))
        return 0;
    return passed_extend(passed, value);
}

static inline void read_arguments(struct registered_call *call, const struct passed *passed, const uint64_t *integer) {
    call->argument_count = passed->count;
    call->by_value_known = false;
    for (uint32_t i = 0; i < passed->count; i++)
        call->arguments[i] = argument_at(call, &passed->arguments[i], integer);
}

bool registered_replace(struct registered_call *call, uint32_t argument, uint64_t value) {
    const struct passed_value *passed = &work_of(call)->passed.arguments[argument];
    if (!call->registers || argument >= call->argument_count || passed->place != PASSED_REGISTER)
        return false;
    call->registers->integer[passed->at] = value;
    return true;
}

/* The call of ffi_call that this one comes from: the innermost crossing, a call of this very function, made just outside. */
static inline const struct ffi_call_seen *ffi_call_around(const struct registered *registered, const struct origin *origin) {
    const struct boundary *boundary = self.boundary;
    const struct crossing *innermost = boundary->open_count ? &boundary->open[boundary->open_count - 1] : NULL;
    if (!innermost || !innermost->call || innermost->function != registered->address ||
        innermost->cfa - origin->cfa - 1 >= FFI_REACH)
        return NULL;
    return *(const uintptr_t *)(innermost->cfa - sizeof(uintptr_t)) == innermost->ra ? innermost->call : NULL;
}

/* ---- on the way in --------------------------------------------------------------------------------------------------------- */

static RARE void remember(struct registered_call *call, const struct work *work) {
    for (uint32_t i = 0; i < work->registered.function->count && i < 64; i++) {
        const struct ffisan_contract_term *term = &work->registered.terms[i];
        uint64_t value;
        if (work->held[i] != WORK_NONE && term_evaluate(call, term->when, &value) && value)
            call->held |= (uint64_t)1 << work->held[i];
        if (work->kept[i] != WORK_NONE && term_evaluate(call, term->value, &call->values[work->kept[i]]))
            call->value_known |= (uint64_t)1 << work->kept[i];
    }
}

static inline void steps_in(struct registered_call *call, const struct work *work) {
    for (uint32_t i = 0; i < work->enter_count; i++) {
        const struct step *step = &work->on_enter[i];
        uint64_t value = 0;
        if (step->term->when && !term_holds(call, step->term))
            continue;
        if (LIKELY(!step->term->value && step->term->place < call->argument_count))
            value = call->arguments[step->term->place];
        else if (!term_value(call, step->term, &value) && step->term->place != FFISAN_TERM_FUNCTION)
            continue;
        if (LIKELY(step->term->value || step->term->place >= REGISTERED_ARGUMENTS ||
                   work->passed.arguments[step->term->place].place != PASSED_NOWHERE))
            step->enter(call, step->term, value);
    }
}

/* What was left without its end being seen lies at the new one's address or further in. NULL: it is too deep to be kept. */
static inline struct registered_call *open_call(struct thread_calls *calls, const struct origin *origin) {
    uint32_t open = calls->count;
    while (UNLIKELY(open && calls->calls[open - 1].origin.cfa <= origin->cfa))
        open--;
    if (UNLIKELY(open != calls->count)) {
        take_out(calls, open);
        __atomic_store_n(&calls->count, open, __ATOMIC_RELEASE);
    }
    return LIKELY(open < REGISTERED_OPEN) ? &calls->calls[open] : NULL;
}

static inline struct registered_call *begin(struct thread_calls *calls, const struct work *work, const struct origin *origin,
                                            const uint64_t *integer) {
    struct registered_call *call = open_call(calls, origin);
    if (UNLIKELY(!call))
        return NULL;
    __atomic_store_n(&calls->number, calls->number + 1, __ATOMIC_RELEASE);
    call->registered = &work->registered;
    /* Field by field: the thunk has just written it so, and a wider load would have to wait for that. */
    call->origin.cfa = origin->cfa;
    call->origin.ra = origin->ra;
    call->origin.frame_pointer = origin->frame_pointer;
    call->tid = thread_id();
    call->result = 0;
    call->returned = call->failed = call->doubtful = call->lent = false;
    call->registers = NULL;
    call->results = NULL;
    call->kept = 0;
    call->died = 0;
    call->held = call->value_known = 0;
    read_arguments(call, &work->passed, integer);
    return call;
}

static inline void publish(struct thread_calls *calls, const struct registered_call *call) {
    __atomic_store_n(&calls->count, (uint32_t)(call - calls->calls) + 1, __ATOMIC_RELEASE);
}

/* It has been gone through. */
static inline void close_call(struct thread_calls *calls, const struct registered_call *call) {
    if (UNLIKELY(call->lent))
        take_out(calls, (uint32_t)(call - calls->calls));
    __atomic_store_n(&calls->count, (uint32_t)(call - calls->calls), __ATOMIC_RELEASE);
    __atomic_store_n(&calls->number, calls->number + 1, __ATOMIC_RELEASE);
}

static bool is_of_innermost(const struct thread_calls *calls, uintptr_t cfa, const struct contract_table *table) {
    const struct registered_call *call = calls && calls->count ? &calls->calls[calls->count - 1] : NULL;
    return call && call->origin.cfa == cfa && tables_have(table, call->registered->definer);
}

/* By the function of an open call, whoever had called that (ASN1_INTEGER_free ends in ASN1_STRING_free), or by one that the library had called
 * itself. */
static RARE bool is_theirs_by_a_jump(const struct work *work, const struct origin *origin) {
    const struct contract_table *table = work->registered.table;
    const struct thread_calls *calls = thread_calls_here();
    struct origin at = *origin;
    for (unsigned i = 0; i < REGISTERED_OPEN && gates_jumped(&at); i++)
        if (is_of_innermost(calls, at.cfa, table))
            return true;
    return tables_have(table, module_at(at.ra - 1));
}

/* Plain calls of its own do not come here (gate_choice.not_own). */
static inline bool is_own_affair(const struct work *work, const struct origin *origin) {
    return gates_between(origin) && is_theirs_by_a_jump(work, origin);
}

static inline void cross(const struct work *work, const struct origin *origin) {
    if (work->through)
        crossing_enter(origin, work->registered.address, NULL, NULL, place_here());
    else
        crossing_pass(work->registered.address, place_here());
}

/* Another thread may free it meanwhile. */
static RARE void look_for_lent(struct registered_call *call) {
    for (uint32_t i = 0; i < call->argument_count; i++)
        if (call->arguments[i] && place_is_managed(call->arguments[i])) {
            call->lent = true;
            __atomic_fetch_add(&memory_calls, 1, __ATOMIC_RELAXED);
            return;
        }
}

static inline void go_through(struct thread_calls *calls, struct registered_call *call, const struct work *work) {
    publish(calls, call);
    if (UNLIKELY(work->remembers))
        remember(call, work);
    if (UNLIKELY(calls->failures.count))
        errors_check(call);
    if (UNLIKELY(beside_main && work->through))
        look_for_lent(call);
    retained_begins(call);
    steps_in(call, work);
}

static inline struct registered_call *go_in(const struct gate *gate, const struct origin *origin,
                                            struct gate_registers *registers, struct thread_calls **calls) {
    const struct work *work = gate_data(gate);
    if (UNLIKELY(self.attention & ATTENTION_THREAD))
        thread_begin();
    if (UNLIKELY(self.attention & ATTENTION_CHILD) && process_is_guest())
        return NULL;
    if (is_own_affair(work, origin) || !(*calls = thread_calls_here()))
        return NULL;
    struct registered_call *call = begin(*calls, work, origin, registers->integer);
    if (UNLIKELY(!call))
        return NULL;
    call->registers = registers;
    call->ffi = ffi_call_around(&work->registered, origin);
    if (!call->ffi && work->crosses)
        cross(work, origin);
    go_through(*calls, call, work);
    return call;
}

static void enter(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    struct thread_calls *calls;
    struct registered_call *call = go_in(gate, origin, registers, &calls);
    if (UNLIKELY(call && around_enter))
        around_enter(call);
    if (LIKELY(call))
        call->registers = NULL;
}

/* Nothing is to be done when it returns. */
static void pass(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    struct thread_calls *calls;
    const struct registered_call *call = go_in(gate, origin, registers, &calls);
    if (LIKELY(call != NULL))
        close_call(calls, call);
}

/* ---- on the way out -------------------------------------------------------------------------------------------------------- */

/* By nothing but what it answered: the same answer means the same the next time. */
static bool is_fine(const struct registered_call *call, const struct work *work) {
    uint64_t value;
    for (uint32_t i = 0; i < work->fails_count; i++)
        if (work->fails[i]->when || !term_of_result(call, work->fails[i]->size, &value) || value)
            return false;
    return true;
}

static bool look_whether_failed(const struct registered_call *call, const struct work *work) {
    uint64_t value;
    for (uint32_t i = 0; i < work->fails_count; i++)
        if (term_holds(call, work->fails[i]) && term_evaluate(call, work->fails[i]->size, &value) && value)
            return true;
    return false;
}

static inline bool has_failed(const struct registered_call *call, const struct work *work) {
    uint64_t *fine = &((struct work *)(uintptr_t)work)->fine[call->result % WORK_FINE], sign = ~call->result;
    if (LIKELY(__atomic_load_n(fine, __ATOMIC_RELAXED) == sign && sign))
        return false;
    if (!is_fine(call, work))
        return look_whether_failed(call, work);
    __atomic_store_n(fine, sign, __ATOMIC_RELAXED);
    return false;
}

/* A condition on the outcome decides alone; else the words count when the call has not failed. */
static word_step *step_out(const struct registered_call *call, const struct step *step) {
    bool alone = step->term->flags & FFISAN_TERM_OUTCOME;
    return call->failed && !alone ? step->failed : step->leave;
}

static void steps_out(struct registered_call *call, const struct work *work) {
    for (uint32_t i = 0; i < work->leave_count; i++) {
        const struct step *step = &work->on_leave[i];
        word_step *run = step_out(call, step);
        uint64_t value = 0;
        if (run && term_holds(call, step->term) &&
            (term_value(call, step->term, &value) || step->term->place == FFISAN_TERM_FUNCTION))
            run(call, step->term, value);
    }
}

static struct registered_call *find_open(struct thread_calls *calls, uintptr_t cfa) {
    uint32_t open = calls->count;
    while (open && calls->calls[open - 1].origin.cfa < cfa)
        open--;
    return open && calls->calls[open - 1].origin.cfa == cfa ? &calls->calls[open - 1] : NULL;
}

static inline void come_out(struct thread_calls *calls, struct registered_call *call, const struct work *work,
                            uint64_t result[2]) {
    take_out(calls, (uint32_t)(call - calls->calls) + 1);
    publish(calls, call);
    call->returned = true;
    call->results = result;
    call->result = passed_extend(&work->passed.result, result[0]);
    call->failed = work->fails_count && has_failed(call, work);
    if (UNLIKELY(around_leave != NULL))
        around_leave(call);
    if (work->shows)
        object_seen(call->result);
    /* Before births: what this call hands over itself is not meant. */
    if (work->ends_kept)
        retained_returned(call);
    if (work->ends && !call->failed)
        objects_called(call);
    steps_out(call, work);
    close_call(calls, call);
}

static void leave(const struct gate *gate, uintptr_t cfa, uint64_t result[2]) {
    const struct work *work = gate_data(gate);
    struct thread_calls *calls = self.boundary ? self.boundary->registered : NULL;
    struct registered_call *call = calls ? find_open(calls, cfa) : NULL;
    if (UNLIKELY(!call || call->registered != &work->registered))
        return;
    bool crossed = !call->ffi && work->crosses;
    come_out(calls, call, work, result);
    if (crossed)
        crossing_leave(cfa);
}

/* ---- through libffi -------------------------------------------------------------------------------------------------------- */

static struct gate_plan plan;

static inline struct registered_call *enter_direct(const struct work *work, struct thread_calls *calls,
                                                   const struct ffi_call_seen *seen, const uint64_t *integer) {
    struct registered_call *call = begin(calls, work, seen->origin, integer);
    if (UNLIKELY(!call))
        return NULL;
    call->ffi = seen;
    go_through(calls, call, work);
    if (UNLIKELY(!work->through)) {
        close_call(calls, call);
        return NULL;
    }
    if (UNLIKELY(beside_main))
        look_for_lent(call);
    return call;
}

/* What stands in the way of a call without its gate: somebody who changes what is handed over, or arguments that are not there. */
static inline bool goes_direct(const struct work *work, unsigned integers, bool answers) {
    return work && !around_enter && work->integers <= integers && (answers || work->answers_nothing || !work->through);
}

bool registered_direct(struct ffi_call_seen *seen, const uint64_t *integer, unsigned integers, bool answers,
                       struct registered_call **call) {
    const struct work *work = LIKELY(!(self.attention & ATTENTION_CHILD)) ? gates_data(seen->entry, &plan) : NULL;
    struct thread_calls *calls = LIKELY(work != NULL) ? thread_calls_here() : NULL;
    *call = NULL;
    if (!calls || !goes_direct(work, integers, answers))
        return false;
    struct inside inside = inside_enter();
    seen->entry = work->registered.address;
    *call = enter_direct(work, calls, seen, integer);
    inside_leave(inside);
    return true;
}

void registered_direct_left(struct registered_call *call, uintptr_t cfa, uint64_t result) {
    struct thread_calls *calls = self.boundary ? self.boundary->registered : NULL;
    uint64_t results[2] = {result, 0};
    if (UNLIKELY(!calls || !call || find_open(calls, cfa) != call))
        return;
    struct inside inside = inside_enter();
    come_out(calls, call, work_of(call), results);
    inside_leave(inside);
}

/* ---- the plan -------------------------------------------------------------------------------------------------------------- */

static const struct gate_hooks both = {enter, leave}, on_enter = {pass, NULL};

static bool choose(const char *name, uintptr_t address, const struct module *caller, const struct module *definer,
                   enum gate_use use, struct gate_choice *choice) {
    if (definer->kind & MODULE_LOADER)
        return false;
    const struct found *found = find(name, address, definer);
    if (!found || !found->work || is_their_own(found, caller, definer, use))
        return false;
    choice->hooks = found->work->through ? &both : &on_enter;
    choice->data = found->work;
    choice->not_own = true;
    return true;
}

void registered_around(void (*on_way_in)(struct registered_call *call), void (*on_way_out)(struct registered_call *call)) {
    around_enter = on_way_in;
    around_leave = on_way_out;
}

void registered_start(void) {
    uint32_t functions = options.contracts[0] ? tables_open() : 0;
    const char **names = functions ? memory_map((functions + 1) * sizeof *names) : NULL;
    if (!names)
        return;
    tables_names(names);
    plan.names = names;
    plan.choose = choose;
    gates_register(&plan);
}
