# SPDX-License-Identifier: Apache-2.0
import ctypes

_sqlite = ctypes.CDLL("libsqlite3.so.0")
_sqlite.sqlite3_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
_sqlite.sqlite3_close.argtypes = [ctypes.c_void_p]


def is_allowed(name):
    return name.endswith(".db")


def open_database(name):
    if not is_allowed(name):
        raise ValueError("that is no database")
    database = ctypes.c_void_p()
    _sqlite.sqlite3_open(name.encode(), ctypes.byref(database))
    return database


try:
    _sqlite.sqlite3_close(open_database(":memory:\0.db"))
except ValueError as error:
    print(error)
