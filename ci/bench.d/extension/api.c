/* SPDX-License-Identifier: Apache-2.0
 *
 * What one call of CPython's API by an extension takes, in ns of CPU time, side by side: by a slot of the PLT, which the shim leads to its
 * guard, and by a stub of the same shape whose slot is this file's own affair. Best of a few loops each.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <time.h>

#define LOOPS 15

/* A relocated word in a table, which no plan patches. */
static Py_ssize_t (*volatile slot)(PyObject *) __attribute__((used)) = PyTuple_Size;
Py_ssize_t by_own_stub(PyObject *tuple);
__asm__(".text\n.p2align 4\nby_own_stub: endbr64\n jmp *slot(%rip)\n");

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

#define LOOP(call)                                                                                                               \
    static double loop_##call(PyObject *tuple, long calls) {                                                                     \
        double start = now();                                                                                                    \
        for (long i = 0; i < calls; i++)                                                                                         \
            call(tuple);                                                                                                         \
        return (now() - start) / (double)calls;                                                                                  \
    }
LOOP(PyTuple_Size)
LOOP(by_own_stub)

static PyObject *measure(PyObject *self, PyObject *number) {
    (void)self;
    long calls = PyLong_AsLong(number) / LOOPS;
    double ours = 1e9, plain = 1e9;
    PyObject *tuple = PyTuple_New(0);
    for (int i = 0; i < LOOPS; i++) {
        double taken = loop_PyTuple_Size(tuple, calls);
        ours = taken < ours ? taken : ours;
        taken = loop_by_own_stub(tuple, calls);
        plain = taken < plain ? taken : plain;
    }
    Py_DECREF(tuple);
    return Py_BuildValue("dd", ours, plain);
}

static PyMethodDef methods[] = {{"measure", measure, METH_O, "measure(calls) -> ns by the PLT, ns by a stub of its own"},
                                {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "api", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_api(void) {
    return PyModule_Create(&definition);
}
