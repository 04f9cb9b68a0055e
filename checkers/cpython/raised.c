/* SPDX-License-Identifier: Apache-2.0
 *
 * exception-in-callback: a Python exception that ended a callback of ctypes or cffi.
 *
 * C has no exceptions, so that both bindings hand it to sys.unraisablehook, by functions of the API that say for what; then they return to C.
 * Such a call is heard, what is to be known of the exception is copied, and when the callback has ended it is told with what C was given.
 * ctypes leaves there what there was; cffi puts the value of `error=`. Callbacks of modules that cffi has compiled (extern "Python") come by no
 * closure: those are told at once.
 *
 * Nothing is said of what the program deals with itself: an `onerror=` of cffi's, a hook of its own in sys.unraisablehook (pytest's is not the
 * program's). KeyboardInterrupt is the user's, and SystemExit a wish that no callback can grant.
 */
#include <string.h>

#include "core/crossings.h"
#include "core/findings.h"
#include "core/memory.h"
#include "cpython/api.h"
#include "cpython/callables.h"
#include "cpython/subjects.h"
#include "hooks/closures.h"
#include "hooks/libffi.h"

/* The same from 3.8 to 3.13. */
#define EXCEPTION_ARGUMENTS 24u /* PyBaseExceptionObject.args */
#define TRACE_NEXT          16u /* PyTracebackObject: */
#define TRACE_FRAME         24u
#define TRACE_LASTI         32u /* an int, in bytes */
#define FRAME_INSIDE        24u /* PyFrameObject.f_frame, from 3.11 on */
#define PARTIAL_FUNCTION    16u

#define TRACE_MOST 64u
#define TEXT_MOST  160u
#define NAME_MOST  96u

/* What is known of an exception, in memory that needs no lock of the interpreter's. */
struct raised {
    char type[NAME_MOST], text[TEXT_MOST];
    char callback[NAME_MOST]; /* the function's name, where the callback is none of libffi's */
    uint32_t line, outer[CALLBACK_LINES];
};
_Static_assert(sizeof(struct raised) <= ENDING_ROOM, "a thread has room for it");

/* ---- texts ----------------------------------------------------------------------------------------------------------------- */

static void copy(char *to, size_t size, const char *from, size_t length) {
    length = length < size ? length : size - 1;
    memcpy(to, from, length);
    to[length] = 0;
}

/* Of a str that is ASCII; NULL: it is none. */
static const char *ascii_of(uintptr_t text, size_t *length) {
    if (!text || !is_kind(text, TYPE_IS_TEXT))
        return NULL;
    uint32_t state = *(const uint32_t *)(text + TEXT_STATE);
    if (!TEXT_COMPACT(state) || !TEXT_ASCII(state))
        return NULL;
    *length = word(text, TEXT_LENGTH);
    return (const char *)(text + cpython.layout->text_ascii);
}

static bool begins(const char *text, const char *with) {
    return text && strncmp(text, with, strlen(with)) == 0;
}

/* ---- whose it is ----------------------------------------------------------------------------------------------------------- */

static const char from_cffi[] = "from cffi callback ";

/* What is said about a callback of cffi's; NULL: it is about something else (a destructor). */
static const char *cffi_text(const struct api_call *call, size_t *length) {
    const char *text = (const char *)call->arguments[0];
    *length = text ? strlen(text) : 0;
    if (strcmp(call->name, "PyErr_FormatUnraisable") == 0)
        text = text && strcmp(text, "Exception ignored %S") == 0 ? ascii_of(call->arguments[1], length) : NULL;
    return begins(text, from_cffi) ? text : NULL;
}

static bool is_about_ctypes(const struct api_call *call) {
    const char *text = (const char *)call->arguments[0];
    if (strcmp(call->name, "PyErr_Print") == 0)
        return true;
    if (begins(text, "Exception ignored "))
        text += strlen("Exception ignored ");
    return begins(text, "on calling ctypes callback") || begins(text, "on converting result of ctypes callback");
}

static uint32_t binding_of(const struct module *caller) {
    const char *name = caller ? module_name(caller) : "";
    return begins(name, "_ctypes.")         ? FFISAN_BINDING_CTYPES
           : begins(name, "_cffi_backend.") ? FFISAN_BINDING_CFFI
                                            : FFISAN_BINDING_LIBFFI;
}

/* ---- who deals with it ------------------------------------------------------------------------------------------------------ */

/* The Python function that is called in the end: behind a method, or functools.partial. */
static uintptr_t function_of(uintptr_t callable) {
    for (unsigned i = 0; callable && i < 4; i++) {
        uintptr_t type = type_of(callable);
        const char *name = (const char *)word(type, TYPE_NAME);
        if (type == python.function_type)
            return callable;
        if (type == python.method_type)
            callable = word(callable, METHOD_FUNCTION);
        else if (strcmp(name, "functools.partial") == 0)
            callable = word(callable, PARTIAL_FUNCTION);
        else
            return 0;
    }
    return 0;
}

