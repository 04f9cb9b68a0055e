# SPDX-License-Identifier: Apache-2.0
"""Writes the C source of the module _binding."""

import sys

import cffi

ffi = cffi.FFI()
ffi.cdef("""
    void *notebook_paper(size_t size);
    void notebook_paper_free(void *paper, size_t size);
""")
ffi.set_source("_binding", '#include "notebook.h"')
ffi.emit_c_code(sys.argv[1])
