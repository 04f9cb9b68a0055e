# SPDX-License-Identifier: Apache-2.0
import ctypes

_sqlite = ctypes.CDLL("libsqlite3.so.0")
_sqlite.sqlite3_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
_sqlite.sqlite3_changes.argtypes = [ctypes.c_void_p]
_sqlite.sqlite3_close.argtypes = [ctypes.c_void_p]


class Database:
    def __init__(self):
        self.handle = ctypes.c_void_p()

    def open(self):
        _sqlite.sqlite3_open(b":memory:", ctypes.byref(self.handle))

    def changes(self):
        return _sqlite.sqlite3_changes(self.handle)


database = Database()
print(database.changes(), flush=True)
database.open()
print(database.changes())
_sqlite.sqlite3_close(database.handle)
