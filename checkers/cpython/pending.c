/* SPDX-License-Identifier: Apache-2.0 */
#include "cpython/pending.h"

#include <string.h>

#include "core/findings.h"
#include "core/stack.h"
#include "cpython/api.h"
#include "cpython/methods.h"
#include "cpython/objects.h"
#include "cpython/subjects.h"

#define TYPE_IS_EXCEPTION (1u << 30) /* Py_TPFLAGS_BASE_EXC_SUBCLASS */
#define EXCEPTION_ARGS    24u        /* PyBaseExceptionObject.args */
#define ERRORS_ARE_ONE    0x030cu    /* from this version on the exception alone is kept, before: its type, its value */

struct error {
    uintptr_t type, value; /* type 0: none is set */
};

/* Without a state, nobody's. */
static inline struct error error_now(void) {
    uintptr_t first = cpython_error();
    if (LIKELY(!first))
        return (struct error){0};
    if (cpython.layout->version >= ERRORS_ARE_ONE)
        return (struct error){type_of(first), first};
    return (struct error){first, word(cpython_state(), cpython.layout->thread_error + sizeof(uintptr_t))};
}

/* ---- on record ------------------------------------------------------------------------------------------------------------- */

/* Its text, or that of its only argument, where that is ASCII; else NULL. */
static const char *text_of(uintptr_t value) {
    if (value && is_kind(value, TYPE_IS_EXCEPTION)) {
        uintptr_t arguments = word(value, EXCEPTION_ARGS);
        value = arguments && tuple_size(arguments) == 1 ? tuple_item(arguments, 0) : 0;
    }
    if (!value || !is_kind(value, TYPE_IS_TEXT))
        return NULL;
    uint32_t state = (uint32_t)word(value, TEXT_STATE);
    return TEXT_ASCII(state) && TEXT_COMPACT(state) ? (const char *)(value + cpython.layout->text_ascii) : NULL; // NOLINT
}

static void add_error(struct subjects *subjects, struct error error) {
    if (error.type)
        subjects_add(subjects, &(struct subject){.what = FFISAN_SUBJECT_EXCEPTION,
                                                 .role = FFISAN_ROLE_DETECTED,
                                                 .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                                 .address = error.value,
                                                 .name = (const char *)word(error.type, TYPE_NAME), // NOLINT
                                                 .detail = text_of(error.value)});
}

static void add_call(struct subjects *subjects, enum ffisan_role role, const char *name) {
    if (name)
        subjects_add(
            subjects,
            &(struct subject){.what = FFISAN_SUBJECT_CALL, .role = role, .argument = FFISAN_SUBJECT_NO_ARGUMENT, .name = name});
}

struct told {
    const struct origin *origin;
    const char *made;               /* with it; NULL: it is about the end of `method` */
    const struct method_call *call; /* that the thread is inside of; NULL: none */
};

static RARE void tell(const struct told *told, struct error error) {
    struct subjects subjects;
    subjects.used = 0;
    add_error(&subjects, error);
    add_call(&subjects, FFISAN_ROLE_DETECTED, told->made);
    struct finding finding = {.rule = FFISAN_RULE_PENDING_ERROR, .function = told->made, .origin = told->origin};
    if (told->call && error.type && told->call->error.left_by) {
        add_call(&subjects, FFISAN_ROLE_CREATED, told->call->error.left_by);
        finding.sites[FFISAN_ROLE_CREATED] = told->call->error.site;
    }
    finding.distinction = told->call ? (uintptr_t)told->call->method : 0;
    subjects_report(&finding, &subjects, told->call);
}

/* ---- at the end of an extension's function --------------------------------------------------------------------------------- */

static void begun(struct method_call *call) {
    if (call->method->own)
        return;
    call->error.before = call->error.set = cpython_error() != 0;
}

static void ended(struct method_call *call, uintptr_t result) {
    enum method_kind kind = call->method->kind;
    if (call->method->own || kind == METHOD_SLOT_NOTHING || !cpython_state())
        return;
    struct error error = error_now();
    bool failed = method_has_failed(call, result);
    bool success = kind == METHOD_SLOT_NEXT ? result != 0 : !failed;
    if (LIKELY(!(failed && !error.type) && !(success && error.type && !call->error.before)))
        return;
    if (failed && call->error.before) /* somebody took it away; nobody can tell what this function was to do */
        return;
    struct origin origin = method_origin(call);
    tell(&(struct told){&origin, NULL, call}, error);
}

/* ---- at calls of the API --------------------------------------------------------------------------------------------------- */

/* In calls that are watched closely: which one left an exception. */
static void heard(struct api_call *api) {
    struct method_call *call = api->method;
    if (!call || call->method->own)
        return;
    bool set = cpython_error() != 0;
    if (LIKELY(set == call->error.set))
        return;
    call->error.set = set;
    call->error.left_by = set ? api->name : NULL;
    call->error.site = set ? stack_site(api->origin, 0) : 0;
}

static bool is_own(const struct module *module) {
    return !module || cpython_is(module) || strstr(module->path, "/lib-dynload/");
}

static void made(struct api_call *api) {
    struct error error = error_now();
    struct method_call *call = api->method;
    if (LIKELY(!error.type) || (call && call->error.before) || is_own(api->caller))
        return;
    tell(&(struct told){api->origin, api->name, call}, error);
    if (call)
        call->error.before = true; /* it has been said */
}

static const struct api_listener listeners[] = {
    {.name = NULL, .leave = heard},
#define NO_ERROR(function) {.name = #function, .enter = made, .always = true},
#include "cpython/guarded_calls.def"
#undef NO_ERROR
    {0},
};

void pending_start(void) {
    if (!rule_on(FFISAN_RULE_PENDING_ERROR))
        return;
    static const struct method_listener ends = {.enter = begun, .leave = ended, .always = true, .others = true};
    methods_listen(&ends);
    api_listen(listeners);
}
