/* SPDX-License-Identifier: Apache-2.0
 *
 * What one call of CPython's API by an extension takes, in ns of CPU time, side by side: by a slot of the PLT, which the shim leads to its
 * guard, and by a stub of the same shape whose slot is this file's own affair. Best of a few loops each. And functions to be called by
 * methods.py: one that does nothing, one that makes ten calls of the API, one that makes ten objects and drops them.
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

static PyObject *one(PyObject *self, PyObject *object) {
    (void)self;
    Py_INCREF(object); /* Py_NewRef is of 3.10 */
    return object;
}

static PyObject *ten(PyObject *self, PyObject *object) {
    (void)self;
    for (int i = 0; i < 10; i++)
        if (PyObject_IsTrue(object) < 0)
            return NULL;
    Py_RETURN_NONE;
}

static PyObject *drop(PyObject *self, PyObject *object) {
    (void)self;
    (void)object;
    for (int i = 0; i < 10; i++) {
        PyObject *number = PyLong_FromLong(100000 + i);
        if (!number)
            return NULL;
        Py_DECREF(number);
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"measure", measure, METH_O, "measure(calls) -> ns by the PLT, ns by a stub of its own"},
                                {"one", one, METH_O, "its argument"},
                                {"ten", ten, METH_O, "asks ten times whether it is true"},
                                {"drop", drop, METH_O, "makes ten numbers and drops them"},
                                {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "api", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_api(void) {
    return PyModule_Create(&definition);
}
