/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *name_length(PyObject *self, PyObject *person) {
    (void)self;
    PyObject *name = PyDict_GetItemString(person, "name");
    return PyLong_FromSsize_t(PyObject_Length(name) + (Py_TYPE(name) == &PyUnicode_Type ? 0 : 1));
}

static PyMethodDef methods[] = {
    {"name_length", name_length, METH_O, "name_length(person)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
