# SPDX-License-Identifier: Apache-2.0
import ctypes
import os


class Loudness:
    """One part of the program knows the function as it is."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._function = library.greeting_loudness
        self._function.restype = ctypes.c_double
        self._function.argtypes = [ctypes.c_double, ctypes.c_double]

    def at(self, distance: float) -> float:
        return self._function(8.0, distance)


def loud_enough(library: ctypes.CDLL) -> bool:
    """Another part has its own idea."""
    function = ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_float, ctypes.c_float)(("greeting_loudness", library))
    return function(8.0, 0.0) > 1


path = os.environ["GREETING_LIBRARY_STRIPPED"]
print(Loudness(ctypes.CDLL(path)).at(4.0))
print("loud enough:", loud_enough(ctypes.CDLL(path)))
