# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["NOTEBOOK_LIBRARY"])
_library.notebook_open.restype = ctypes.c_void_p
_library.notebook_write.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
_library.notebook_find.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
_library.notebook_find_next.argtypes = [ctypes.c_void_p]
_library.notebook_close.argtypes = [ctypes.c_void_p]

book = _library.notebook_open(b"week")
for line in (b"monday, rain", b"tuesday, sun", b"wednesday, rain"):
    _library.notebook_write(book, line)
weather = b"rain, or so it seems"[:4]
lines = [_library.notebook_find(book, weather)]
lines.append(_library.notebook_find(book, weather))
print("looked", len(lines), "times")
_library.notebook_close(book)
