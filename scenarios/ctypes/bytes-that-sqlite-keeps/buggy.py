# SPDX-License-Identifier: Apache-2.0
import ctypes
import ctypes.util

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
_sqlite.sqlite3_bind_blob.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
_sqlite.sqlite3_step.argtypes = [ctypes.c_void_p]
_sqlite.sqlite3_column_bytes.argtypes = [ctypes.c_void_p, ctypes.c_int]
_sqlite.sqlite3_finalize.argtypes = [ctypes.c_void_p]
_sqlite.sqlite3_close.argtypes = [ctypes.c_void_p]


class Statement:
    def __init__(self, database: ctypes.c_void_p, sql: str) -> None:
        self.handle = ctypes.c_void_p()
        _sqlite.sqlite3_prepare_v2(database, sql.encode(), -1, ctypes.byref(self.handle), None)

    def bind(self, index: int, text: str) -> None:
        data = text.encode()
        _sqlite.sqlite3_bind_blob(self.handle, index, data, len(data), _STATIC)

    def step(self) -> int:
        return int(_sqlite.sqlite3_step(self.handle))


database = ctypes.c_void_p()
_sqlite.sqlite3_open(b":memory:", ctypes.byref(database))
statement = Statement(database, "select length(?)")
statement.bind(1, "a name that is encoded here")
print(statement.step(), "is SQLITE_ROW")
_sqlite.sqlite3_finalize(statement.handle)
_sqlite.sqlite3_close(database)
