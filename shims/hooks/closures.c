/* SPDX-License-Identifier: Apache-2.0
 *
 * A closure is prepared with our handler and a cif of ours, by which the handler knows the callback; its user data stays the
 * runtime's, which some look at (cffi). While the callback lives the handler passes on to the runtime's. When the runtime gives
 * the closure back, it is not given back: nothing in it is changed, the handler alone knows that the callback is dead.
 *
 * Rules for whoever edits this file: a closure may be called on any thread at any time, also on threads that nobody has seen and
 * while it is being released; the handler is left by exceptions and by longjmp as well; libffi calls itself through its own slots
 * (ffi_prep_closure ends in ffi_prep_closure_loc), which lead here again.
 */
#include "hooks/closures.h"

#include <string.h>

#include "contract/objects.h"
#include "contract/retained.h"
#include "core/crossings.h"
#include "core/findings.h"
#include "core/modules.h"
#include "core/records.h"
#include "core/stack.h"
#include "hooks/gates.h"
#include "hooks/hooks.h"
#include "hooks/shapes.h"
#include "hooks/spares.h"

_Static_assert(sizeof(struct libffi_cif) == CALLBACK_CIF, "a callback holds a cif");

typedef void closure_handler(struct libffi_cif *cif, void *result, void **arguments, void *data);
typedef int closure_prepare(void *closure, struct libffi_cif *cif, closure_handler *handler, void *data, void *code);

#define LIBFFI_OK     0
#define CLOSURE_WORDS 8 /* of a closure, in every libffi: its code, 16 to 32 bytes; cif, handler, user data */

/* There are more callbacks, or larger types, than there is room for. Said once. */
static RARE void note_too_many(void) {
    static bool noted;
    if (!__atomic_exchange_n(&noted, true, __ATOMIC_RELAXED))
        record_note(FFISAN_NOTE_TRUNCATED, "callbacks");
}

/* Where managed code is, and around that: what makes a callback is seldom what wants it. */
static uint32_t lines_here(uint32_t outer[CALLBACK_LINES]) {
    uint32_t lines[CALLBACK_LINES] = {0};
    unsigned count = managed_places.lines_around ? managed_places.lines_around(lines, CALLBACK_LINES) : 0;
    memset(outer, 0, CALLBACK_LINES * sizeof *outer);
    for (unsigned i = 1; i < count; i++)
        outer[i - 1] = lines[i];
    return lines[0];
}

/* ---- the function behind it ------------------------------------------------------------------------------------------------- */

static closure_ended *at_end;

void closures_on_end(closure_ended *ended) {
    at_end = ended;
}

void closure_ask(uintptr_t cfa) {
    if (self.boundary)
        self.boundary->asked = cfa;
}

void closure_call_named(struct closure_call *to, uintptr_t code, uint32_t binding, const char *name) {
    char *text = (char *)(&to->call + 1);
    size_t room = sizeof *to - sizeof to->call;
    memset(to, 0, sizeof *to);
    to->call = (struct ffisan_record_call){.item = {FFISAN_ITEM_CALL, sizeof *to},
                                           .role = FFISAN_ROLE_DETECTED,
                                           .generation = modules_generation(),
                                           .function = code,
                                           .binding = binding,
                                           .flags = FFISAN_CALL_UP,
                                           .text_size = (uint32_t)room};
    memcpy(text + 1, name, strnlen(name, room - 2));
    to->call.name = text[1] ? 1 : 0;
}

void closure_call_of(struct closure_call *to, const struct callback *callback) {
    uint64_t room[100];
    struct ffisan_record_python *item = (struct ffisan_record_python *)room;
    bool known =
        managed_places.line_describe && managed_places.line_describe(callback->function_line, item, sizeof room) && item->depth;
    const char *name = known ? (const char *)&item->frames[item->depth] + item->frames[0].function : "";
    closure_call_named(to, callback->code, callback->binding, name);
}

/* ---- called ---------------------------------------------------------------------------------------------------------------- */

/* The callback as the block of memory that it is, for reports that are about that. */
static struct block block_of(const struct callback *callback) {
    return (struct block){.start = callback->closure,
                          .size = callback->size,
                          .state = BLOCK_FREED,
                          .allocated = callback->created,
                          .freed = callback->released};
}

/* By a contract it was C's to call. */
static void report_registered(const struct callback *callback, struct finding *finding) {
    const struct registered *by = callback->kept_by;
    const struct contract_part part = {.role = FFISAN_ROLE_LENT,
                                       .registered = by,
                                       .term = callback->kept_term,
                                       .argument = callback->kept_argument,
                                       .generation = callback->kept_generation};
    finding->lent = (struct finding_lent){by->address, part.generation, part.argument};
    moment_tell(finding, FFISAN_ROLE_LENT, (struct moment){callback->kept_site, callback->kept_line});
    contract_report(finding, &part, 1);
}

