/* SPDX-License-Identifier: Apache-2.0
 *
 * Callbacks as a binding makes them: closures of libffi, which take any arguments and answer 0.
 */
#ifndef FFISAN_CONTRACTS_TESTS_CLOSURES_H
#define FFISAN_CONTRACTS_TESTS_CLOSURES_H

#include <ffi.h>

struct closure {
    ffi_cif cif;
    ffi_type *types[8];
    ffi_closure *closure;
    void *code;
};

static void closure_answer(ffi_cif *cif, void *result, void **arguments, void *data) {
    (void)arguments;
    (void)data;
    if (cif->rtype != &ffi_type_void)
        *(ffi_arg *)result = 0;
}

/* The code of one with `count` pointers or integers for arguments. */
static inline void *closure_make(struct closure *made, ffi_type *result, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        made->types[i] = &ffi_type_pointer;
    made->closure = ffi_closure_alloc(sizeof(ffi_closure), &made->code);
    ffi_prep_cif(&made->cif, FFI_DEFAULT_ABI, count, result, made->types);
    ffi_prep_closure_loc(made->closure, &made->cif, closure_answer, NULL, made->code);
    return made->code;
}

static inline void closure_drop(struct closure *made) {
    ffi_closure_free(made->closure);
}

#endif
