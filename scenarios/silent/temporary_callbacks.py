# SPDX-License-Identifier: Apache-2.0
"""Callbacks that live for one call and are never called again: more of them than are kept."""

import ctypes
import gc

_libc = ctypes.CDLL(None)
_Compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
_libc.qsort.restype = None
_libc.qsort.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, _Compare]


def sort(numbers: list[int]) -> list[int]:
    array = (ctypes.c_int * len(numbers))(*numbers)
    _libc.qsort(array, len(numbers), ctypes.sizeof(ctypes.c_int), _Compare(lambda a, b: a[0] - b[0]))
    return list(array)


assert all(sort([3, 1, i, 2]) == [1, 2, 3, i] for i in range(3, 20_000))
gc.collect()
print(sort([2, 1]))
