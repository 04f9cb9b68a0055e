/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *total(PyObject *self, PyObject *numbers) {
    (void)self;
    Py_ssize_t count = PySequence_Size(numbers);
    long sum = 0;
    if (count < 0)
        return NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = PySequence_GetItem(numbers, i);
        if (item == NULL)
            return NULL;
        if (!PyLong_Check(item)) {
            PyErr_SetString(PyExc_TypeError, "only numbers can be added");
            return NULL;
        }
        sum += PyLong_AsLong(item);
        Py_DECREF(item);
    }
    return PyLong_FromLong(sum);
}

static PyMethodDef methods[] = {
    {"total", total, METH_O, "total(numbers): their sum"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
