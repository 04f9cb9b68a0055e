# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])


class Style(ctypes.Structure):
    _fields_ = [
        ("width", ctypes.c_int),
        ("fill", ctypes.c_char),
        ("volume", ctypes.c_double),
        ("suffix", ctypes.c_char_p),
    ]


_library.greeting_measure.restype = ctypes.c_size_t
_library.greeting_measure.argtypes = [ctypes.c_char_p, ctypes.POINTER(Style)]

style = Style(width=20, fill=b"*", volume=1.0, suffix=b"!")
print("columns:", _library.greeting_measure(b"world", ctypes.byref(style)))
