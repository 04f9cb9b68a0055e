/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *greet(PyObject *self, PyObject *arguments) {
    (void)self;
    PyObject *names, *comma, *joined, *result;
    if (!PyArg_ParseTuple(arguments, "O", &names))
        return NULL;
    comma = PyUnicode_FromString(", ");
    joined = comma != NULL ? PyUnicode_Join(comma, names) : NULL;
    result = joined != NULL ? PyUnicode_FromFormat("hello, %U", joined) : NULL;
    Py_XDECREF(comma);
    Py_XDECREF(joined);
    return result;
}

static PyMethodDef methods[] = {
    {"greet", greet, METH_VARARGS, "greet(names): a greeting for all of them"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
