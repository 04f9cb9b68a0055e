# SPDX-License-Identifier: Apache-2.0
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM


def pair(guest):
    cdef tuple result = PyTuple_New(2)
    greeting = "hello"
    name = guest.name
    Py_INCREF(greeting)
    PyTuple_SET_ITEM(result, 0, greeting)
    Py_INCREF(name)
    PyTuple_SET_ITEM(result, 1, name)
    return result
