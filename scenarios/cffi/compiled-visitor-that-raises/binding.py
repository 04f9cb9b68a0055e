# SPDX-License-Identifier: Apache-2.0
"""Writes the C source of the module _binding, a walk over words that asks Python (API mode): binding.py OUTPUT"""

import sys

import cffi

ffi = cffi.FFI()
ffi.cdef("""
    int walk(const char *text, void *user);
    extern "Python" int visit(const char *word, int length, void *user);
""")
ffi.set_source(
    "_binding",
    """
    #include <string.h>
    static int visit(const char *word, int length, void *user);
    int walk(const char *text, void *user) {
        int stopped = 0;
        while (*text && !stopped) {
            int length = (int)strcspn(text, " ");
            stopped = visit(text, length, user);
            text += length + (text[length] == ' ');
        }
        return stopped;
    }
    """,
)
ffi.emit_c_code(sys.argv[1])
