# SPDX-License-Identifier: Apache-2.0
import ctypes
import tempfile
from pathlib import Path

_sqlite = ctypes.CDLL("libsqlite3.so.0")
_sqlite.sqlite3_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
_sqlite.sqlite3_exec.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
_sqlite.sqlite3_close.argtypes = [ctypes.c_void_p]


def create(folder, name):
    """A database in the folder; only scratch files may be made by the user."""
    if not name.endswith(".tmp"):
        raise PermissionError(name)
    database = ctypes.c_void_p()
    _sqlite.sqlite3_open(f"{folder}/{name}".encode(), ctypes.byref(database))
    _sqlite.sqlite3_exec(database, b"create table notes (text)", None, None, None)
    _sqlite.sqlite3_close(database)


with tempfile.TemporaryDirectory() as folder:
    try:
        create(folder, "accounts\0.tmp")
    except ValueError as error:
        print(error)
    print([path.name for path in Path(folder).iterdir()])
