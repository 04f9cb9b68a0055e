/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *first(PyObject *self, PyObject *names) {
    (void)self;
    PyObject *name = PyList_GetItem(names, 0);
    if (name == NULL)
        return NULL;
    PyObject *result = PyUnicode_FromFormat("hello, %S", name);
    return result;
}

static PyMethodDef methods[] = {
    {"first", first, METH_O, "first(names): a greeting for the first of them"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
