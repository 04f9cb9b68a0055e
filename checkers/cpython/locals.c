/* SPDX-License-Identifier: Apache-2.0
 *
 * What frames refer to: their variables, the constants of their code, and the arguments of the call that the calling frame makes.
 *
 * Up to 3.10 a frame is an object, with its variables at f_localsplus up to f_valuestack; the collector visits those that it tracks
 * (generators', tracebacks'), and they are left out here. From 3.11 on it visits no frame that runs, but the one of a suspended generator,
 * or of a generator that has called another function of Python.
 *
 * A frame runs C code while its stack pointer is -1: its variables are then owned. When it has called a function of Python within the same
 * evaluation loop, the stack pointer says what it owns, and the frame inside it is no entry. Any other frame may be one that is just
 * being cleared (3.11, _PyFrame_Clear releases variable after variable and leaves them standing), and says nothing.
 *
 * The value stack of the calling frame owns the arguments, but where it ends is a register of the evaluation loop. A vector that
 * lies in it is the proof; for calls without vectors, the callable and the arguments side by side in it, at an instruction that calls with so many
 * of them. Should those be left over from an earlier call, then whoever really calls has a reference of its own that nobody else has counted, and the
 * sum is right.
 */
#include <string.h>

#include "core/peek.h"
#include "cpython/callables.h"
#include "cpython/looks.h"
#include "cpython/methods.h"

#define THREADS_MOST 256u
#define FRAMES_MOST  10000u /* of one thread */
#define LOCALS_MOST  10000u /* of one frame */
#define STACK_MOST   256u   /* slots of a frame's value stack that are looked through */

static void *(*first_thread)(void *interpreter);
static void *(*next_thread)(void *thread);

void locals_start(void) {
    first_thread = (__typeof__(first_thread))module_symbol(cpython.module, "PyInterpreterState_ThreadHead");
    next_thread = (__typeof__(next_thread))module_symbol(cpython.module, "PyThreadState_Next");
}

static bool word_at(uintptr_t address, uintptr_t *word) {
    return address && address % sizeof *word == 0 && peek(word, address, sizeof *word);
}

static uintptr_t innermost(uintptr_t state) {
    const struct cpython_layout *layout = cpython.layout;
    uintptr_t frame;
    if (!word_at(state + layout->thread_frame, &frame))
        return 0;
    if (layout->cframe_frame != NOWHERE && !word_at(frame + layout->cframe_frame, &frame))
        return 0;
    return frame;
}

static bool is_dummy(uintptr_t frame) {
    uint16_t owner = cpython.layout->frame_owner;
    return owner != NOWHERE && *(const uint8_t *)(frame + owner) == FRAME_OWNED_BY_CSTACK;
}

/* A frame that can be read, dummies too; its size covers what stands in front of the variables. */
static bool is_there(uintptr_t frame) {
    uint8_t head[80];
    return frame % sizeof frame == 0 && frame && peek(head, frame, sizeof head);
}

static uintptr_t code_of(uintptr_t frame) {
    uintptr_t code = word(frame, cpython.layout->frame_code), type;
    return word_at(code + OBJECT_TYPE, &type) && type == cpython.code_type ? code : 0;
}

/* ---- variables ---- */

static int code_int(uintptr_t code, uint16_t offset) {
    return *(const int *)(code + offset);
}

/* Up to 3.10. */
static size_t owned_variables(uintptr_t frame) {
    uintptr_t stack = word(frame, cpython.layout->frame_stack), locals = frame + cpython.layout->frame_locals;
    return stack - locals <= LOCALS_MOST * sizeof stack ? (stack - locals) / sizeof stack : 0;
}

static bool is_tracked(uintptr_t frame) {
    return word(frame - 16, 0) != 0;
}

/* How many words from the first variable on are owned by the frame, and not seen by the collector. `entered`: the frame inside it has an
 * evaluation loop of its own, or it is the innermost. */
