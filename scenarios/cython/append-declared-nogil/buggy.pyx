# SPDX-License-Identifier: Apache-2.0
from cpython.ref cimport PyObject

cdef extern from "Python.h":
    int PyList_Append(PyObject *list, PyObject *item) nogil


def sums(rows):
    cdef list results = []
    cdef long i, total, limit = len(rows)
    cdef object zero = 1000000
    with nogil:
        total = 0
        for i in range(limit):
            total += i * i
            PyList_Append(<PyObject *>results, <PyObject *>zero)
    return total, results
