# SPDX-License-Identifier: Apache-2.0
import ctypes
import ctypes.util

import numpy as np

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
_sqlite.sqlite3_finalize.argtypes = [ctypes.c_void_p]
_sqlite.sqlite3_close.argtypes = [ctypes.c_void_p]


def bind(statement: ctypes.c_void_p, column: np.ndarray) -> np.ndarray:
    column = np.ascontiguousarray(column)
    _sqlite.sqlite3_bind_blob(statement, 1, column.ctypes.data, column.nbytes, _STATIC)
    return column


database = ctypes.c_void_p()
statement = ctypes.c_void_p()
_sqlite.sqlite3_open(b":memory:", ctypes.byref(database))
_sqlite.sqlite3_prepare_v2(database, b"select length(?)", -1, ctypes.byref(statement), None)
table = np.arange(6000.0).reshape(2000, 3)
column = bind(statement, table[:, 1])
print(_sqlite.sqlite3_step(statement), "is SQLITE_ROW")
_sqlite.sqlite3_finalize(statement)
_sqlite.sqlite3_close(database)
