/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *greet(PyObject *self, PyObject *arguments) {
    (void)self;
    PyObject *guest, *say;
    if (!PyArg_ParseTuple(arguments, "OO", &guest, &say))
        return NULL;
    PyObject *name = PyObject_GetAttrString(guest, "name");
    if (name == NULL) {
        PyErr_Clear();
        name = PyUnicode_FromString("stranger");
    }
    PyObject *result = name != NULL ? PyObject_CallFunctionObjArgs(say, name, NULL) : NULL;
    Py_XDECREF(name);
    return result;
}

static PyMethodDef methods[] = {
    {"greet", greet, METH_VARARGS, "greet(guest, say): says it, and takes guests without a name"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
