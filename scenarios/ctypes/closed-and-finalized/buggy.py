# SPDX-License-Identifier: Apache-2.0
import ctypes
import os

_library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
_library.greeting_new.restype = ctypes.c_void_p
_library.greeting_new.argtypes = [ctypes.c_char_p]
_library.greeting_name.restype = ctypes.c_char_p
_library.greeting_name.argtypes = [ctypes.c_void_p]
_library.greeting_free.restype = None
_library.greeting_free.argtypes = [ctypes.c_void_p]


class Greeting:
    def __init__(self, name: str) -> None:
        self._handle = _library.greeting_new(name.encode())

    @property
    def name(self) -> str:
        return _library.greeting_name(self._handle).decode()

    def close(self) -> None:
        _library.greeting_free(self._handle)

    def __enter__(self) -> "Greeting":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def main() -> None:
    with Greeting("world") as greeting:
        print(greeting.name)


main()
