# SPDX-License-Identifier: Apache-2.0
import ctypes
import gc
import os
from collections.abc import Callable

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)


class _Listener(ctypes.Structure):
    _fields_ = (("heard", _Heard), ("data", ctypes.c_void_p))


_library.greeting_listener_new.restype = ctypes.POINTER(_Listener)
_library.greeting_listener_new.argtypes = []
_library.greeting_listener_free.restype = None
_library.greeting_listener_free.argtypes = [ctypes.c_void_p]
_library.greeting_announce.argtypes = [ctypes.c_char_p]
_kept = {}


def subscribe(heard: Callable[[bytes, int | None], int]) -> int:
    """The address of a new listener, for unsubscribe."""
    listener = _library.greeting_listener_new()
    callback = _Heard(heard)
    listener.contents.heard = callback
    _kept[ctypes.addressof(listener.contents)] = callback
    return ctypes.addressof(listener.contents)


def unsubscribe(address: int) -> None:
    _library.greeting_listener_free(address)
    del _kept[address]


listener = subscribe(lambda _name, _data: 0)
gc.collect()
print(_library.greeting_announce(b"world"))
unsubscribe(listener)
