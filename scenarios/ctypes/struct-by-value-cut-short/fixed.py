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


_library.greeting_style_default.restype = Style

style = _library.greeting_style_default()
print(style.width, style.fill.decode())
