/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FFISAN_CPYTHON_TESTS_FAKE_API_H
#define FFISAN_CPYTHON_TESTS_FAKE_API_H

#include <stdbool.h>
#include <stdint.h>

extern uintptr_t fake_current[64]; /* _PyRuntime: the second word says which state is current, */
extern bool fake_by_thread;        /* or else this thread-local does */
extern _Thread_local uintptr_t fake_own_current __attribute__((tls_model("initial-exec")));
extern _Thread_local uintptr_t fake_copy __attribute__((tls_model("initial-exec"))); /* some other thread-local */

uintptr_t PyThreadState_GetUnchecked(void);
int Py_IsInitialized(void);
const char *Py_GetVersion(void);
uintptr_t PyTuple_Size(uintptr_t tuple);
uintptr_t PyList_Append(uintptr_t list, uintptr_t item);
uintptr_t PyMem_RawMalloc(uintptr_t size); /* may be called without the GIL, and somebody listens */
uintptr_t PyMem_RawFree(uintptr_t block);  /* likewise, and nobody does */
uintptr_t PyObject_GenericGetAttr(uintptr_t object, uintptr_t name);
uintptr_t PyEval_SaveThread(void);
void PyEval_RestoreThread(uintptr_t state);
uintptr_t PyThreadState_Swap(uintptr_t state);

#endif
