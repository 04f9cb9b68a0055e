/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <signal.h>

/* Nothing may come in between while a letter is sent. */
static PyObject *send(PyObject *self, PyObject *argument) {
    (void)self;
    sigset_t calm, before;
    sigemptyset(&calm);
    sigaddset(&calm, SIGUSR1);
    sigaddset(&calm, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &calm, &before);
    Py_ssize_t length = PyUnicode_GetLength(argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return length < 0 ? NULL : PyLong_FromSsize_t(length);
}

static PyMethodDef methods[] = {
    {"send", send, METH_O, "send(letter)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
