# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["NOTEBOOK_LIBRARY"])
_library.notebook_open.restype = ctypes.c_void_p
_library.notebook_open.argtypes = [ctypes.c_char_p]
_library.notebook_close.argtypes = [ctypes.c_void_p]
_library.notebook_write.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
_library.notebook_text.restype = ctypes.c_char_p
_library.notebook_text.argtypes = [ctypes.c_void_p]


def shown(book: int) -> str:
    return _library.notebook_text(book).decode()


def main() -> None:
    book = _library.notebook_open(b"monday")
    for line in (b"milk", b"bread", b"tea", b"salt"):
        _library.notebook_write(book, line)
        print(len(shown(book)))
    _library.notebook_close(book)


main()
