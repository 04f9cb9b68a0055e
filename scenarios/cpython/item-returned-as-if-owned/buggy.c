/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *lookup(PyObject *self, PyObject *arguments) {
    (void)self;
    PyObject *greetings, *language;
    if (!PyArg_ParseTuple(arguments, "O!U", &PyDict_Type, &greetings, &language))
        return NULL;
    PyObject *found = PyDict_GetItemWithError(greetings, language);
    if (found == NULL) {
        if (!PyErr_Occurred())
            PyErr_SetObject(PyExc_KeyError, language);
        return NULL;
    }
    return found;
}

static PyMethodDef methods[] = {
    {"lookup", lookup, METH_VARARGS, "lookup(greetings, language)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