static size_t owned(uintptr_t frame, uintptr_t code, bool entered) {
    const struct cpython_layout *layout = cpython.layout;
    if (layout->frame_top == NOWHERE)
        return is_tracked(frame) ? 0 : owned_variables(frame);
    int top = *(const int *)(frame + layout->frame_top), most = code_int(code, layout->code_locals);
    uint8_t kind = *(const uint8_t *)(frame + layout->frame_kind);
    if (top < 0)
        return entered && most >= 0 ? (size_t)most : 0;
    if (entered || kind == FRAME_OWNED_BY_GENERATOR)
        return 0;
    return top <= most + code_int(code, layout->code_stack) ? (size_t)top : 0;
}

static void look_at_variables(struct look *look, uintptr_t frame, uintptr_t code, bool entered) {
    size_t count = owned(frame, code, entered);
    if (count > LOCALS_MOST)
        return;
    const uintptr_t *variables = (const uintptr_t *)(frame + cpython.layout->frame_locals);
    for (size_t i = 0; i < count; i++) {
        if (!variables[i])
            continue;
        look_found(look, variables[i], &(struct holder){code, (uint32_t)i, HOLDER_LOCAL});
        look_into(look, variables[i]);
    }
}

static bool is_entry(uintptr_t frame) {
    const struct cpython_layout *layout = cpython.layout;
    return layout->frame_entry != NOWHERE && *(const uint8_t *)(frame + layout->frame_entry);
}

/* ---- the value stack ---- */

struct stack {
    const uintptr_t *slots;
    size_t count;
};

static struct stack stack_of(uintptr_t frame, uintptr_t code) {
    const struct cpython_layout *layout = cpython.layout;
    int room = code_int(code, layout->code_stack);
    uintptr_t start = layout->frame_stack != NOWHERE
                          ? word(frame, layout->frame_stack)
                          : frame + layout->frame_locals + (size_t)code_int(code, layout->code_locals) * sizeof(uintptr_t);
    if (room <= 0 || room > (int)STACK_MOST)
        return (struct stack){0};
    return (struct stack){(const uintptr_t *)start, (size_t)room};
}

static bool is_one_of(uint8_t opcode, const uint8_t *list, size_t count) {
    for (size_t i = 0; i < count && list[i]; i++)
        if (list[i] == opcode)
            return true;
    return false;
}

/* The code unit that the frame is at. */
static bool instruction(uintptr_t frame, uintptr_t code, uint8_t unit[2]) {
    const struct cpython_layout *layout = cpython.layout;
    uintptr_t at;
    if (layout->frame_lasti != NOWHERE) {
        int lasti = *(const int *)(frame + layout->frame_lasti) * layout->lasti_unit;
        at = lasti < 0 ? 0 : word(code, layout->code_bytes) + BYTES_DATA + (unsigned)lasti;
    } else {
        at = word(frame, layout->frame_instruction);
    }
    return at && peek(unit, at, 2);
}

/* It is a call of what is on the stack, not of a tuple: with how many arguments; -1: it is none. */
static int called_with(const uint8_t unit[2]) {
    const struct cpython_layout *layout = cpython.layout;
    bool calls = unit[0] != layout->call_tuple && (is_one_of(unit[0], layout->calls, sizeof layout->calls) ||
                                                   is_one_of(unit[0], layout->calls_quick, sizeof layout->calls_quick));
    return calls ? unit[1] : -1;
}

static void look_at_slots(struct look *look, const struct stack *stack, size_t first, size_t end) {
    for (size_t i = first; i < end; i++)
        look_found(look, stack->slots[i], &(struct holder){(uintptr_t)&stack->slots[i], UINT32_MAX, HOLDER_STACK});
}

/* Up to 3.10 the caller keeps the arguments of a function of Python on its stack, while that function has its own in its variables. */
static bool is_function_of(uintptr_t object, uintptr_t code) {
    uintptr_t type, of;
    return word_at(object + OBJECT_TYPE, &type) && type == python.function_type &&
           word_at(object + cpython.layout->function_code, &of) && of == code;
}

