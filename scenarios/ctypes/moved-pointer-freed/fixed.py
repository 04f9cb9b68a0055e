# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_library.greeting_new.restype = ctypes.c_void_p
_library.greeting_new.argtypes = [ctypes.c_char_p]
_library.greeting_render.restype = ctypes.c_void_p
_library.greeting_render.argtypes = [ctypes.c_void_p]
_library.greeting_string_free.restype = None
_library.greeting_string_free.argtypes = [ctypes.c_void_p]
_library.greeting_free.restype = None
_library.greeting_free.argtypes = [ctypes.c_void_p]


def salutation(name: str) -> str:
    """What follows "hello, " in the rendered text."""
    greeting = _library.greeting_new(name.encode())
    text = _library.greeting_render(greeting)
    result = ctypes.string_at(text + len("hello, ")).decode()
    _library.greeting_string_free(text)
    _library.greeting_free(greeting)
    return result


print(salutation("world"))