static RARE void report_late(const struct callback *callback, const struct origin *origin) {
    struct closure_call room;
    closure_call_of(&room, callback);
    struct finding_call about = {&room.call, callback->types};
    struct finding finding = {.rule = FFISAN_RULE_COLLECTED_CALLBACK,
                              .origin = origin,
                              .address = callback->code,
                              .lent = {callback->lent_function, callback->lent_generation, callback->lent_argument},
                              .calls = &about,
                              .call_count = 1};
    finding.sites[FFISAN_ROLE_CREATED] = callback->created;
    finding.sites[FFISAN_ROLE_FREED] = callback->released;
    finding.lines[FFISAN_ROLE_CREATED] = callback->created_line;
    finding.lines[FFISAN_ROLE_FREED] = callback->released_line;
    finding.outer_lines[FFISAN_ROLE_CREATED] = callback->created_outer;
    finding.outer_lines[FFISAN_ROLE_FREED] = callback->released_outer;
    finding.lines[FFISAN_ROLE_LENT] = callback->lent_line;
    if (callback->kept_by)
        report_registered(callback, &finding);
    else
        finding_report(&finding);
}

static RARE void called_late(const struct callback *callback, void *result, const struct origin *origin) {
    struct inside inside = inside_enter();
    memset(result, 0, callback->result_size);
    if (!hooks_off) {
        if (self.attention & ATTENTION_THREAD)
            thread_begin();
        report_late(callback, origin);
    }
    inside_leave(inside);
}

/* What C hands to it lives. */
static RARE void see_arguments(const struct libffi_cif *cif, void **arguments) {
    for (uint32_t i = 0; i < cif->nargs; i++)
        if (cif->arg_types[i]->type == LIBFFI_POINTER)
            object_seen(*(const uintptr_t *)arguments[i]);
}

/* What it is handed, as far as a contract can ask for it: pointers, and integers of their size. */
static RARE void tell_that_called(const struct callback *callback, const struct libffi_cif *cif, void **arguments) {
    uint64_t values[RETAINED_ARGUMENTS];
    unsigned count = 0;
    for (uint32_t i = 0; i < cif->nargs && i < RETAINED_ARGUMENTS; i++)
        if (cif->arg_types[i]->type == LIBFFI_POINTER ||
            (cif->arg_types[i]->size == sizeof *values && cif->arg_types[i]->type != LIBFFI_DOUBLE &&
             cif->arg_types[i]->type != LIBFFI_STRUCT))
            memcpy(&values[count++], arguments[i], sizeof *values);
    retained_callback_called(callback, values, count);
}

/* A runtime's checker has asked for it. */
static RARE void tell_end(const struct callback *callback, const void *result, const struct origin *origin) {
    struct inside inside = inside_enter();
    self.boundary->asked = 0;
    if (at_end)
        at_end(callback, ((const struct libffi_cif *)callback->cif)->rtype, result, origin);
    inside_leave(inside);
}

/* The handler of every closure. Its way through: about 10 ns. */
static void called(struct libffi_cif *cif, void *result, void **arguments, void *data) {
    struct callback *callback = (struct callback *)cif;
    struct origin origin = ORIGIN_HERE();
    uint32_t state = __atomic_load_n(&callback->state, __ATOMIC_ACQUIRE);
    if (UNLIKELY(state != CALLBACK_LIVE && state != CALLBACK_REPLACED)) {
        called_late(callback, result, &origin);
        return;
    }
    closure_handler *handler = (closure_handler *)callback->handler;
    if (UNLIKELY(self.busy || hooks_off)) {
        handler(callback->given_cif, result, arguments, data);
        return;
    }
    self.busy++;
    if (UNLIKELY(self.attention & ATTENTION_THREAD))
        thread_begin();
    crossing_enter(&origin, callback->code, NULL, callback, place_here());
    if (UNLIKELY(!callback->function_line))
        callback_know(callback);
    if (UNLIKELY(objects_over()))
        see_arguments(callback->given_cif, arguments);
    if (UNLIKELY(callback->awaited))
        tell_that_called(callback, cif, arguments);
    self.busy--;
    handler(callback->given_cif, result, arguments, data);
    self.busy++;
    if (UNLIKELY(self.boundary && self.boundary->asked == origin.cfa))
        tell_end(callback, result, &origin);
    crossing_leave(origin.cfa);
    self.busy--;
}

/* ---- prepared -------------------------------------------------------------------------------------------------------------- */

