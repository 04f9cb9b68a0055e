# SPDX-License-Identifier: Apache-2.0
from cpython.ref cimport PyObject

def sums(rows):
    cdef list results = []
    cdef long i, total, limit = len(rows)
    cdef object zero = 1000000
    with nogil:
        total = 0
        for i in range(limit):
            total += i * i
            with gil:
                results.append(zero)
    return total, results
