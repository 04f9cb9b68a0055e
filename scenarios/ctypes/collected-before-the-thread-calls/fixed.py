# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
_library.greeting_listen.restype = None
_library.greeting_listen.argtypes = [_Heard, ctypes.c_void_p]
_library.greeting_announce_later.restype = None
_library.greeting_announce_later.argtypes = [ctypes.c_char_p]
_library.greeting_wait.argtypes = []


def listen() -> None:
    heard = _Heard(lambda _name, _data: 0)
    _library.greeting_listen(heard, None)
    _library.greeting_announce_later(b"world")
    print(_library.greeting_wait())
    _library.greeting_listen(_Heard(), None)
    del heard


listen()
