# SPDX-License-Identifier: Apache-2.0
"""Handles that a program keeps to its end: as Python ints, which is what c_void_p results are, and as an object."""

import ctypes
import os

library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
library.greeting_new.restype = ctypes.c_void_p
library.greeting_name.restype = ctypes.c_char_p


class Person:
    handle = library.greeting_new(b"kept by a class")


handles = [library.greeting_new(f"kept as number {number}".encode()) for number in range(5)]
by_name = {"object": ctypes.c_void_p(library.greeting_new(b"kept as an object"))}
print(library.greeting_name(by_name["object"]), len(handles))
