/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <fenv.h>

/* Never less than what it really costs. */
static PyObject *price(PyObject *self, PyObject *argument) {
    (void)self;
    double one = PyFloat_AsDouble(argument);
    if (one == -1.0 && PyErr_Occurred())
        return NULL;
    int before = fegetround();
    fesetround(FE_UPWARD);
    volatile double three = one * 3;
    fesetround(before);
    return PyFloat_FromDouble(three);
}

static PyMethodDef methods[] = {
    {"price", price, METH_O, "price(one)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
