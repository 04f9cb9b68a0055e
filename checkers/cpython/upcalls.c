/* SPDX-License-Identifier: Apache-2.0
 *
 * The Python function behind a callback, by what its binding gave libffi as user data. Asked with or without the GIL, so all is read
 * through peek; a callback that lives keeps its function alive.
 *
 *   ctypes   a CThunkObject (Modules/_ctypes/ctypes.h, the same from 3.8 to 3.13)
 *   cffi     a tuple: ctype, function, error value, onerror (c/_cffi_backend.c, prepare_callback_info_tuple)
 */
#include <string.h>

#include "core/peek.h"
#include "cpython/callables.h"

#define THUNK_CALLABLE 88u
#define INFO_SIZE      4u
#define INFO_FUNCTION  1u

static bool word_at(uintptr_t address, uintptr_t *word_there) {
    return address && address % sizeof *word_there == 0 && peek(word_there, address, sizeof *word_there);
}

static bool is_thunk(uintptr_t type) {
    uintptr_t name;
    char text[32];
    return word_at(type + TYPE_NAME, &name) && peek_text(text, name, sizeof text) &&
           (strcmp(text, "_ctypes.CThunkObject") == 0 || strcmp(text, "CThunkObject") == 0);
}

static bool is_info(uintptr_t object, uintptr_t type) {
    uintptr_t flags, size;
    return word_at(type + TYPE_FLAGS, &flags) && flags & TYPE_IS_TUPLE && word_at(object + TUPLE_SIZE, &size) &&
           size == INFO_SIZE;
}

static uintptr_t callable_of(uint32_t binding, uintptr_t data) {
    uintptr_t type, callable = 0;
    if (!word_at(data + OBJECT_TYPE, &type))
        return 0;
    if (binding == FFISAN_BINDING_CTYPES && is_thunk(type))
        return word_at(data + THUNK_CALLABLE, &callable) ? callable : 0;
    if (binding == FFISAN_BINDING_CFFI && is_info(data, type))
        return word_at(data + TUPLE_ITEMS + INFO_FUNCTION * sizeof data, &callable) ? callable : 0;
    return 0;
}

/* Of a function, or of the method that it is; anything else has none, or hides it. */
static uintptr_t code_of(uintptr_t callable) {
    uintptr_t type, code;
    if (!word_at(callable + OBJECT_TYPE, &type))
        return 0;
    if (type == python.method_type &&
        (!word_at(callable + METHOD_FUNCTION, &callable) || !word_at(callable + OBJECT_TYPE, &type)))
        return 0;
    return type == python.function_type && type && word_at(callable + cpython.layout->function_code, &code) ? code : 0;
}

/* Where the function begins: an instruction that comes before all others. */
static struct managed_place beginning_of(uintptr_t code) {
    return (struct managed_place){code, cpython.layout->frame_lasti != NOWHERE ? UINT32_MAX : code};
}

uint32_t upcall_line(uint32_t binding, uintptr_t data) {
    uintptr_t callable = cpython.layout ? callable_of(binding, data) : 0, code = callable ? code_of(callable) : 0;
    return code && managed_places.line ? managed_places.line(beginning_of(code)) : 0;
}
