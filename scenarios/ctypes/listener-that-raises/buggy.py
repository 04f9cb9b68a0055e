# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_greeting = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
_greeting.greeting_listen.argtypes = [_Heard, ctypes.c_void_p]
_greeting.greeting_announce_later.argtypes = [ctypes.c_char_p]

heard = {}


@_Heard
def count(name, _data):
    heard[name] += 1
    return 1


_greeting.greeting_listen(count, None)
_greeting.greeting_announce_later(b"Ada")
_greeting.greeting_wait()
_greeting.greeting_listen(_Heard(), None)
print("done")
