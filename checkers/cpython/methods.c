/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands behind the stubs: a call is noted, the rules look at it, it is made, the rules look again.
 *
 * A stub is called as the function would be, on a thread that holds the GIL. There is no way around the call: what it returns is returned. A
 * C++ exception passes method_called as it would pass any function with unwind information; nothing of ours is put right then.
 */
#include "cpython/methods.h"

#include <string.h>

#include "abi/x86_64/methods.h"
#include "core/memory.h"
#include "core/modules.h"
#include "core/records.h"
#include "cpython/api.h"
#include "cpython/blocking.h"
#include "cpython/budget.h"
#include "cpython/domains.h"
#include "cpython/heap.h"
#include "cpython/held.h"
#include "cpython/kept.h"
#include "cpython/objects.h"
#include "cpython/pending.h"
#include "cpython/tables.h"
#include "cpython/taken.h"
#include "hooks/hooks.h"

#define LISTENERS    16u
#define PLACES       (2u * METHODS)
#define DEPTH        16u /* calls that are noted in one piece of memory */
#define FIRST_CALLS  16u /* of each method are watched closely */
#define SELDOM       1024u
#define USED_LITTLE  10u /* percent of the budget: everything is watched closely */
#define USED_UP      90u
#define CLOSELY_NS   2000u /* what it costs at most to watch a call closely, and each call of the API in it: with stacks */
#define HEARD_NS     500u
#define HEARD_MUCH   4096u
#define NAME_MOST    400u
#define VECTOR_COUNT (~((uint64_t)1 << 63)) /* PY_VECTORCALL_ARGUMENTS_OFFSET */

extern const char method_table[]; /* methods.S */
typedef uintptr_t extension_function(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e);

static struct method methods[METHODS];
static struct method_group { uintptr_t group; } groups[METHODS];
static uint32_t places[PLACES]; /* a method's number, by hash; 0: free */
static uint32_t given = 1;      /* number 0 is nobody's */

/* All of them, those who always listen, and those who do so also where the function is the interpreter's own. */
static struct listeners {
    const struct method_listener *of[LISTENERS];
    unsigned count;
} closely_heard, always_heard, own_heard;

static void add_listener(struct listeners *to, const struct method_listener *listener) {
    if (to->count < LISTENERS)
        to->of[to->count++] = listener;
}

void methods_listen(const struct method_listener *listener) {
    add_listener(&closely_heard, listener);
    if (listener->always)
        add_listener(&always_heard, listener);
    if (listener->always && !listener->others)
        add_listener(&own_heard, listener);
}

static inline const struct listeners *listeners_of(const struct method_call *call) {
    return UNLIKELY(call->closely) ? &closely_heard : call->method->own ? &own_heard : &always_heard;
}

/* ---- stubs ----------------------------------------------------------------------------------------------------------------- */

bool method_is_stub(uintptr_t address) {
    return address - (uintptr_t)method_table < (uintptr_t)METHODS * METHOD_SIZE;
}

static uint32_t hash_of(const struct method_wish *wish) {
    uint64_t hash = (wish->function ^ wish->group * 31) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(hash >> 32) ^ wish->kind << 8 ^ wish->shape;
}

static bool is_it(uint32_t number, const struct method_wish *wish, const struct module *module) {
    const struct method *method = &methods[number];
    return method->function == wish->function && groups[number].group == wish->group && method->kind == wish->kind &&
           method->shape == wish->shape && method->module == module->id;
}

static char *append(char *to, const char *end, const char *text) {
    for (; text && *text && to < end; text++)
        *to++ = *text;
    *to = 0;
    return to;
}

static const char *name_for(const struct method_wish *wish) {
    char text[NAME_MOST + 1], *end = text + NAME_MOST, *at = append(text, end, wish->scope);
    if (at > text)
        at = append(at, end, ".");
    at = append(append(at, end, wish->name), end, wish->suffix);
    size_t size = (size_t)(at - text) + 1;
    char *name = memory_carve(size);
    return name ? memcpy(name, text, size) : "";
}

