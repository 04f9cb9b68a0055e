# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["NOTEBOOK_LIBRARY"])
_library.notebook_open.restype = ctypes.c_void_p
_library.notebook_open.argtypes = [ctypes.c_char_p]
_library.notebook_close.argtypes = [ctypes.c_void_p]
_library.notebook_lines.argtypes = [ctypes.c_void_p]
_library.notebook_write.argtypes = [ctypes.c_void_p, ctypes.c_char_p]


def main() -> None:
    book = _library.notebook_open(b"monday")
    _library.notebook_write(book, b"milk")
    _library.notebook_lines(book)
    _library.notebook_close(book)
    print("closed")


main()
