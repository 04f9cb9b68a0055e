# SPDX-License-Identifier: Apache-2.0
from libc.string cimport strlen

cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8(object text) except NULL


def length(thing):
    text = str(thing)
    return strlen(PyUnicode_AsUTF8(text))
