# SPDX-License-Identifier: Apache-2.0
import cffi

ffi = cffi.FFI()
ffi.cdef("char *getenv(const char *name);")
libc = ffi.dlopen(None)

print("PATH is set" if libc.getenv(b"PATH") != ffi.NULL else "PATH is not set")
