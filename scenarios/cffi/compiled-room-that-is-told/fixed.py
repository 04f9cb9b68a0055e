# SPDX-License-Identifier: Apache-2.0
from _binding import ffi, lib


def pack(text):
    room = ffi.new("unsigned char[]", 600)
    size = ffi.new("unsigned long *", len(room))
    if lib.compress(room, size, text, len(text)) != 0:
        return None
    return bytes(ffi.buffer(room, size[0]))


print(len(pack(b"a" * 900)))
