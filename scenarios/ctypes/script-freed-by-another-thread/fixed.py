# SPDX-License-Identifier: Apache-2.0
import ctypes
import ctypes.util
import threading

_sqlite = ctypes.CDLL(ctypes.util.find_library("sqlite3"))
_libc = ctypes.CDLL("libc.so.6")
_ROW = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_sqlite.sqlite3_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
_sqlite.sqlite3_exec.argtypes = [ctypes.c_void_p, ctypes.c_void_p, _ROW, ctypes.c_void_p, ctypes.c_void_p]
_sqlite.sqlite3_close.argtypes = [ctypes.c_void_p]
_libc.strdup.argtypes = [ctypes.c_char_p]
_libc.strdup.restype = ctypes.c_void_p
_libc.free.argtypes = [ctypes.c_void_p]


class Script:
    """Text in C's memory, freed with its object."""

    def __init__(self, text: str) -> None:
        self.address = _libc.strdup(text.encode())

    def __del__(self) -> None:
        _libc.free(self.address)


started, dropped = threading.Event(), threading.Event()


@_ROW
def first_row(_data: int | None, _columns: int, _values: int, _names: int) -> int:
    started.set()
    dropped.wait(10)
    return 1


scripts = {"report": Script("select 1; select 2")}


def run() -> None:
    database = ctypes.c_void_p()
    _sqlite.sqlite3_open(b":memory:", ctypes.byref(database))
    script = scripts["report"]
    status = _sqlite.sqlite3_exec(database, script.address, first_row, None, None)
    print(status, "is SQLITE_ABORT")
    _sqlite.sqlite3_close(database)


worker = threading.Thread(target=run)
worker.start()
started.wait(10)
scripts.clear()
dropped.set()
worker.join()
