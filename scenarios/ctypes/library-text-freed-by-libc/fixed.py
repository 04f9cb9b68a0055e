# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["NOTEBOOK_LIBRARY"])
_library.notebook_open.restype = ctypes.c_void_p
_library.notebook_open.argtypes = [ctypes.c_char_p]
_library.notebook_close.argtypes = [ctypes.c_void_p]
_library.notebook_write.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
_library.notebook_text.restype = ctypes.c_void_p
_library.notebook_text.argtypes = [ctypes.c_void_p]
_library.notebook_text_free.restype = None
_library.notebook_text_free.argtypes = [ctypes.c_void_p]


def main() -> None:
    book = _library.notebook_open(b"monday")
    _library.notebook_write(book, b"milk")
    text = _library.notebook_text(book)
    print(ctypes.string_at(text).decode(), end="")
    _library.notebook_text_free(text)
    _library.notebook_close(book)


main()
