# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_library.greeting_new.restype = ctypes.c_void_p
_library.greeting_new.argtypes = [ctypes.c_char_p]
_library.greeting_render.restype = ctypes.c_char_p
_library.greeting_render.argtypes = [ctypes.c_void_p]
_library.greeting_free.restype = None
_library.greeting_free.argtypes = [ctypes.c_void_p]


def greet(name: str) -> str:
    greeting = _library.greeting_new(name.encode())
    try:
        return _library.greeting_render(greeting).decode()
    finally:
        _library.greeting_free(greeting)


for _ in range(8):
    print(greet("world"))
