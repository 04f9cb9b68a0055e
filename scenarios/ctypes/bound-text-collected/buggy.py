# SPDX-License-Identifier: Apache-2.0
import ctypes
import gc

_sqlite = ctypes.CDLL("libsqlite3.so.0")
_sqlite.sqlite3_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
_sqlite.sqlite3_close.argtypes = [ctypes.c_void_p]
_sqlite.sqlite3_prepare_v2.argtypes = [
    ctypes.c_void_p,
    ctypes.c_char_p,
    ctypes.c_int,
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.c_void_p,
]
_sqlite.sqlite3_bind_text.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
_sqlite.sqlite3_step.argtypes = [ctypes.c_void_p]
_sqlite.sqlite3_finalize.argtypes = [ctypes.c_void_p]
_STATIC, _TRANSIENT = ctypes.c_void_p(0), ctypes.c_void_p(-1)
_ROW = 100


class Query:
    def __init__(self, database, text):
        self.statement = ctypes.c_void_p()
        _sqlite.sqlite3_prepare_v2(database, text.encode(), -1, ctypes.byref(self.statement), None)

    def bind(self, index, value):
        text = value.encode()
        _sqlite.sqlite3_bind_text(self.statement, index, text, len(text), _STATIC)

    def rows(self):
        count = 0
        while _sqlite.sqlite3_step(self.statement) == _ROW:
            count += 1
            gc.collect()
        return count

    def close(self):
        _sqlite.sqlite3_finalize(self.statement)


database = ctypes.c_void_p()
_sqlite.sqlite3_open(b":memory:", ctypes.byref(database))
query = Query(database, "select ?1 union all select ?1")
query.bind(1, "Hello!")
print(query.rows(), "rows")
query.close()
_sqlite.sqlite3_close(database)
