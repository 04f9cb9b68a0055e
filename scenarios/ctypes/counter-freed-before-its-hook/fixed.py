# SPDX-License-Identifier: Apache-2.0
import ctypes
import ctypes.util

_sqlite = ctypes.CDLL(ctypes.util.find_library("sqlite3"))
_UPDATE_HOOK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int64)
_sqlite.sqlite3_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
_sqlite.sqlite3_exec.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
_sqlite.sqlite3_update_hook.argtypes = [ctypes.c_void_p, _UPDATE_HOOK, ctypes.c_void_p]
_sqlite.sqlite3_update_hook.restype = ctypes.c_void_p
_sqlite.sqlite3_close.argtypes = [ctypes.c_void_p]


class Counter(ctypes.Structure):
    _fields_ = [("rows", ctypes.c_long), ("name", ctypes.c_char * 40)]


@_UPDATE_HOOK
def count(data: int, _operation: int, _database: bytes, _table: bytes, _row: int) -> None:
    ctypes.cast(data, ctypes.POINTER(Counter)).contents.rows += 1


def watch(database: ctypes.c_void_p) -> Counter:
    counter = Counter(0, b"rows")
    _sqlite.sqlite3_update_hook(database, count, ctypes.addressof(counter))
    return counter


database = ctypes.c_void_p()
_sqlite.sqlite3_open(b":memory:", ctypes.byref(database))
counter = watch(database)
print(_sqlite.sqlite3_exec(database, b"create table t(a)", None, None, None))
_sqlite.sqlite3_close(database)
