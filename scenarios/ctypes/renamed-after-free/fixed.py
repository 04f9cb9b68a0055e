# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_library.greeting_new.restype = ctypes.c_void_p
_library.greeting_new.argtypes = [ctypes.c_char_p]
_library.greeting_name.restype = ctypes.c_char_p
_library.greeting_name.argtypes = [ctypes.c_void_p]
_library.greeting_free.restype = None
_library.greeting_free.argtypes = [ctypes.c_void_p]
_library.greeting_rename.restype = None
_library.greeting_rename.argtypes = [ctypes.c_void_p, ctypes.c_char_p]


def main() -> None:
    greeting = _library.greeting_new(b"world")
    _library.greeting_rename(greeting, b"another world")
    _library.greeting_free(greeting)
    print("done")


main()
