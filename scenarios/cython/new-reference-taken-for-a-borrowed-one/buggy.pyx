# SPDX-License-Identifier: Apache-2.0
from cpython.ref cimport PyObject

cdef extern from "Python.h":
    PyObject *PyObject_GetAttrString(object thing, const char *name) except NULL


def greet(guest):
    name = <object>PyObject_GetAttrString(guest, "name")
    return f"hello, {name}"
