/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *greet(PyObject *self, PyObject *guest) {
    (void)self;
    PyObject *name = PyObject_GetAttrString(guest, "name");
    if (name == NULL)
        return NULL;
    PyObject *result = PyUnicode_FromFormat("hello, %S", name);
    Py_DECREF(name);
    return result;
}

static PyMethodDef methods[] = {
    {"greet", greet, METH_O, "greet(guest)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