static bool is_from_pytest(uintptr_t hook) {
    uintptr_t function = function_of(hook), code = function ? word(function, cpython.layout->function_code) : 0;
    size_t length = 0;
    const char *file = code ? ascii_of(word(code, cpython.layout->code_file), &length) : NULL;
    return file && memmem(file, length, "/_pytest/", strlen("/_pytest/"));
}

static bool has_own_hook(void) {
    static uintptr_t name, hook_name, first_name;
    if (!name && (!(name = name_for_ever("sys")) || !(hook_name = name_for_ever("unraisablehook")) ||
                  !(first_name = name_for_ever("__unraisablehook__"))))
        return true;
    uintptr_t module = dict_item((uintptr_t)python.modules(), name);
    uintptr_t dict = module && type_of(module) == python.module_type ? (uintptr_t)python.module_dict((void *)module) : 0;
    uintptr_t hook = dict ? dict_item(dict, hook_name) : 0, first = dict ? dict_item(dict, first_name) : 0;
    return hook && hook != first && !is_from_pytest(hook);
}

static bool is_subtype(uintptr_t type, const char *of) {
    uintptr_t variable = module_symbol(cpython.module, of);
    return variable && python.is_subtype((void *)type, (void *)word(variable, 0));
}

/* ---- the exception ---------------------------------------------------------------------------------------------------------- */

static struct managed_place place_of(uintptr_t trace) {
    const struct cpython_layout *layout = cpython.layout;
    uintptr_t frame = word(trace, TRACE_FRAME);
    int lasti = *(const int *)(trace + TRACE_LASTI);
    bool old = layout->frame_lasti != NOWHERE;
    uintptr_t code = word(old ? frame : word(frame, FRAME_INSIDE), layout->frame_code);
    return (struct managed_place){code, old ? (uint32_t)lasti / layout->lasti_unit
                                            : code + layout->code_instructions + (uintptr_t)lasti};
}

/* Where it was raised, and through where it came: a traceback begins at the outermost frame. */
static void note_lines(struct raised *raised, uintptr_t trace) {
    uint32_t lines[CALLBACK_LINES + 1] = {0};
    for (unsigned i = 0; trace && trace != cpython.none && managed_places.line && i < TRACE_MOST; i++) {
        memmove(lines + 1, lines, CALLBACK_LINES * sizeof *lines);
        lines[0] = managed_places.line(place_of(trace));
        trace = word(trace, TRACE_NEXT);
    }
    raised->line = lines[0];
    memcpy(raised->outer, lines + 1, sizeof raised->outer);
}

/* Its first argument, when that is a text; before 3.12 it may be no instance yet. */
static void note_text(struct raised *raised, uintptr_t value) {
    size_t length;
    uintptr_t arguments = value && is_kind(value, TYPE_IS_EXCEPTION) ? word(value, EXCEPTION_ARGUMENTS) : 0;
    if (arguments)
        value = is_kind(arguments, TYPE_IS_TUPLE) && tuple_size(arguments) ? tuple_item(arguments, 0) : 0;
    const char *text = ascii_of(value, &length);
    if (text)
        copy(raised->text, sizeof raised->text, text, length);
}

/* False: it is nobody's fault, or somebody deals with it. The exception stays as it is. */
static bool read_exception(struct raised *raised) {
    void *type, *value, *trace;
    python.fetch(&type, &value, &trace);
    bool counts = type && is_kind((uintptr_t)type, TYPE_IS_TYPE) && !is_subtype((uintptr_t)type, "PyExc_KeyboardInterrupt") &&
                  !is_subtype((uintptr_t)type, "PyExc_SystemExit") && !has_own_hook();
    *raised = (struct raised){.line = 0};
    if (counts) {
        const char *name = (const char *)word((uintptr_t)type, TYPE_NAME);
        copy(raised->type, sizeof raised->type, name, strlen(name));
        note_text(raised, (uintptr_t)value);
        note_lines(raised, (uintptr_t)trace);
    }
    python.restore(type, value, trace);
    return counts;
}

/* ---- on record -------------------------------------------------------------------------------------------------------------- */

/* "<function compare at 0x7f...>" */
static void note_callback(struct raised *raised, const char *text, size_t length) {
    static const char head[] = "<function ";
    const char *at = text + strlen(from_cffi), *end = memmem(text, length, " at 0x", strlen(" at 0x"));
    if (begins(at, head) && end && end > at + strlen(head))
        copy(raised->callback, sizeof raised->callback, at + strlen(head), (size_t)(end - at) - strlen(head));
}

static const char *word_of(const struct libffi_type *type) {
    switch (type->type) {
    case LIBFFI_VOID:
        return NULL;
    case LIBFFI_POINTER:
        return "a pointer";
    case LIBFFI_FLOAT:
    case LIBFFI_DOUBLE:
        return "floating point";
    default:
        return type->size <= sizeof(uint64_t) && type->type != LIBFFI_STRUCT ? "an integer" : NULL;
    }
}

