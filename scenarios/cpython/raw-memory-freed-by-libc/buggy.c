/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *greet(PyObject *self, PyObject *argument) {
    (void)self;
    const char *name = PyUnicode_AsUTF8(argument);
    if (name == NULL)
        return NULL;
    size_t size = strlen(name) + sizeof("hello, ");
    char *text = PyMem_RawMalloc(size);
    if (text == NULL)
        return PyErr_NoMemory();
    snprintf(text, size, "hello, %s", name);
    PyObject *result = PyUnicode_FromString(text);
    free(text);
    return result;
}

static PyMethodDef methods[] = {
    {"greet", greet, METH_O, "greet(name)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
