# SPDX-License-Identifier: Apache-2.0
import ctypes

_libc = ctypes.CDLL("libc.so.6")
COMPARE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)


@COMPARE
def by_value(left, right):
    return left - right


numbers = (ctypes.c_int * 5)(5, 1, 4, 2, 3)
_libc.qsort(numbers, ctypes.c_size_t(len(numbers)), ctypes.c_size_t(ctypes.sizeof(ctypes.c_int)), by_value)
print(list(numbers))
