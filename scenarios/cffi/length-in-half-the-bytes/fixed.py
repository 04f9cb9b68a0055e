# SPDX-License-Identifier: Apache-2.0
import cffi

ffi = cffi.FFI()
ffi.cdef("int compress(char *out, unsigned long *size, const char *data, unsigned long length);")
zlib = ffi.dlopen("libz.so.1")


def compressed(data):
    out = ffi.new("char[]", len(data) + 64)
    size = ffi.new("unsigned long *", len(out))
    if zlib.compress(out, size, data, len(data)) != 0:
        raise ValueError("zlib refused")
    return ffi.buffer(out, size[0])[:]


print(len(compressed(b"hello, world; " * 20)))
