# SPDX-License-Identifier: Apache-2.0
cdef extern from "Python.h":
    long PyLong_AsLong(object number)


cdef class Hall:
    cdef object size

    def __init__(self, size):
        self.size = size

    @property
    def is_large(self):
        return PyLong_AsLong(self.size) > 100
