# SPDX-License-Identifier: Apache-2.0
import ctypes
import ctypes.util
import mmap

_sqlite = ctypes.CDLL(ctypes.util.find_library("sqlite3"))
_STATIC = None
_sqlite.sqlite3_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
_sqlite.sqlite3_prepare_v2.argtypes = [
    ctypes.c_void_p,
    ctypes.c_char_p,
    ctypes.c_int,
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.c_void_p,
]
_sqlite.sqlite3_bind_blob.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
_sqlite.sqlite3_step.argtypes = [ctypes.c_void_p]
_sqlite.sqlite3_column_bytes.argtypes = [ctypes.c_void_p, ctypes.c_int]
_sqlite.sqlite3_finalize.argtypes = [ctypes.c_void_p]
_sqlite.sqlite3_close.argtypes = [ctypes.c_void_p]


database = ctypes.c_void_p()
_sqlite.sqlite3_open(b":memory:", ctypes.byref(database))
statement = ctypes.c_void_p()
_sqlite.sqlite3_prepare_v2(database, b"select length(?)", -1, ctypes.byref(statement), None)
pages = mmap.mmap(-1, 8192)
address = ctypes.addressof(ctypes.c_char.from_buffer(pages))
_sqlite.sqlite3_bind_blob(statement, 1, address, len(pages), _STATIC)
print(_sqlite.sqlite3_step(statement), "is SQLITE_ROW")
_sqlite.sqlite3_finalize(statement)
pages.close()
_sqlite.sqlite3_close(database)