/* What stands there, extended to 64 bits as C will take it; of floating point, whether it is 0. */
static bool read_result(const struct libffi_type *type, const void *result, uint64_t *value) {
    *value = 0;
    if (!word_of(type) || type->size > sizeof *value)
        return false;
    memcpy(value, result, type->size);
    bool is_signed =
        type->type == LIBFFI_INT || type->type == LIBFFI_SINT8 || type->type == LIBFFI_SINT16 || type->type == LIBFFI_SINT32;
    unsigned spare = 64 - 8 * (unsigned)type->size;
    if (is_signed)
        *value = (uint64_t)((int64_t)(*value << spare) >> spare);
    return (type->type != LIBFFI_FLOAT && type->type != LIBFFI_DOUBLE) || *value == 0;
}

static void add_exception(struct subjects *subjects, const struct raised *raised) {
    subjects_add(subjects, &(struct subject){.what = FFISAN_SUBJECT_EXCEPTION,
                                             .role = FFISAN_ROLE_DETECTED,
                                             .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                             .name = raised->type,
                                             .detail = raised->text});
}

static void add_result(struct subjects *subjects, const char *name, uint64_t given, const char *detail) {
    subjects_add(subjects, &(struct subject){.what = FFISAN_SUBJECT_STATE,
                                             .role = FFISAN_ROLE_DETECTED,
                                             .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                             .given = given,
                                             .name = name,
                                             .detail = detail});
}

static void report(struct finding *finding, const struct raised *raised, struct subjects *subjects) {
    finding->rule = FFISAN_RULE_EXCEPTION_IN_CALLBACK;
    finding->lines[FFISAN_ROLE_ALLOCATED] = raised->line;
    finding->outer_lines[FFISAN_ROLE_ALLOCATED] = raised->outer;
    subjects_report(finding, subjects, NULL);
}

/* A callback that libffi knows has ended. */
static void ended(const struct callback *callback, const struct libffi_type *type, const void *result,
                  const struct origin *origin) {
    struct raised *raised = (struct raised *)self.boundary->ending;
    struct subjects subjects = {0};
    uint64_t value;
    struct closure_call room;
    closure_call_of(&room, callback);
    struct finding_call about = {&room.call, callback->types};
    struct finding finding = {.origin = origin,
                              .address = callback->code,
                              .lent = {callback->lent_function, callback->lent_generation, callback->lent_argument},
                              .calls = &about,
                              .call_count = 1};
    add_exception(&subjects, raised);
    if (type->type == LIBFFI_VOID)
        add_result(&subjects, "nothing", 0, NULL);
    else if (read_result(type, result, &value))
        add_result(&subjects, "result", value, word_of(type));
    finding.sites[FFISAN_ROLE_CREATED] = callback->created;
    finding.lines[FFISAN_ROLE_CREATED] = callback->created_line;
    finding.outer_lines[FFISAN_ROLE_CREATED] = callback->created_outer;
    finding.lines[FFISAN_ROLE_LENT] = callback->lent_line;
    report(&finding, raised, &subjects);
}

/* One of a compiled module's. */
static void report_compiled(const struct api_call *call, const struct raised *raised) {
    struct subjects subjects = {0};
    struct closure_call room;
    closure_call_named(&room, 0, FFISAN_BINDING_CFFI, raised->callback);
    struct finding_call about = {&room.call, NULL};
    struct finding finding = {.origin = call->origin, .calls = &about, .call_count = 1};
    add_exception(&subjects, raised);
    add_result(&subjects, "error value", 0, NULL);
    report(&finding, raised, &subjects);
}

static bool is_called_up(const struct crossing *crossing, uint32_t binding) {
    return crossing && crossing->callback && crossing->callback->binding == binding;
}

static void heard(struct api_call *call) {
    uint32_t binding = binding_of(call->caller);
    size_t length = 0;
    if (binding == FFISAN_BINDING_LIBFFI || !cpython.layout || !python.fetch || !self.boundary)
        return;
    const char *text = binding == FFISAN_BINDING_CFFI ? cffi_text(call, &length) : NULL;
    const struct crossing *crossing = crossing_innermost(call->origin->cfa);
    bool by_closure = is_called_up(crossing, binding);
    struct raised raised;
    if (binding == FFISAN_BINDING_CFFI ? !text : (!by_closure || !is_about_ctypes(call)))
        return;
    if (!read_exception(&raised))
        return;
    if (by_closure) {
        memcpy(self.boundary->ending, &raised, sizeof raised);
        closure_ask(crossing->cfa);
        return;
    }
    note_callback(&raised, text, length);
    report_compiled(call, &raised);
}

static const struct api_listener listeners[] = {
    {.name = "_PyErr_WriteUnraisableMsg", .enter = heard, .always = true},
    {.name = "PyErr_FormatUnraisable", .enter = heard, .always = true},
    {.name = "PyErr_Print", .enter = heard, .always = true},
    {0},
};

void raised_start(void) {
    if (!rule_on(FFISAN_RULE_EXCEPTION_IN_CALLBACK))
        return;
    api_listen(listeners);
    closures_on_end(ended);
}