static bool is_own(const struct module *module) {
    return strstr(module->path, "/lib-dynload/") != NULL;
}

static uint32_t open_stub(const struct method_wish *wish, const struct module *module) {
    uint32_t number = given;
    if (number == METHODS)
        return 0;
    given++;
    if (number == METHODS - 1)
        record_note(FFISAN_NOTE_TRUNCATED, "functions of extensions");
    groups[number].group = wish->group;
    methods[number] = (struct method){.name = name_for(wish),
                                      .function = wish->function,
                                      .stub = (uintptr_t)method_table + (uintptr_t)number * METHOD_SIZE,
                                      .definition = wish->definition,
                                      .module = module->id,
                                      .kind = wish->kind,
                                      .shape = wish->shape,
                                      .own = is_own(module)};
    return number;
}

/* Slots are copied and compared by everybody; methods by what Cython makes of them. */
static bool is_compared(const struct method_wish *wish, const struct module *module) {
    bool slot = wish->kind >= METHOD_SLOT_OBJECT && wish->kind <= METHOD_SLOT_NOTHING;
    return slot || module_is_cython(module) ? address_is_taken(module, wish->function)
                                            : address_is_compared(module, wish->function);
}

/* One at a time: tables.c sees to it. */
uintptr_t method_stub(const struct method_wish *wish) {
    const struct module *module = module_at(wish->function);
    if (!module || cpython_is(module) || (module->kind & (MODULE_SHIM | MODULE_LIBC | MODULE_LOADER)) ||
        is_compared(wish, module))
        return 0;
    uint32_t at = hash_of(wish) % PLACES;
    while (places[at] && !is_it(places[at], wish, module))
        at = (at + 1) % PLACES;
    if (!places[at])
        places[at] = open_stub(wish, module);
    return places[at] ? methods[places[at]].stub : 0;
}

/* ---- the chain ------------------------------------------------------------------------------------------------------------- */

static struct method_call *spare; /* pieces of threads that have ended, each by its first struct; atomic */

