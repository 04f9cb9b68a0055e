# SPDX-License-Identifier: Apache-2.0
cdef extern from "Python.h":
    object PyObject_GetAttrString(object thing, const char *name)


def greet(guest):
    name = PyObject_GetAttrString(guest, "name")
    return f"hello, {name}"
