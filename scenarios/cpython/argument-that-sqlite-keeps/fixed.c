/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <sqlite3.h>

static sqlite3 *database;
static sqlite3_stmt *statement;
static PyObject *bound;

static PyObject *bind_name(PyObject *self, PyObject *name) {
    char *bytes;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(name, &bytes, &size) < 0)
        return NULL;
    int status = sqlite3_bind_text(statement, 1, bytes, (int)size, SQLITE_STATIC);
    Py_INCREF(name);
    Py_XSETREF(bound, name);
    return PyLong_FromLong(status);
}

static PyObject *step(PyObject *self, PyObject *unused) {
    return PyLong_FromLong(sqlite3_step(statement));
}

static PyObject *finish(PyObject *self, PyObject *unused) {
    sqlite3_finalize(statement);
    sqlite3_close(database);
    Py_CLEAR(bound);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"bind_name", bind_name, METH_O, NULL},
    {"step", step, METH_NOARGS, NULL},
    {"finish", finish, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "greeting", NULL, -1, methods};

PyMODINIT_FUNC PyInit_greeting(void) {
    sqlite3_open(":memory:", &database);
    sqlite3_prepare_v2(database, "select length(?)", -1, &statement, NULL);
    return PyModule_Create(&module);
}
