/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <unistd.h>

static PyObject *nap(PyObject *self, PyObject *argument) {
    (void)self;
    long milliseconds = PyLong_AsLong(argument);
    if (milliseconds < 0)
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_ValueError, "not backwards");
    usleep((useconds_t)milliseconds * 1000);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"nap", nap, METH_O, "nap(milliseconds)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