static enum ffisan_binding binding_of(uintptr_t caller) {
    const struct module *module = module_at(caller);
    const char *name = module ? module_name(module) : "";
    return strncmp(name, "_ctypes", 7) == 0          ? FFISAN_BINDING_CTYPES
           : strncmp(name, "_cffi_backend", 13) == 0 ? FFISAN_BINDING_CFFI
                                                     : FFISAN_BINDING_LIBFFI;
}

/* What libffi makes room for: at least a register for whatever comes back in one. */
static uint32_t result_size(const struct libffi_type *type) {
    if (type->type == LIBFFI_VOID)
        return 0;
    bool composed = type->type == LIBFFI_STRUCT || type->type == LIBFFI_COMPLEX;
    return (uint32_t)(composed || type->size > sizeof(uint64_t) ? type->size : sizeof(uint64_t));
}

/* Where libffi left the cif, and so the user data: that depends on its version. 0: it is none that we know. */
static uint16_t find_data(const uint64_t *closure, const struct callback *callback) {
    for (unsigned i = 2; i + 2 < CLOSURE_WORDS; i++)
        if (closure[i] == (uintptr_t)callback->cif && closure[i + 1] == (uintptr_t)called)
            return (uint16_t)((i + 2) * sizeof *closure);
    return 0;
}

/* A callback for this closure, which nobody knows yet. NULL: it cannot be followed. */
static struct callback *callback_for(uintptr_t closure, struct libffi_cif *cif, closure_handler *handler, uintptr_t code,
                                     const struct origin *origin) {
    const struct shape *shape = shape_of(cif);
    struct callback *callback = shape ? callback_new() : NULL;
    if (!callback) {
        note_too_many();
        return NULL;
    }
    const struct callback *before = callback_of(closure);
    memcpy(callback->cif, &shape->cif, sizeof shape->cif);
    callback->types = shape->types;
    callback->result_size = result_size(shape->cif.rtype);
    callback->closure = closure;
    callback->code = code;
    callback->handler = (uintptr_t)handler;
    callback->given_cif = cif;
    callback->binding = binding_of(origin->ra);
    callback->foreign = !before || before->foreign;
    callback->size = before ? before->size : 0;
    callback->state = CALLBACK_LIVE; /* it may be called before it is in the books */
    callback->created = stack_site(origin, 0);
    callback->created_line = lines_here(callback->created_outer);
    return callback;
}

/* libffi has prepared it: into the books. One that finds no room there works as well, and nobody hears of its end. */
static void settle(struct callback *callback) {
    const uint64_t *closure = (const uint64_t *)callback->closure;
    callback->data_offset = find_data(closure, callback);
    callback->head = closure[0];
    if (!callback->size)
        callback->size = callback->data_offset + (uint32_t)sizeof(uintptr_t);
    if (!callback_enter(callback, CALLBACK_LIVE))
        note_too_many();
}

static int prepare(closure_prepare *real, void *closure, struct libffi_cif *cif, closure_handler *handler, void *data, void *code,
                   const struct origin *origin) {
    if (handler == called || !closure || !cif || !code)
        return real(closure, cif, handler, data, code);
    struct inside inside = inside_enter();
    if (self.attention & ATTENTION_THREAD)
        thread_begin();
    struct callback *callback = callback_for((uintptr_t)closure, cif, handler, (uintptr_t)code, origin);
    inside_leave(inside);
    if (!callback)
        return real(closure, cif, handler, data, code);
    int status = real(closure, (struct libffi_cif *)callback->cif, called, data, code);
    inside = inside_enter();
    if (status == LIBFFI_OK)
        settle(callback);
    else
        callback_discard(callback);
    inside_leave(inside);
    return status;
}

static int prep_closure_loc(void *closure, struct libffi_cif *cif, closure_handler *handler, void *data, void *code) {
    closure_prepare *real = (closure_prepare *)gate_real();
    struct origin origin = ORIGIN_HERE();
    return prepare(real, closure, cif, handler, data, code, &origin);
}

/* The old one, where code and closure are the same memory. A fifth argument does not disturb it. */
static int prep_closure(void *closure, struct libffi_cif *cif, closure_handler *handler, void *data) {
    closure_prepare *real = (closure_prepare *)gate_real();
    struct origin origin = ORIGIN_HERE();
    return prepare(real, closure, cif, handler, data, closure, &origin);
}

/* ---- given out and given back ---------------------------------------------------------------------------------------------- */

static void *closure_alloc(size_t size, void **code) {
    void *(*real)(size_t, void **) = (void *(*)(size_t, void **))gate_real();
    void *closure = real(size, code);
    if (!closure || !code)
        return closure;
    struct inside inside = inside_enter();
    struct callback *callback = callback_new();
    if (callback) {
        callback->closure = (uintptr_t)closure;
        callback->code = (uintptr_t)*code;
        callback->size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
        if (!callback_enter(callback, CALLBACK_RESERVED))
            callback_discard(callback);
    }
    inside_leave(inside);
    return closure;
}

