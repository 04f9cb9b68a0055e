# SPDX-License-Identifier: Apache-2.0
import cffi

ffi = cffi.FFI()
ffi.cdef("void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));")
libc = ffi.dlopen(None)


def order(left: str, right: str) -> int:
    if len(left) == len(right):
        raise ValueError("two names of one length")
    return len(left) - len(right)


@ffi.callback("int(const void *, const void *)", onerror=lambda *_exception: 0)
def by_length(left, right):
    return order(*(ffi.string(ffi.cast("char **", entry)[0]).decode() for entry in (left, right)))


names = [ffi.new("char []", name) for name in (b"Grace", b"Ada", b"Alan", b"Joan")]
table = ffi.new("char *[]", names)
libc.qsort(table, len(names), ffi.sizeof("char *"), by_length)
print("shortest:", ffi.string(table[0]).decode())
