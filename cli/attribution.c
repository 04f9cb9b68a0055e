/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose defect it is: runtime, library, function and argument of a finding, from its stacks.
 *
 * The run-time libraries of C and C++ are never the culprit; the innermost frame outside of them is. When that one belongs to a
 * language runtime, managed code called libc directly (ctypes.CDLL("libc.so.6").free), and libc's function is what it called.
 */
#include <fnmatch.h>
#include <string.h>

#include "findings.h"
#include "pool.h"
#include "subjects.h"
#include "terms.h"

/* Modules that make foreign calls for managed code, strongest evidence first. NULL: a part of some runtime, no word on which. */
static const struct {
    const char *pattern, *runtime;
} runtimes[] = {
    {"_ctypes.*", "ctypes"},
    {"_ctypes*.so", "ctypes"},
    {"_cffi_backend*", "cffi"},
    {"_gi.*", "pygobject"},
    {"fiddle.so", "fiddle"},
    {"ffi_c.so", "ruby-ffi"},
    {"libjnidispatch*.so", "jna"},
    {"jna*.tmp", "jna"},
    {"koffi.node", "koffi"},
    {"libjvm.so", "jvm"},
    {"node", "node"},
    {"nodejs", "node"},
    {"libnode.so*", "node"},
    {"ruby*", "ruby"},
    {"libruby*", "ruby"},
    {"php[0-9]*", "php"},
    {"libphp*.so", "php"},
    {"libguile-*.so*", "guile"},
    {"luajit*", "luajit"},
    {"libluajit-*.so*", "luajit"},
    {"perl*", "perl"},
    {"libperl.so*", "perl"},
    {"libffi[.-]*", NULL},
};
#define RUNTIMES (sizeof(runtimes) / sizeof(runtimes[0]))

static size_t runtime_row(const struct frame *frame) {
    size_t row = 0;
    while (row < RUNTIMES && !(frame->module && fnmatch(runtimes[row].pattern, frame->module, 0) == 0))
        row++;
    return row;
}

bool frame_is_runtime(const struct frame *frame) {
    return frame->interpreter || runtime_row(frame) < RUNTIMES;
}

static bool is_cgo(const struct frame *frame) {
    return frame->function && (strncmp(frame->function, "_cgo_", 5) == 0 || strncmp(frame->function, "runtime.cgocall", 15) == 0);
}

static const char *stack_runtime(const struct stack *stack) {
    size_t best = RUNTIMES;
    bool cpython = false, go = false;
    for (size_t i = 0; i < stack->native_count; i++) {
        size_t row = runtime_row(&stack->native[i]);
        best = row < best && runtimes[row].runtime ? row : best;
        cpython |= stack->native[i].interpreter;
        go |= is_cgo(&stack->native[i]);
    }
    for (size_t i = 0; i < stack->frame_count; i++)
        cpython |= stack->frames[i].python;
    return best < RUNTIMES ? runtimes[best].runtime : cpython ? "cpython" : go ? "go" : "native";
}

const struct stack *finding_stack(const struct finding *finding, enum ffisan_role role) {
    for (size_t i = 0; i < finding->stack_count; i++)
        if (finding->stacks[i].role == role)
            return &finding->stacks[i];
    return NULL;
}

/* A callback is called through the machinery that makes one of its runtime's functions: the shim, libffi, or the part of the runtime
 * that has libffi in it. Whoever called it stands behind. */
static bool is_closure(const struct frame *frame) {
    size_t row = runtime_row(frame);
    return frame->shim ||
           (row < RUNTIMES && (!runtimes[row].runtime || (frame->function && strncmp(frame->function, "ffi_", 4) == 0)));
}

static const struct frame *callback_caller(const struct finding *finding, const struct stack *stack) {
    size_t i = 0;
    /* An exception in a callback that cffi has compiled is told by cffi itself. */
    bool by_runtime = finding->rule == FFISAN_RULE_EXCEPTION_IN_CALLBACK && !finding_stack(finding, FFISAN_ROLE_CREATED);
    while (stack && i < stack->native_count &&
           (is_closure(&stack->native[i]) || (by_runtime && frame_is_runtime(&stack->native[i]))))
        i++;
    return stack && i < stack->native_count && stack->native[i].module ? &stack->native[i] : NULL;
}

/* The innermost frame that can be blamed; NULL: there is none. */
static const struct frame *culprit(const struct stack *stack) {
    for (size_t i = 0; stack && i < stack->native_count; i++) {
        const struct frame *frame = &stack->native[i];
        if (frame->module && !frame->shim && !frame->libc)
            return frame;
    }
    return NULL;
}

static bool is_cxx(const char *function) {
    return strncmp(function, "operator ", strlen("operator ")) == 0;
}

/* The part of a runtime that makes foreign calls, when there is one on the stack: that says more than the interpreter under it. */
static const struct frame *bridge(const struct stack *stack, const struct frame *otherwise) {
    for (size_t i = 0; i < stack->native_count; i++) {
        size_t row = runtime_row(&stack->native[i]);
        if (row < RUNTIMES && runtimes[row].runtime)
            return &stack->native[i];
    }
    return otherwise;
}

/* A runtime stands innermost. It called libc for managed code: then the frame just inside of it names the function (strdup), or
 * else the interception does. Or nothing was called, and it is the runtime's own doing: a crash, a block of the interpreter. */