static bool is_call_of(const struct stack *stack, size_t at, size_t count, uintptr_t code, const uintptr_t *variables) {
    for (size_t i = 0; i < count; i++)
        if (!variables[i] || stack->slots[at + i] != variables[i])
            return false;
    return is_function_of(stack->slots[at - 1], code);
}

static void look_at_caller(struct look *look, uintptr_t frame, uintptr_t code, uintptr_t inner, uintptr_t inner_code) {
    const uintptr_t *variables = (const uintptr_t *)(inner + cpython.layout->frame_locals);
    struct stack stack = stack_of(frame, code);
    uint8_t unit[2];
    int wanted = stack.count && instruction(frame, code, unit) ? called_with(unit) : -1;
    for (size_t more = 0; wanted >= 0 && more < 2; more++) /* with self, and without */
        for (size_t at = 1, count = (size_t)wanted + more; count && at + count <= stack.count; at++)
            if (count <= owned_variables(inner) && is_call_of(&stack, at, count, inner_code, variables)) {
                look_at_slots(look, &stack, at, at + count);
                return;
            }
}

static void look_at_frames(struct look *look, uintptr_t frame) {
    bool entered = true;
    uintptr_t inner = 0, inner_code = 0;
    for (unsigned i = 0; i < FRAMES_MOST && is_there(frame); i++) {
        uintptr_t code = is_dummy(frame) ? 0 : code_of(frame);
        if (code) {
            look_at_variables(look, frame, code, entered);
            look_into(look, word(code, cpython.layout->code_constants));
            if (inner && cpython.layout->frame_stack != NOWHERE)
                look_at_caller(look, frame, code, inner, inner_code);
            entered = is_entry(frame);
        } else {
            entered = true;
        }
        inner = code ? frame : 0;
        inner_code = code;
        frame = word(frame, cpython.layout->frame_previous);
    }
}

/* The PyMethodDef at that place of the object calls this method. */
static bool defines(uintptr_t at, const struct method *method) {
    uintptr_t definition, function;
    return word_at(at, &definition) && word_at(definition + DEFINITION_FUNCTION, &function) && function == method->stub;
}

/* What the call was made with, as it stands on the value stack. */
struct row {
    uintptr_t values[2 * METHOD_ARGUMENTS];
    size_t count;
};

static void add_to_row(struct row *row, uintptr_t value) {
    row->values[row->count++] = value;
}

/* False: there may be more of them than are known. */
static bool make_row(struct row *row, const struct method_call *call) {
    intptr_t position = 0;
    void *key, *value;
    row->count = 0;
    for (uint32_t i = 0; i < call->count; i++)
        add_to_row(row, call->arguments[i]);
    while (call->keywords && python.dict_next((void *)call->keywords, &position, &key, &value)) {
        if (row->count == 2 * METHOD_ARGUMENTS)
            return false;
        add_to_row(row, (uintptr_t)value);
    }
    return call->count < METHOD_ARGUMENTS;
}

/* Whether the object is how this method is called: a function object, a descriptor, a type that makes an object. */
static bool is_callable(uintptr_t object, const struct method_call *call) {
    uintptr_t type;
    if (call->method->kind >= METHOD_SLOT_OBJECT)
        return call->tuple && object && (object == call->self || (word_at(call->self + OBJECT_TYPE, &type) && object == type));
    return defines(object + BUILTIN_METHOD, call->method) || defines(object + DESCR_METHOD, call->method);
}

static bool fits(const struct stack *stack, size_t at, const struct row *row) {
    for (size_t i = 0; i < row->count; i++)
        if (stack->slots[at + i] != row->values[i])
            return false;
    return true;
}

/* The first argument stands at `at`, or would. self, or nothing, may stand between it and the callable. */
static bool is_place(const struct stack *stack, size_t at, const struct method_call *call, bool *with_self) {
    uintptr_t before = stack->slots[at - 1];
    *with_self = at >= 2 && before && before == call->self && is_callable(stack->slots[at - 2], call);
    return *with_self || is_callable(before, call) || (at >= 2 && !before && is_callable(stack->slots[at - 2], call));
}

