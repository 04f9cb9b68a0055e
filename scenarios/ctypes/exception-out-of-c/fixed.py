# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_library.greeting_banner_in.restype = ctypes.c_void_p
_library.greeting_banner_in.argtypes = [ctypes.c_char_p, ctypes.c_int]
_library.greeting_banner_free.restype = None
_library.greeting_banner_free.argtypes = [ctypes.c_void_p]


def banner(name: str, width: int) -> str:
    encoded = name.encode()
    if len(encoded) > width:
        raise ValueError(f"{name!r} is wider than {width}")
    text = _library.greeting_banner_in(encoded, width)
    try:
        return ctypes.string_at(text).decode()
    finally:
        _library.greeting_banner_free(text)


print(banner("world", 10), flush=True)
try:
    print(banner("everybody in the world", 10))
except ValueError as error:
    print(error)
