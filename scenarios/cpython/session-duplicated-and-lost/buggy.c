/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <openssl/ssl.h>

static SSL_CTX *context;
static SSL *connection;

static void free_session(PyObject *capsule) {
    SSL_SESSION_free(PyCapsule_GetPointer(capsule, "session"));
}

/* What the connection has agreed on, for the next one to go on with. */
static PyObject *session(PyObject *self, PyObject *unused) {
    (void)self, (void)unused;
    SSL_SESSION *session = SSL_get0_session(connection); /* borrowed */
    if (session == NULL)
        Py_RETURN_NONE;
    /* a work-around for old versions of OpenSSL */
    session = SSL_SESSION_dup(session);
    if (session == NULL)
        return PyErr_NoMemory();
    session = SSL_get1_session(connection);
    return PyCapsule_New(session, "session", free_session);
}

static PyObject *start(PyObject *self, PyObject *unused) {
    (void)self, (void)unused;
    context = SSL_CTX_new(TLS_client_method());
    connection = SSL_new(context);
    SSL_SESSION *first = SSL_SESSION_new();
    SSL_set_session(connection, first);
    SSL_SESSION_free(first);
    Py_RETURN_NONE;
}

static PyObject *finish(PyObject *self, PyObject *unused) {
    (void)self, (void)unused;
    SSL_free(connection);
    SSL_CTX_free(context);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"start", start, METH_NOARGS, "start()"},
    {"session", session, METH_NOARGS, "session()"},
    {"finish", finish, METH_NOARGS, "finish()"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "greeting", .m_doc = "Greetings over TLS.", .m_size = -1, .m_methods = methods,
};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
