# SPDX-License-Identifier: Apache-2.0
# What same.py uses, as one writes it in Cython.
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.list cimport PyList_GET_ITEM, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF, PyObject
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from libc.stdlib cimport free, malloc

cdef extern from "<pthread.h>" nogil:
    ctypedef unsigned long pthread_t
    int pthread_create(pthread_t *thread, void *attributes, void *(*start)(void *) noexcept nogil, void *argument)
    int pthread_join(pthread_t thread, void **result)


cdef class Box:
    cdef object _value
    cdef object __weakref__
    cdef readonly list history

    def __cinit__(self):
        self.history = []

    def __init__(self, value=None):
        self._value = value

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, new):
        self.history.append(self._value)
        self._value = new
        self._value = new

    def text(self):
        return str(self._value)

    def __iter__(self):
        yield self._value
        yield from self.history

    def __len__(self):
        return len(self.history)

    def __getitem__(self, index):
        return self.history[index]

    def __eq__(self, other):
        return isinstance(other, Box) and self._value == (<Box>other)._value

    def __hash__(self):
        return hash(self._value)


def total(numbers):
    cdef long sum = 0, number
    for number in numbers:
        sum += number
    return sum


def apply(function, *arguments, **named):
    result = function(*arguments, **named)
    arguments = ()
    return result


def pair(first, second):
    cdef tuple result = PyTuple_New(2)
    Py_INCREF(first)
    PyTuple_SET_ITEM(result, 0, first)
    Py_INCREF(second)
    PyTuple_SET_ITEM(result, 1, second)
    return result


def rotate(list items):
    cdef Py_ssize_t i
    cdef object first = items[0]
    for i in range(len(items) - 1):
        items[i] = items[i + 1]
    items[len(items) - 1] = first
    first = None
    return items


def checksum(data):
    cdef Py_buffer view
    cdef const unsigned char[:] bytes_of = data
    cdef unsigned long sum = 0
    for i in range(bytes_of.shape[0]):
        sum += bytes_of[i]
    PyObject_GetBuffer(data, &view, PyBUF_SIMPLE)
    try:
        if view.len < 4:
            raise ValueError("too short")
        with nogil:
            for i in range(view.len):
                sum += (<unsigned char *>view.buf)[i]
    finally:
        PyBuffer_Release(&view)
    return sum


def get(mapping, key, default=None):
    try:
        return mapping[key]
    except KeyError:
        return default
    finally:
        mapping = None


cdef void *announce(void *function) noexcept with gil:
    (<object>function)()
    return NULL


def in_thread(function):
    cdef pthread_t thread
    with nogil:
        pthread_create(&thread, NULL, <void *(*)(void *) noexcept nogil>announce, <void *>function)
        pthread_join(thread, NULL)
        with gil:
            function()


def counter():
    count = 0

    def count_up():
        nonlocal count
        count += 1
        return count

    return count_up


def fails(callback):
    try:
        raise ValueError("as expected")
    except ValueError:
        callback()
        raise
