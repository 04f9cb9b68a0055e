# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_library.greeting_repeat.restype = ctypes.c_int
_library.greeting_repeat.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p]


def cheer(name: str, times: int) -> str:
    out = ctypes.create_string_buffer(4096)
    _library.greeting_repeat(name.encode(), times, out)
    return out.value.decode()


print(cheer("world", 3))
