# SPDX-License-Identifier: Apache-2.0
import sys

import cffi

ffi = cffi.FFI()
ffi.set_source("_binding", "#include <zlib.h>", py_limited_api=True)
ffi.cdef("""
    unsigned long compressBound(unsigned long);
    int compress(unsigned char *, unsigned long *, const unsigned char *, unsigned long);
""")

if __name__ == "__main__":
    ffi.emit_c_code(sys.argv[1])
