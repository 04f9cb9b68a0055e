/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "notebook.h"

static PyObject *greet(PyObject *self, PyObject *argument) {
    (void)self;
    const char *name = PyUnicode_AsUTF8(argument);
    notebook *book = name != NULL ? notebook_open(name) : NULL;
    if (book == NULL)
        return name != NULL ? PyErr_NoMemory() : NULL;
    const char *title = notebook_title(book);
    PyObject *result = PyUnicode_FromFormat("hello, %s", title);
    free((char *)title);
    notebook_close(book);
    return result;
}

static PyMethodDef methods[] = {
    {"greet", greet, METH_O, "greet(name)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
