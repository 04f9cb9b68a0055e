/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *greet(PyObject *self, PyObject *argument) {
    (void)self;
    const char *name = PyUnicode_AsUTF8(argument);
    if (name == NULL)
        return NULL;
    char *copy = strdup(name);
    if (copy == NULL)
        return PyErr_NoMemory();
    copy[0] = (char)Py_TOUPPER(copy[0]);
    PyObject *result = PyUnicode_FromFormat("hello, %s", copy);
    PyMem_Free(copy);
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
