/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions by the names of CPython's, in a library of their own: an interpreter as far as guards are concerned. A state is a number.
 */
#include "fake_api.h"

uintptr_t fake_current[64];
_Thread_local uintptr_t fake_own_current __attribute__((tls_model("initial-exec")));
_Thread_local uintptr_t fake_copy __attribute__((tls_model("initial-exec")));
bool fake_by_thread;

uintptr_t PyThreadState_GetUnchecked(void) {
    return fake_by_thread ? fake_own_current : fake_current[1];
}

static void make_current(uintptr_t state) {
    *(fake_by_thread ? &fake_own_current : &fake_current[1]) = state;
}

int Py_IsInitialized(void) {
    return 1;
}
const char *Py_GetVersion(void) {
    return "3";
}
uintptr_t PyTuple_Size(uintptr_t tuple) {
    return tuple + 1;
}
uintptr_t PyList_Append(uintptr_t list, uintptr_t item) {
    return list * 10 + item;
}
uintptr_t PyMem_RawMalloc(uintptr_t size) {
    return size + 2;
}
uintptr_t PyMem_RawFree(uintptr_t block) {
    return block + 3;
}
uintptr_t PyObject_GenericGetAttr(uintptr_t object, uintptr_t name) {
    return object + name;
}
uintptr_t PyEval_SaveThread(void) {
    uintptr_t state = PyThreadState_GetUnchecked();
    make_current(0);
    return state;
}
void PyEval_RestoreThread(uintptr_t state) {
    make_current(state);
}
uintptr_t PyThreadState_Swap(uintptr_t state) {
    uintptr_t before = PyThreadState_GetUnchecked();
    make_current(state);
    return before;
}
