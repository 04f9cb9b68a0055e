# SPDX-License-Identifier: Apache-2.0
import ctypes

_sqlite = ctypes.CDLL("libsqlite3.so.0")
_sqlite.sqlite3_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
_sqlite.sqlite3_exec.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
_sqlite.sqlite3_close.argtypes = [ctypes.c_void_p]


def statement(text):
    return ctypes.create_string_buffer(text, len(text) + 1)


database = ctypes.c_void_p()
_sqlite.sqlite3_open(b":memory:", ctypes.byref(database))
print(
    _sqlite.sqlite3_exec(database, statement(b"create table a_table_with_a_name (x); select 1 from it_ /*"), None, None, None)
    in (0, 1)
)
_sqlite.sqlite3_close(database)
