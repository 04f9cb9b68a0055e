# SPDX-License-Identifier: Apache-2.0
import os

import cffi

ffi = cffi.FFI()
ffi.cdef("int greeting_repeat(const char *name, int times, char *out, size_t size);")
library = ffi.dlopen(os.environ["GREETING_LIBRARY"])


def cheer(name, times):
    out = ffi.new("char[]", 4096)
    library.greeting_repeat(name.encode(), times, out, len(out))
    return ffi.string(out).decode()


print(cheer("world", 3))
