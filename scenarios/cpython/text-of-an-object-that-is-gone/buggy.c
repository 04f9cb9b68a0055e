/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

static PyObject *length(PyObject *self, PyObject *thing) {
    (void)self;
    PyObject *text = PyObject_Str(thing);
    const char *bytes = text != NULL ? PyUnicode_AsUTF8(text) : NULL;
    if (bytes == NULL) {
        Py_XDECREF(text);
        return NULL;
    }
    Py_DECREF(text);
    return PyLong_FromSize_t(strlen(bytes));
}

static PyMethodDef methods[] = {
    {"length", length, METH_O, "length(thing): of its text, in bytes"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
