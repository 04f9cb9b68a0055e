# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_library.greeting_write.restype = None
_library.greeting_write.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
_library.greeting_string_free.restype = None
_library.greeting_string_free.argtypes = [ctypes.c_void_p]


def greet(name: str) -> str:
    out = ctypes.create_string_buffer(len(name) + 40)
    _library.greeting_write(name.encode(), out)
    return out.value.decode()


print(greet("world"))
