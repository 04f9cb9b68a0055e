# SPDX-License-Identifier: Apache-2.0
from _binding import ffi, lib

size = 64
paper = lib.notebook_paper(size)
ffi.memmove(paper, b"milk", 4)
print(ffi.buffer(paper, 4)[:].decode())
lib.notebook_paper_free(paper, size)
