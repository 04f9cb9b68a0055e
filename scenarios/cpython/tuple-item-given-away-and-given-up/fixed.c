/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *pair(PyObject *self, PyObject *guest) {
    (void)self;
    PyObject *result = PyTuple_New(2);
    PyObject *hello = result != NULL ? PyUnicode_FromString("hello") : NULL;
    PyObject *name = hello != NULL ? PyObject_GetAttrString(guest, "name") : NULL;
    if (name == NULL) {
        Py_XDECREF(hello);
        Py_XDECREF(result);
        return NULL;
    }
    PyTuple_SetItem(result, 0, hello);
    PyTuple_SetItem(result, 1, name);
    return result;
}
static PyMethodDef methods[] = {
    {"pair", pair, METH_O, "pair(guest): a greeting and the name"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
