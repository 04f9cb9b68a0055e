/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *gather(PyObject *self, PyObject *argument) {
    (void)self;
    long count = PyLong_AsLong(argument);
    PyObject *list = count >= 0 ? PyList_New(0) : NULL;
    PyObject *greeting = list != NULL ? PyUnicode_FromString("hello") : NULL;
    if (greeting == NULL)
        return NULL;
    unsigned long sum = 0;
    for (long i = 0; i < count; i++) {
        Py_BEGIN_ALLOW_THREADS
        for (long work = 0; work < 1000; work++)
            sum = sum * 31 + (unsigned long)work;
        Py_END_ALLOW_THREADS
        PyList_Append(list, greeting);
    }
    Py_DECREF(greeting);
    return list;
}

static PyMethodDef methods[] = {
    {"gather", gather, METH_O, "gather(count): so many greetings"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