static struct method_call *take_spare(void) {
    struct method_call *first = __atomic_exchange_n(&spare, NULL, __ATOMIC_ACQUIRE), *rest = first ? first->outer : NULL;
    while (rest) { /* put back what is not needed */
        struct method_call *next = rest->outer;
        rest->outer = __atomic_load_n(&spare, __ATOMIC_RELAXED);
        while (!__atomic_compare_exchange_n(&spare, &rest->outer, rest, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            ;
        rest = next;
    }
    return first;
}

static struct method_call *new_piece(void) {
    struct method_call *piece = memory_carve(DEPTH * sizeof *piece);
    for (unsigned i = 0; piece && i + 1 < DEPTH; i++)
        piece[i].inner = &piece[i + 1];
    return piece;
}

/* Where a call from inside `outer` (NULL: the outermost) is noted, when there is no such place yet. */
static RARE struct method_call *more_places(struct method_call *outer) {
    if (self.ending)
        return NULL;
    uintptr_t low, high;
    thread_stack(&low, &high); /* for thread_is_deep */
    struct method_call *piece = outer ? NULL : take_spare();
    piece = piece ? piece : new_piece();
    if (outer)
        outer->inner = piece;
    else
        self.method_first = piece;
    return piece;
}

void methods_thread_end(void) {
    struct method_call *first = self.method_first;
    kept_thread_end();
    domains_thread_end();
    self.method = self.method_first = NULL;
    if (!first)
        return;
    first->outer = __atomic_load_n(&spare, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&spare, &first->outer, first, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
}

struct method_call *method_innermost(uintptr_t cfa) {
    struct method_call *call = self.method;
    while (call && call->cfa <= cfa)
        call = call->outer;
    return call;
}

/* ---- what is looked at ----------------------------------------------------------------------------------------------------- */

static inline bool is_power_of_two(uint64_t number) {
    return (number & (number - 1)) == 0;
}

/* Whether a call is watched closely. A program that is over soon is watched as a whole. To ask for the budget takes longer than the rest
 * together: it is asked for in its turn. */
static inline bool wants_close(const struct method *method) {
    static bool plenty = true;
    uint32_t calls = method->calls;
    if (method->kind == METHOD_SLOT_NOTHING)
        return false;
    bool turn = calls <= FIRST_CALLS || is_power_of_two(calls) || calls % SELDOM == 0;
    if (LIKELY(!turn))
        return plenty && method->looks < SELDOM && !method->own;
    unsigned used = budget_used();
    plenty = used < USED_LITTLE;
    return used < USED_UP;
}

/* From now on it is counted what the watching costs. */
static RARE void begin_paying(struct method_call *call) {
    call->began = budget_clock();
    call->spent = budget_spent();
}

static inline void watch(bool closely) {
    if (LIKELY(self.method_closely == closely))
        return;
    self.method_closely = closely;
    if (closely)
        api_watch_closely();
    else
        api_watch_loosely();
}

static inline void add_argument(struct method_call *call, uintptr_t object) {
    if (!object || call->count == METHOD_ARGUMENTS)
        return;
    call->counts[call->count] = object_count(object);
    call->arguments[call->count++] = object;
}

static inline void add_vector(struct method_call *call, uintptr_t vector, uint64_t count) {
    call->vector = vector;
    for (uint64_t i = 0; i < count && i < METHOD_ARGUMENTS; i++)
        add_argument(call, ((const uintptr_t *)vector)[i]);
}

static inline void add_tuple(struct method_call *call, uintptr_t tuple) {
    if (!tuple || !is_kind(tuple, TYPE_IS_TUPLE))
        return;
    call->tuple = tuple;
    add_vector(call, tuple + TUPLE_ITEMS, tuple_size(tuple));
}

static inline uint64_t names_count(uintptr_t names) {
    return names ? tuple_size(names) : 0;
}

struct given {
    uintptr_t a, b, c, d, e;
};

static inline void note_arguments(struct method_call *call, const struct given *given_) {
    call->self = call->method->shape == SHAPE_NOTHING ? 0 : given_->a;
    call->counts[METHOD_ARGUMENTS] = call->self ? object_count(call->self) : 0;
    switch ((enum method_shape)call->method->shape) {
    case SHAPE_NOTHING:
    case SHAPE_SELF:
        return;
    case SHAPE_SECOND:
        add_argument(call, given_->b);
        return;
    case SHAPE_TWO:
        add_argument(call, given_->b);
        add_argument(call, given_->c);
        return;
    case SHAPE_THIRD:
        add_argument(call, given_->c);
        return;
    case SHAPE_TUPLE:
        add_tuple(call, given_->b);
        call->keywords = call->method->kind == METHOD_VARARGS ? 0 : given_->c;
        return;
    case SHAPE_VECTOR:
        add_vector(call, given_->b, given_->c & VECTOR_COUNT);
        return;
    case SHAPE_VECTOR_NAMES:
        add_vector(call, given_->b, (given_->c & VECTOR_COUNT) + names_count(given_->d));
        return;
    case SHAPE_TYPE_VECTOR:
        add_vector(call, given_->c, (given_->d & VECTOR_COUNT) + names_count(given_->e));
        return;
    }
}

static void tell_begin(struct method_call *call) {
    const struct listeners *listeners = listeners_of(call);
    struct inside inside = inside_enter();
    for (unsigned i = 0; i < listeners->count; i++)
        if (listeners->of[i]->enter)
            listeners->of[i]->enter(call);
    inside_leave(inside);
}

bool method_has_failed(const struct method_call *call, uintptr_t result) {
    switch ((enum method_kind)call->method->kind) {
    case METHOD_START:
        return call->method->shape == SHAPE_NOTHING ? result == 0 : (int)result == -1;
    case METHOD_SETTER:
    case METHOD_SLOT_INT:
        return (int)result == -1;
    case METHOD_SLOT_SIZE:
        return (intptr_t)result == -1;
    case METHOD_SLOT_NEXT:
    case METHOD_SLOT_NOTHING:
        return false;
    default:
        return result == 0;
    }
}

/* No more than the call took, without what the rules have paid for themselves and what calls inside of it have. */
static RARE void pay(struct method_call *call) {
    uint64_t price = CLOSELY_NS + (call->heard - call->paid) * HEARD_NS;
    uint64_t took = budget_clock() - call->began, paid = budget_spent() - call->spent;
    took = took > paid ? took - paid : 0;
    budget_spend(price < took ? price : took);
}

static void tell_end(struct method_call *call, uintptr_t result) {
    const struct listeners *listeners = listeners_of(call);
    struct inside inside = inside_enter();
    call->failed = method_has_failed(call, result) || cpython_error();
    for (unsigned i = listeners->count; i-- > 0;)
        if (listeners->of[i]->leave)
            listeners->of[i]->leave(call, result);
    if (UNLIKELY(call->closely))
        pay(call);
    if (UNLIKELY(call->method->kind == METHOD_START))
        tables_started(call, result);
    inside_leave(inside);
}

/* A call of the API was heard in the innermost call. One that makes a million of them is heard out only as far as the budget goes. */
static void count_heard(struct api_call *api) {
    struct method_call *call = api->method;
    if (!call || !call->closely || LIKELY(++call->heard < HEARD_MUCH) || !is_power_of_two(call->heard))
        return;
    budget_spend((call->heard - call->paid) * HEARD_NS);
    call->paid = call->heard;
    if (budget_used() < USED_UP)
        return;
    call->cut = true;
    watch(false);
}
static const struct api_listener every_call[] = {{.leave = count_heard}, {0}};

/* ---- a call ---------------------------------------------------------------------------------------------------------------- */

/* NULL: it is not noted. */
static inline struct method_call *call_begin(struct method *method, uintptr_t cfa, const struct given *given_) {
    struct method_call *outer = self.method;
    while (UNLIKELY(outer && outer->cfa <= cfa))
        outer = outer->outer;
    struct method_call *call = LIKELY(outer != NULL) ? outer->inner : self.method_first;
    if (UNLIKELY(!call) && !(call = more_places(outer)))
        return NULL;
    if (LIKELY(method->calls != UINT32_MAX))
        method->calls++;
    call->outer = outer;
    call->number++;
    call->method = method;
    call->cfa = cfa;
    call->vector = call->tuple = call->keywords = 0;
    call->count = call->callbacks = 0;
    call->failed = call->cut = false;
    call->heard = call->paid = 0;
    call->error.before = call->error.set = false;
    call->error.left_by = NULL;
    call->releases = api_releases();
    call->started = call->quiet.since = 0;
    memset(call->notes, 0, sizeof call->notes);
    note_arguments(call, given_);
    call->closely = wants_close(method);
    if (UNLIKELY(call->closely)) {
        method->looks++;
        begin_paying(call);
    }
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    self.method = call;
    return call;
}

/* From the stubs. */
uintptr_t method_called(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uint64_t number);
uintptr_t method_called(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uint64_t number) {
    struct method *method = &methods[number];
    extension_function *function = (extension_function *)method->function; // NOLINT(performance-no-int-to-ptr)
    if (UNLIKELY(self.busy || hooks_off || thread_is_deep((uintptr_t)__builtin_frame_address(0))))
        return function(a, b, c, d, e);
    struct given given_ = {a, b, c, d, e};
    struct method_call *call = call_begin(method, (uintptr_t)__builtin_frame_address(0) + 16, &given_);
    if (UNLIKELY(!call))
        return function(a, b, c, d, e);
    struct method_call *outer = call->outer;
    uint64_t use = call->number;
    watch(call->closely);
    tell_begin(call);
    uintptr_t result = function(a, b, c, d, e);
    if (LIKELY(call->number == use))
        tell_end(call, result);
    if (UNLIKELY(self.held != NULL))
        held_end(call);
    self.method = outer;
    watch(outer && outer->closely && !outer->cut);
    return result;
}

void methods_start(void) {
    tables_start();
    api_listen(every_call);
    pending_start();
    blocking_plan();
}
