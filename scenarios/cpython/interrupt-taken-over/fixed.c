/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <signal.h>

static volatile sig_atomic_t stopped;

static void stop(int number) {
    (void)number;
    stopped = 1;
}

/* Counts for as long as nobody interrupts. */
static PyObject *count(PyObject *self, PyObject *argument) {
    (void)self;
    long limit = PyLong_AsLong(argument), counted = 0;
    struct sigaction action = {.sa_handler = stop}, before;
    if (limit == -1 && PyErr_Occurred())
        return NULL;
    sigaction(SIGINT, &action, &before);
    while (counted < limit && !stopped)
        counted++;
    sigaction(SIGINT, &before, NULL);
    return PyLong_FromLong(counted);
}

static PyMethodDef methods[] = {
    {"count", count, METH_O, "count(limit)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
