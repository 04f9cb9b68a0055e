# SPDX-License-Identifier: Apache-2.0
import ctypes

_libc = ctypes.CDLL("libc.so.6")


def setting(name: str) -> str:
    value = ctypes.c_char_p(_libc.getenv(name.encode())).value
    return "" if value is None else value.decode()


print(len(setting("PATH")) > 0)
