# SPDX-License-Identifier: Apache-2.0
import os

import cffi

ffi = cffi.FFI()
ffi.cdef("""
    struct greeting_style {
        char fill;
        int width;
        double volume;
        const char *suffix;
    };
    size_t greeting_measure(const char *name, const struct greeting_style *style);
""")
library = ffi.dlopen(os.environ["GREETING_LIBRARY"])

style = ffi.new("struct greeting_style *", {"width": 20, "fill": b"*", "volume": 1.0})
print("columns:", library.greeting_measure(b"world", style))
