# SPDX-License-Identifier: Apache-2.0
import ctypes
import ctypes.util
import gc
import tempfile
from pathlib import Path

_sqlite = ctypes.CDLL(ctypes.util.find_library("sqlite3"))
_BUSY_HANDLER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_sqlite.sqlite3_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
_sqlite.sqlite3_exec.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
_sqlite.sqlite3_busy_handler.argtypes = [ctypes.c_void_p, _BUSY_HANDLER, ctypes.c_void_p]
_sqlite.sqlite3_close.argtypes = [ctypes.c_void_p]


def give_up(_data: int | None, _attempts: int) -> int:
    """The database is locked: no second attempt."""
    return 0


class Connection:
    def __init__(self, path: Path) -> None:
        self.handle = ctypes.c_void_p()
        _sqlite.sqlite3_open(bytes(path), ctypes.byref(self.handle))
        self.busy_handler = _BUSY_HANDLER(give_up)
        _sqlite.sqlite3_busy_handler(self.handle, self.busy_handler, None)

    def execute(self, statement: str) -> int:
        return int(_sqlite.sqlite3_exec(self.handle, statement.encode(), None, None, None))

    def close(self) -> None:
        _sqlite.sqlite3_close(self.handle)


with tempfile.TemporaryDirectory() as folder:
    first = Connection(Path(folder) / "data")
    second = Connection(Path(folder) / "data")
    gc.collect()
    print(first.execute("begin exclusive"))
    print(second.execute("begin exclusive"), "is SQLITE_BUSY")
    first.close()
    second.close()
