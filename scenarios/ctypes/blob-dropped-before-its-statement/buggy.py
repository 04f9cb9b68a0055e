# SPDX-License-Identifier: Apache-2.0
import ctypes
import ctypes.util

_sqlite = ctypes.CDLL(ctypes.util.find_library("sqlite3"))
_sqlite.sqlite3_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
_sqlite.sqlite3_close.argtypes = [ctypes.c_void_p]
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


class Insertion:
    def __init__(self, database: ctypes.c_void_p, size: int) -> None:
        self.statement = ctypes.c_void_p()
        _sqlite.sqlite3_prepare_v2(database, b"select length(?)", -1, ctypes.byref(self.statement), None)
        self.page = ctypes.create_string_buffer(size)
        _sqlite.sqlite3_bind_blob(self.statement, 1, self.page, size, None)

    def run(self) -> int:
        return int(_sqlite.sqlite3_step(self.statement))

    def close(self) -> None:
        del self.page
        _sqlite.sqlite3_finalize(self.statement)


database = ctypes.c_void_p()
_sqlite.sqlite3_open(b":memory:", ctypes.byref(database))
insertion = Insertion(database, 8192)
print(insertion.run(), "is SQLITE_ROW")
insertion.close()
_sqlite.sqlite3_close(database)
