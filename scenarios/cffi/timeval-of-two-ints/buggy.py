# SPDX-License-Identifier: Apache-2.0
import time

import cffi

ffi = cffi.FFI()
ffi.cdef("""
    struct timeval { int tv_sec; int tv_usec; };
    int gettimeofday(struct timeval *value, void *zone);
""")
libc = ffi.dlopen(None)

room = ffi.new("struct timeval[2]")
libc.gettimeofday(room, ffi.NULL)
print(abs(room[0].tv_sec - time.time()) < 5)
