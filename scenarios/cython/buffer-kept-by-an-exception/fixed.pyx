# SPDX-License-Identifier: Apache-2.0
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer


def checksum(data):
    cdef Py_buffer view
    cdef unsigned long total = 0
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        if view.len < 4:
            raise ValueError("four bytes are the least")
        for i in range(view.len):
            total = total * 31 + (<unsigned char *>view.buf)[i]
    finally:
        PyBuffer_Release(&view)
    return total & 0xffffffff
