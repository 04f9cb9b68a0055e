# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
_library.greeting_listen.restype = None
_library.greeting_listen.argtypes = [_Heard, ctypes.c_void_p]
_library.greeting_announce.argtypes = [ctypes.c_char_p]


def count_letters(name: bytes, _data: int | None) -> int:
    return len(name)


def launch(_name: bytes, _data: int | None) -> int:
    print("the rocket is launched")
    return 1


listener = _Heard(count_letters)
_library.greeting_listen(listener, None)
print(_library.greeting_announce(b"world"))
del listener
button = _Heard(launch)
print(_library.greeting_announce(b"world"))
