# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_library.greeting_new.restype = ctypes.c_void_p
_library.greeting_new.argtypes = [ctypes.c_char_p]
_library.greeting_render.restype = ctypes.c_void_p
_library.greeting_render.argtypes = [ctypes.c_void_p]
_library.greeting_free.restype = None
_library.greeting_free.argtypes = [ctypes.c_void_p]
_library.greeting_string_free.restype = None
_library.greeting_string_free.argtypes = [ctypes.c_void_p]


def read_and_free(text: int) -> str:
    try:
        return ctypes.string_at(text).decode()
    finally:
        _library.greeting_string_free(text)


def greet(name: str) -> str:
    greeting = _library.greeting_new(name.encode())
    try:
        return read_and_free(_library.greeting_render(greeting))
    finally:
        _library.greeting_free(greeting)


def main() -> None:
    print(greet("world"), flush=True)
    try:
        print(greet(""))
    except ValueError as error:
        print(error)


main()
