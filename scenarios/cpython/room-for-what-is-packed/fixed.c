/* SPDX-License-Identifier: Apache-2.0 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <zlib.h>

static PyObject *unpack(PyObject *self, PyObject *args) {
    const char *packed;
    Py_ssize_t size;
    unsigned long length;
    if (!PyArg_ParseTuple(args, "y#k", &packed, &size, &length))
        return NULL;
    unsigned char *room = PyMem_RawMalloc(length);
    int status = room ? uncompress(room, &length, (const unsigned char *)packed, (unsigned long)size) : Z_MEM_ERROR;
    PyObject *text = status == Z_OK ? PyBytes_FromStringAndSize((char *)room, (Py_ssize_t)length) : PyErr_NoMemory();
    PyMem_RawFree(room);
    return text;
}

static PyMethodDef methods[] = {
    {"unpack", unpack, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "greeting", NULL, -1, methods};

PyMODINIT_FUNC PyInit_greeting(void) {
    return PyModule_Create(&module);
}
