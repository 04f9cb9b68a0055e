# SPDX-License-Identifier: Apache-2.0
from cpython.ref cimport Py_DECREF, PyObject

cdef extern from "Python.h":
    PyObject *PyList_GetItem(object list, Py_ssize_t index) except NULL


def first(names):
    cdef PyObject *item = PyList_GetItem(names, 0)
    text = f"hello, {<object>item}"
    Py_DECREF(<object>item)
    return text
