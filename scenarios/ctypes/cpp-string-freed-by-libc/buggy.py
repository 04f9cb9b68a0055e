# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_library.greeting_banner.restype = ctypes.c_void_p
_library.greeting_banner.argtypes = [ctypes.c_char_p]
_library.greeting_banner_free.restype = None
_library.greeting_banner_free.argtypes = [ctypes.c_void_p]
_libc = ctypes.CDLL(None)
_libc.free.restype = None
_libc.free.argtypes = [ctypes.c_void_p]


def banner(name: str) -> str:
    text = _library.greeting_banner(name.encode())
    try:
        return ctypes.string_at(text).decode()
    finally:
        _libc.free(text)


print(banner("world"))
