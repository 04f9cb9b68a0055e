/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *repeat(PyObject *self, PyObject *arguments) {
    const char *text;
    Py_ssize_t length, count;
    (void)self;
    if (!PyArg_ParseTuple(arguments, "s#n", &text, &length, &count))
        return NULL;
    char *out = malloc((size_t)(length * count));
    if (out == NULL)
        return PyErr_NoMemory();
    out[0] = '\0';
    char *end = out;
    for (Py_ssize_t i = 0; i < count; i++)
        end = stpcpy(end, text);
    PyObject *result = PyUnicode_FromString(out);
    free(out);
    return result;
}

static PyMethodDef methods[] = {
    {"repeat", repeat, METH_VARARGS, "repeat(text, count)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
