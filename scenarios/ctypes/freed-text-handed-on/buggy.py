# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
library.greeting_new.restype = ctypes.c_void_p
library.greeting_new.argtypes = [ctypes.c_char_p]
library.greeting_free.restype = None
library.greeting_free.argtypes = [ctypes.c_void_p]
library.greeting_render.restype = ctypes.c_void_p
library.greeting_render.argtypes = [ctypes.c_void_p]
library.greeting_string_free.restype = None
library.greeting_string_free.argtypes = [ctypes.c_void_p]
libc = ctypes.CDLL("libc.so.6")
libc.memchr.restype = ctypes.c_void_p
libc.memchr.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]


def names_world(text: int) -> bool:
    return libc.memchr(text, ord("w"), 0) is None


def main() -> None:
    greeting = library.greeting_new(b"world")
    text = library.greeting_render(greeting)
    library.greeting_string_free(text)
    print(names_world(text))
    library.greeting_free(greeting)


main()
