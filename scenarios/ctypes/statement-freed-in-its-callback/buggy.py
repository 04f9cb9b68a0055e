# SPDX-License-Identifier: Apache-2.0
import ctypes
import ctypes.util

_sqlite = ctypes.CDLL(ctypes.util.find_library("sqlite3"))
_libc = ctypes.CDLL("libc.so.6")
_ROW = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_sqlite.sqlite3_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
_sqlite.sqlite3_exec.argtypes = [ctypes.c_void_p, ctypes.c_void_p, _ROW, ctypes.c_void_p, ctypes.c_void_p]
_sqlite.sqlite3_close.argtypes = [ctypes.c_void_p]
_libc.strdup.argtypes = [ctypes.c_char_p]
_libc.strdup.restype = ctypes.c_void_p
_libc.free.argtypes = [ctypes.c_void_p]

script = _libc.strdup(b"select 1; select 2")


@_ROW
def first_row(_data: int | None, _columns: int, _values: int, _names: int) -> int:
    _libc.free(script)
    return 1


database = ctypes.c_void_p()
_sqlite.sqlite3_open(b":memory:", ctypes.byref(database))
print(_sqlite.sqlite3_exec(database, script, first_row, None, None), "is SQLITE_ABORT")
_sqlite.sqlite3_close(database)