static void blame_runtime(struct finding *finding, const struct stack *stack, const struct frame *runtime) {
    const struct frame *inner = runtime > stack->native ? runtime - 1 : NULL;
    /* What was called when an overflow was noticed has no part in it. */
    const char *called = finding->rule == FFISAN_RULE_HEAP_OVERFLOW ? "" : finding->facts.called;
    bool own_doing = !called[0] && (runtime->interpreter || finding->rule != FFISAN_RULE_LEAK);
    if (inner && inner->libc && inner->function) {
        finding->library = inner->module;
        finding->function = inner->function;
    } else if (own_doing) {
        const struct frame *frame = bridge(stack, runtime);
        finding->library = frame->module;
        finding->function = frame->function;
    } else {
        finding->library = is_cxx(called) ? "libstdc++.so.6" : "libc.so.6";
        finding->function = called[0] ? called : NULL;
    }
}

/* Where the defect was made: for a block that was lost or overrun, where it came from. */
static const struct stack *stack_to_blame(const struct finding *finding) {
    /* The thread that ended is nobody's code any more; who attached it is to blame. */
    bool by_attachment = finding->rule == FFISAN_RULE_THREAD_STATE_LEAK && finding_stack(finding, FFISAN_ROLE_LENT);
    if (by_attachment)
        return finding_stack(finding, FFISAN_ROLE_LENT);
    bool by_origin = finding->rule == FFISAN_RULE_LEAK || finding->rule == FFISAN_RULE_HEAP_OVERFLOW;
    const struct stack *stack = finding_stack(finding, by_origin ? FFISAN_ROLE_ALLOCATED : FFISAN_ROLE_DETECTED);
    return stack || by_origin || finding->stack_count == 0 ? stack : &finding->stacks[0];
}

static void name_argument(struct finding *finding) {
    static const char *const releases[] = {"free", "cfree", "realloc", "reallocarray", "operator delete", "operator delete[]"};
    const char *called = finding->facts.called;
    if (!finding->function || strcmp(finding->function, called) != 0)
        return;
    for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
        size_t length = strlen(releases[i]);
        if (strncmp(called, releases[i], length) == 0 && (called[length] == 0 || called[length] == '(')) {
            finding->has_argument = true;
            finding->argument_index = 0;
            finding->argument_name = "ptr";
        }
    }
}

/* A callback that was handed over is a matter of the function that took it, which is where its lifetime is agreed on. */
static void blame_handover(struct finding *finding, const struct stack *detected) {
    const struct handover *lent = &finding->facts.lent;
    const struct frame *caller = callback_caller(finding, detected);
    if (lent->known && lent->function) {
        finding->library = lent->library;
        finding->function = lent->function;
        finding->has_argument = lent->has_argument;
        finding->argument_index = lent->argument;
        finding->argument_name = lent->argument_name;
    } else if (caller) {
        finding->library = caller->module;
        finding->function = caller->function;
    }
}

const char *callback_caller_name(struct pool *pool, const struct finding *finding) {
    const struct stack *stack = finding_stack(finding, FFISAN_ROLE_DETECTED);
    const struct frame *caller = callback_caller(finding, stack);
    if (!caller)
        return NULL;
    if (frame_is_runtime(caller))
        return actor_name(pool, stack, NULL);
    return caller->function ? pool_text(pool, "%s() of %s", caller->function, caller->module) : caller->module;
}

static bool is_about_callback(const struct finding *finding) {
    return finding->rule == FFISAN_RULE_COLLECTED_CALLBACK || finding->rule == FFISAN_RULE_EXCEPTION_IN_CALLBACK;
}

void finding_attribute(struct finding *finding) {
    const struct stack *detected = finding_stack(finding, FFISAN_ROLE_DETECTED);
    const struct stack *stack = stack_to_blame(finding);
    const struct frame *frame = culprit(stack);
    detected = detected ? detected : stack;
    finding->runtime = detected ? stack_runtime(detected) : "native";
    const struct stack *created = finding_stack(finding, FFISAN_ROLE_CREATED);
    if (is_about_callback(finding) && created)
        finding->runtime = stack_runtime(created);
    if (terms_attribute(finding) || subjects_attribute(finding))
        return;
    if (is_about_callback(finding)) {
        blame_handover(finding, detected);
        return;
    }
    if (frame && frame_is_runtime(frame) && finding->facts.call.function) {
        finding->library = finding->facts.call.library;
        finding->function = finding->facts.call.function;
    } else if (frame && frame_is_runtime(frame)) {
        blame_runtime(finding, stack, frame);
    } else if (frame) {
        finding->library = frame->module;
        finding->function = frame->function;
    } else if (finding->facts.owner) {
        finding->library = finding->facts.owner->name;
    }
    name_argument(finding);
}

const char *actor_name(struct pool *pool, const struct stack *stack, const struct module *owner) {
    const struct frame *frame = culprit(stack);
    if (!frame)
        return owner ? owner->name : NULL;
    if (!frame_is_runtime(frame))
        return frame->module;
    const char *runtime = stack_runtime(stack);
    if (strcmp(runtime, "ctypes") == 0 || strcmp(runtime, "cffi") == 0)
        return pool_text(pool, "Python code through %s", runtime);
    return strcmp(runtime, "cpython") == 0 ? "the Python interpreter" : pool_text(pool, "the %s runtime", runtime);
}

const char *role_name(enum ffisan_role role) {
    static const char *const names[FFISAN_ROLES] = {"detected", "allocated", "freed", "lent", "created", "last-used"};
    return role < FFISAN_ROLES ? names[role] : "detected";
}
