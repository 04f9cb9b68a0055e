/* SPDX-License-Identifier: Apache-2.0
 *
 * Stacks as they are shown: native frames with names, Python's frames put where the interpreter ran them, and what only explains
 * the interpreter or the shim left out.
 *
 * CPython runs Python functions in its evaluation loop. Up to 3.10 each Python frame has a native frame of the loop; from 3.11 on
 * one native frame of the loop runs several Python frames, and the shim marks those for which the loop was entered anew
 * (`entry`). So a native frame of the loop is replaced by Python frames up to and including the next one with that mark.
 */
#include <fnmatch.h>
#include <string.h>

#include "findings.h"
#include "pool.h"
#include "reader.h"
#include "symbols.h"

struct python_frames {
    struct frame *frames;
    size_t count, next;
};

static bool matches_any(const char *name, const char *const *patterns) {
    for (; *patterns; patterns++)
        if (fnmatch(*patterns, name, 0) == 0)
            return true;
    return false;
}

static bool is_interpreter(const char *module) {
    static const char *const patterns[] = {"libpython[0-9]*", "python", "python[0-9]*", NULL};
    return matches_any(module, patterns);
}

static bool is_libffi(const char *module) {
    static const char *const patterns[] = {"libffi.so*", "libffi-*.so*", NULL};
    return matches_any(module, patterns);
}

static bool is_libc(const char *module) {
    static const char *const patterns[] = {"libc.so*",   "libc-*.so", "libpthread*.so*", "ld-linux*",
                                           "libstdc++*", "libc++*",   "libgcc_s*",       NULL};
    return matches_any(module, patterns);
}

/* What another memory checker puts between the program and libc is as little the program's as the shim is. */
static bool is_checker(const char *module) {
    static const char *const patterns[] = {"libasan.so*", "libclang_rt.asan*", "vgpreload_*", NULL};
    return matches_any(module, patterns);
}

/* _PyEval_EvalFrameDefault and the pieces that compilers cut off it: .cold, .part.0, .constprop.0, ... */
static bool is_evaluation(const char *function) {
    static const char name[] = "_PyEval_EvalFrameDefault";
    size_t length = sizeof(name) - 1;
    return function && strncmp(function, name, length) == 0 && (function[length] == 0 || function[length] == '.');
}

static void frame_classify(struct frame *frame, const struct process *process) {
    if (!frame->module)
        return;
    bool embeds = process->python && strcmp(frame->module, path_name(process->executable)) == 0;
    frame->shim = strncmp(frame->module, "libffisan.so", strlen("libffisan.so")) == 0 || is_checker(frame->module);
    frame->interpreter = is_interpreter(frame->module);
    frame->libffi = is_libffi(frame->module);
    frame->libc = is_libc(frame->module);
    frame->evaluation = !frame->inlined && (frame->interpreter || embeds) && is_evaluation(frame->function);
}

static void native_read(struct stack *stack, const struct workshop *workshop, const struct process *process,
                        const struct ffisan_record_stack *from) {
    for (uint32_t i = 0; i < from->depth; i++) {
        bool is_return_address = i > 0 || !from->first_is_pc;
        uint64_t at = from->frames[i] - (is_return_address && from->frames[i] > 0);
        symbols_frames(workshop->symbols, workshop->pool, process_module_at(process, at, from->generation), from->frames[i],
                       is_return_address, &stack->native, &stack->native_count);
    }
    for (size_t i = 0; i < stack->native_count; i++)
        frame_classify(&stack->native[i], process);
}

static void python_read(struct python_frames *python, struct pool *pool, const struct ffisan_record_python *from) {
    for (uint32_t i = 0; i < from->depth; i++) {
        struct frame *frame = pool_append(pool, &python->frames, &python->count, sizeof(*frame));
        const char *function = record_python_text(from, from->frames[i].function);
        const char *file = record_python_text(from, from->frames[i].file);
        *frame = (struct frame){.python = true,
                                .function = function[0] ? pool_clean(pool, function, POOL_CLEAN_ALL) : NULL,
                                .file = file[0] ? pool_clean(pool, file, POOL_CLEAN_ALL) : NULL,
                                .line = from->frames[i].line,
                                .entry = from->frames[i].entry};
    }
}

static void show(struct stack *stack, struct pool *pool, const struct frame *frame) {
    *(struct frame *)pool_append(pool, &stack->frames, &stack->frame_count, sizeof(*frame)) = *frame;
}

static void show_python(struct stack *stack, struct pool *pool, struct python_frames *python, bool to_the_end) {
    while (python->next < python->count) {
        const struct frame *frame = &python->frames[python->next++];
        show(stack, pool, frame);
        if (frame->entry && !to_the_end)
            break;
    }
}

/* What only explains how a runtime came to a call, or a call to a runtime. */
static bool is_machinery(const struct frame *frame) {
    return frame->shim || frame->interpreter || frame->libffi;
}

static void interleave(struct stack *stack, const struct workshop *workshop, struct python_frames *python) {
    bool some_native = false;
    for (size_t i = 0; i < stack->native_count; i++)
        some_native |= !is_machinery(&stack->native[i]);
    bool keep_all = workshop->verbose || (!some_native && python->count == 0);
    for (size_t i = 0; i < stack->native_count; i++) {
        const struct frame *frame = &stack->native[i];
        bool replaced = frame->evaluation && python->next < python->count;
        if (replaced)
            show_python(stack, workshop->pool, python, false);
        else if (keep_all || !is_machinery(frame))
            show(stack, workshop->pool, frame);
    }
    show_python(stack, workshop->pool, python, true);
}

static struct stack *stack_of_role(struct finding *finding, struct pool *pool, uint32_t role) {
    for (size_t i = 0; i < finding->stack_count; i++)
        if (finding->stacks[i].role == (enum ffisan_role)role)
            return &finding->stacks[i];
    struct stack *stack = pool_append(pool, &finding->stacks, &finding->stack_count, sizeof(*stack));
    stack->role = (enum ffisan_role)role;
    return stack;
}

void stacks_read(struct finding *finding, const struct workshop *workshop, const struct process *process,
                 const struct record *record) {
    struct python_frames python[FFISAN_ROLES] = {0};
    for (struct record_item item = {0}; record_item_next(record, &item);) {
        if (!item.stack && !item.python)
            continue;
        struct stack *stack = stack_of_role(finding, workshop->pool, item.stack ? item.stack->role : item.python->role);
        if (item.stack && stack->native_count == 0) {
            stack->complete = item.stack->complete;
            native_read(stack, workshop, process, item.stack);
        } else if (item.python) {
            python_read(&python[stack->role], workshop->pool, item.python);
        }
    }
    for (size_t i = 0; i < finding->stack_count; i++) {
        struct stack *stack = &finding->stacks[i];
        interleave(stack, workshop, &python[stack->role]);
        if (stack->role == FFISAN_ROLE_DETECTED)
            stack->thread = pool_clean(workshop->pool, record->as.finding->thread, sizeof(record->as.finding->thread));
    }
}
