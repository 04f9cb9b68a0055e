/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>

static void *announce(void *listener) {
    PyObject *text = PyUnicode_FromString("hello");
    PyObject *result = PyObject_CallFunctionObjArgs(listener, text, NULL);
    Py_XDECREF(result);
    Py_XDECREF(text);
    return NULL;
}

static PyObject *listen_to(PyObject *self, PyObject *function) {
    (void)self;
    pthread_t thread;
    int failed;
    Py_BEGIN_ALLOW_THREADS
    failed = pthread_create(&thread, NULL, announce, function);
    if (!failed)
        pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    if (failed)
        return PyErr_SetFromErrno(PyExc_OSError);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"listen", listen_to, METH_O, "listen(function): calls it from a thread"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
