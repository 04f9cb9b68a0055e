# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_library.greeting_new.restype = ctypes.c_void_p
_library.greeting_name.restype = ctypes.c_char_p


def greet(name: str) -> str:
    greeting = ctypes.c_void_p(_library.greeting_new(name))
    try:
        return "hello, " + _library.greeting_name(greeting).decode()
    finally:
        _library.greeting_free(greeting)


print(greet("world"))