/* Its memory goes the way that its runtime had meant for it, if the libffi that was to take it is still there. */
static void let_go(struct callback *callback) {
    uintptr_t closure = callback->closure;
    void (*give_back)(void *) = callback->give_back;
    bool there = give_back && module_at((uintptr_t)give_back) == callback->giver;
    if (!give_back)
        spare_add(closure);
    callback_discard(callback);
    if (there)
        give_back((void *)closure);
}

/* With nothing of ours under way: libffi takes a lock for it. */
static void let_go_of_oldest(void) {
    struct callback *overdue;
    while (UNLIKELY((overdue = callback_overdue()) != NULL))
        let_go(overdue);
}

/* By a contract C may still call it. */
static void tell_if_kept(struct callback *callback, const struct origin *origin) {
    struct contract_part part;
    struct moment moment;
    if (LIKELY(!retained_callback_released(callback, origin, &part, &moment)))
        return;
    struct finding finding = {.rule = FFISAN_RULE_COLLECTED_CALLBACK,
                              .origin = origin,
                              .address = callback->code,
                              .lent = {part.registered->address, part.generation, part.argument}};
    finding.sites[FFISAN_ROLE_CREATED] = callback->created;
    finding.lines[FFISAN_ROLE_CREATED] = callback->created_line;
    finding.outer_lines[FFISAN_ROLE_CREATED] = callback->created_outer;
    moment_tell(&finding, FFISAN_ROLE_LENT, moment);
    contract_report(&finding, &part, 1);
}

static void keep(struct callback *callback, const struct origin *origin, void (*give_back)(void *closure)) {
    tell_if_kept(callback, origin);
    struct callback_release release = {.site = stack_site(origin, 0), .give_back = give_back};
    release.line = lines_here(release.outer);
    callback_release(callback, &release);
}

static RARE void report_twice(const struct callback *callback, const struct origin *origin) {
    struct block block = block_of(callback);
    finding_report(&(struct finding){.rule = FFISAN_RULE_DOUBLE_FREE,
                                     .function = "ffi_closure_free",
                                     .origin = origin,
                                     .address = callback->closure,
                                     .block = &block});
}

/* False: it is none that we keep, and goes back at once. */
static bool take_back(uintptr_t closure, const struct origin *origin, void (*give_back)(void *)) {
    struct callback *callback = callback_of(closure);
    if (!callback)
        return false;
    switch (__atomic_load_n(&callback->state, __ATOMIC_ACQUIRE)) {
    case CALLBACK_LIVE:
        if (!rule_on(FFISAN_RULE_COLLECTED_CALLBACK))
            break;
        keep(callback, origin, give_back);
        return true;
    case CALLBACK_RELEASED:
        report_twice(callback, origin);
        return true;
    default:
        break;
    }
    callback_forget(callback);
    return false;
}

static void closure_free(void *closure) {
    void (*real)(void *) = (void (*)(void *))gate_real();
    struct origin origin = ORIGIN_HERE();
    struct inside inside = inside_enter();
    bool taken = take_back((uintptr_t)closure, &origin, real);
    inside_leave(inside);
    if (!taken)
        real(closure);
    let_go_of_oldest();
}

uintptr_t callback_exchange(uintptr_t closure, const struct origin *origin) {
    if (hooks_off || !rule_on(FFISAN_RULE_COLLECTED_CALLBACK))
        return 0;
    struct inside inside = inside_enter();
    struct callback *callback = callback_of(closure);
    /* Found by its code as well, it still stands there as it was prepared. */
    bool live = callback && callback->data_offset && callback_at(callback->code) == callback &&
                __atomic_load_n(&callback->state, __ATOMIC_ACQUIRE) == CALLBACK_LIVE;
    uintptr_t spare = live ? spare_take() : 0;
    if (spare) {
        memcpy((void *)spare, (const void *)closure, callback->data_offset + sizeof(uintptr_t));
        keep(callback, origin, NULL);
    } else if (live) {
        callback_forget(callback);
    }
    inside_leave(inside);
    let_go_of_oldest();
    return spare;
}

/* ---- gates ----------------------------------------------------------------------------------------------------------------- */

static const char *const names[] = {"ffi_closure_alloc", "ffi_closure_free", "ffi_prep_closure", "ffi_prep_closure_loc", NULL};
static const uintptr_t replacements[] = {(uintptr_t)closure_alloc, (uintptr_t)closure_free, (uintptr_t)prep_closure,
                                         (uintptr_t)prep_closure_loc};

void closures_start(void) {
    static const struct gate_plan plan = {.names = names, .replacements = replacements};
    gates_register(&plan);
}

void closures_forked(void) {
    shapes_forked();
}
