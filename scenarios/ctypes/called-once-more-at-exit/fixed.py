# SPDX-License-Identifier: Apache-2.0
import atexit
import ctypes
import os

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
_library.greeting_listen.restype = None
_library.greeting_listen.argtypes = [_Heard, ctypes.c_void_p]
_library.greeting_announce.argtypes = [ctypes.c_char_p]
_library.greeting_announce_at_exit.restype = None
_library.greeting_announce_at_exit.argtypes = []

listener = _Heard(lambda _name, _data: 2)
_library.greeting_listen(listener, None)
_library.greeting_announce_at_exit()
atexit.register(_library.greeting_listen, _Heard(), None)
print(_library.greeting_announce(b"world"))
