/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *greet(PyObject *self, PyObject *arguments) {
    const char *name;
    PyObject *punctuation;
    (void)self;
    if (!PyArg_ParseTuple(arguments, "sO", &name, &punctuation))
        return NULL;
    char *copy = strdup(name);
    if (copy == NULL)
        return PyErr_NoMemory();
    if (!PyUnicode_Check(punctuation)) {
        free(copy);
        PyErr_SetString(PyExc_TypeError, "punctuation must be a string");
        return NULL;
    }
    PyObject *result = PyUnicode_FromFormat("hello, %s%U", copy, punctuation);
    free(copy);
    return result;
}

static PyMethodDef methods[] = {
    {"greet", greet, METH_VARARGS, "greet(name, punctuation)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
