# SPDX-License-Identifier: Apache-2.0
from cpython.ref cimport Py_INCREF, Py_XDECREF, PyObject

cdef void *user_data = NULL


def listen(function):
    global user_data
    Py_INCREF(function)
    Py_XDECREF(<PyObject *>user_data)
    user_data = <void *>function


def tell(text):
    if user_data != NULL:
        return (<object>user_data)(text)
