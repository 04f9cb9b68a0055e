/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static char *current;

static PyObject *set_name(PyObject *self, PyObject *argument) {
    (void)self;
    const char *name = PyUnicode_AsUTF8(argument);
    if (name == NULL)
        return NULL;
    free(current);
    if (name[0] == '\0') {
        PyErr_SetString(PyExc_ValueError, "a greeting needs a name");
        return NULL;
    }
    current = strdup(name);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"set_name", set_name, METH_O, "set_name(name)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
