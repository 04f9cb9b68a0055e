/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>

static PyObject *listener;

static void *work(void *unused) {
    (void)unused;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *answer = PyObject_CallFunction(listener, "s", "hello");
    Py_XDECREF(answer);
    (void)state;
    PyEval_SaveThread();
    return NULL;
}

static PyObject *announce(PyObject *self, PyObject *argument) {
    (void)self;
    pthread_t thread;
    Py_INCREF(argument);
    listener = argument;
    Py_BEGIN_ALLOW_THREADS
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    Py_CLEAR(listener);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"announce", announce, METH_O, "announce(listener)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
