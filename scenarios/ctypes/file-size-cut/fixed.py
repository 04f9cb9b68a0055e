# SPDX-License-Identifier: Apache-2.0
import ctypes
import os
import tempfile

_libc = ctypes.CDLL("libc.so.6", use_errno=True)
_libc.lseek.restype = ctypes.c_int64
_libc.lseek.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int]

with tempfile.TemporaryFile() as file:
    file.truncate(5 << 30)
    end = _libc.lseek(file.fileno(), 0, os.SEEK_END)
    print("gigabytes:", end / (1 << 30))
