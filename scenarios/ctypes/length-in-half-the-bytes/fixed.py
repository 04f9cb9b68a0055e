# SPDX-License-Identifier: Apache-2.0
import ctypes

_zlib = ctypes.CDLL("libz.so.1")


def compressed(data: bytes) -> bytes:
    out = ctypes.create_string_buffer(len(data) + 64)
    size = ctypes.c_ulong(len(out))
    if _zlib.compress(out, ctypes.byref(size), data, ctypes.c_ulong(len(data))) != 0:
        raise ValueError("zlib refused")
    return out.raw[: size.value]


print(len(compressed(b"hello, world; " * 20)))