/* True: there is nothing more to look for. */
static bool look_at_place(struct look *look, const struct stack *stack, size_t at, const struct method_call *call,
                          const struct row *row) {
    bool with_self;
    if (!fits(stack, at, row) || !is_place(stack, at, call, &with_self) || (!row->count && !with_self))
        return false;
    look_at_slots(look, stack, with_self ? at - 1 : at, at + row->count);
    return true;
}

static bool has_vector(const struct method_call *call) {
    return call->vector && !call->tuple;
}

/* Where the vector stands, or the first place that fits. */
static void look_at_arguments(struct look *look, const struct stack *stack, const struct method_call *call, int wanted) {
    struct row row;
    bool whole = make_row(&row, call);
    if (stack->count < row.count || (!whole && !has_vector(call)) || (!has_vector(call) && wanted != (int)row.count))
        return;
    size_t first = 1, last = stack->count - row.count;
    if (has_vector(call)) {
        first = (call->vector - (uintptr_t)stack->slots) / sizeof(uintptr_t);
        if (call->vector <= (uintptr_t)stack->slots || first > last)
            return;
        last = first;
    }
    for (size_t at = first; at <= last && !look_at_place(look, stack, at, call, &row);)
        at++;
}

/* object.name = value: the value, and the object above it. */
static void look_at_setting(struct look *look, const struct stack *stack, const struct method_call *call) {
    for (size_t at = 0; call->count == 1 && at + 1 < stack->count; at++)
        if (stack->slots[at] == call->arguments[0] && stack->slots[at + 1] == call->self) {
            look_at_slots(look, stack, at, at + 2);
            return;
        }
}

static void look_at_call(struct look *look, uintptr_t frame, const struct method_call *call) {
    uintptr_t code = is_there(frame) && !is_dummy(frame) ? code_of(frame) : 0;
    if (!code)
        return;
    struct stack stack = stack_of(frame, code);
    uint8_t unit[2];
    if (!stack.count || !instruction(frame, code, unit))
        return;
    int wanted = called_with(unit);
    if (wanted >= 0)
        look_at_arguments(look, &stack, call, wanted);
    else if (call->method->kind == METHOD_SETTER && is_one_of(unit[0], cpython.layout->sets, sizeof cpython.layout->sets))
        look_at_setting(look, &stack, call);
}

/* Whoever makes the call has them. */
static void look_into_arguments(struct look *look, const struct method_call *call) {
    for (uint32_t i = 0; i < call->count; i++)
        look_into(look, call->arguments[i]);
    if (call->tuple)
        look_into(look, call->tuple);
    if (call->keywords)
        look_into(look, call->keywords);
}

/* ---- */

void locals_look(struct look *look, const struct method_call *call) {
    if (!first_thread || !next_thread)
        return;
    uintptr_t thread = (uintptr_t)first_thread(python.interpreter());
    for (unsigned i = 0; thread && i < THREADS_MOST; i++, thread = (uintptr_t)next_thread((void *)thread))
        look_at_frames(look, innermost(thread));
    if (call)
        look_into_arguments(look, call);
    uintptr_t current = (uintptr_t)cpython.current_thread_state();
    if (call && current)
        look_at_call(look, innermost(current), call);
}

/* ---- names ---- */

void local_name(uintptr_t code, uint32_t index, char *to, size_t size) {
    const struct cpython_layout *layout = cpython.layout;
    to[0] = 0;
    for (unsigned i = 0; i < 3 && layout->code_names[i]; i++) {
        uintptr_t names, count, name;
        if (!word_at(code + layout->code_names[i], &names) || !word_at(names + TUPLE_SIZE, &count))
            return;
        if (index < count) {
            if (word_at(names + TUPLE_ITEMS + index * sizeof name, &name))
                text_ascii(name, to, size);
            return;
        }
        index -= (uint32_t)count;
    }
}
