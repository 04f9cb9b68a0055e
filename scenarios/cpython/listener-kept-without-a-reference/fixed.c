/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *listener;

static PyObject *listen_to(PyObject *self, PyObject *function) {
    (void)self;
    Py_INCREF(function);
    Py_XSETREF(listener, function);
    Py_RETURN_NONE;
}

static PyObject *tell(PyObject *self, PyObject *text) {
    (void)self;
    if (listener == NULL)
        Py_RETURN_NONE;
    return PyObject_CallFunctionObjArgs(listener, text, NULL);
}

static PyMethodDef methods[] = {
    {"listen", listen_to, METH_O, "listen(function): it will be told"},
    {"tell", tell, METH_O, "tell(text): tells whoever listens"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
