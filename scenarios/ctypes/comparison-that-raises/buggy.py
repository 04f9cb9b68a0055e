# SPDX-License-Identifier: Apache-2.0
import ctypes

_libc = ctypes.CDLL("libc.so.6")
_Entry = ctypes.c_char_p
_Compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Entry), ctypes.POINTER(_Entry))
_libc.qsort.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, _Compare]
_libc.qsort.restype = None

_WEIGHTS = {b"hello": 2, b"hi": 1}


@_Compare
def by_weight(left, right):
    return _WEIGHTS[left[0]] - _WEIGHTS[right[0]]


words = (_Entry * 3)(b"hello", b"good day", b"hi")
_libc.qsort(words, len(words), ctypes.sizeof(_Entry), by_weight)
print("the same words:", sorted(words) == [b"good day", b"hello", b"hi"])
