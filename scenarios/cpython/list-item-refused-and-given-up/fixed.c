/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *place(PyObject *self, PyObject *arguments) {
    (void)self;
    PyObject *names, *name;
    Py_ssize_t index;
    if (!PyArg_ParseTuple(arguments, "O!nO", &PyList_Type, &names, &index, &name))
        return NULL;
    Py_INCREF(name);
    if (PyList_SetItem(names, index, name) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"place", place, METH_VARARGS, "place(names, index, name)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
