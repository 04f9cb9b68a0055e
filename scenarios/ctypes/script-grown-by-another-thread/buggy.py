# SPDX-License-Identifier: Apache-2.0
import ctypes
import ctypes.util
import threading

_sqlite = ctypes.CDLL(ctypes.util.find_library("sqlite3"))
_ROW = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_sqlite.sqlite3_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
_sqlite.sqlite3_exec.argtypes = [ctypes.c_void_p, ctypes.c_void_p, _ROW, ctypes.c_void_p, ctypes.c_void_p]
_sqlite.sqlite3_close.argtypes = [ctypes.c_void_p]


class Script:
    """Text that is written piece by piece."""

    def __init__(self) -> None:
        self.text = bytearray(b"select 1; select 2\0")

    def address(self) -> int:
        return ctypes.addressof(ctypes.c_char.from_buffer(self.text))

    def add(self, more: bytes) -> None:
        self.text[-1:] = more + b"\0"


started, dropped = threading.Event(), threading.Event()


@_ROW
def first_row(_data: int | None, _columns: int, _values: int, _names: int) -> int:
    started.set()
    dropped.wait(10)
    return 1


script = Script()


def run() -> None:
    database = ctypes.c_void_p()
    _sqlite.sqlite3_open(b":memory:", ctypes.byref(database))
    status = _sqlite.sqlite3_exec(database, script.address(), first_row, None, None)
    print(status, "is SQLITE_ABORT")
    _sqlite.sqlite3_close(database)


worker = threading.Thread(target=run)
worker.start()
started.wait(10)
script.add(b"; select 3" * 100)
dropped.set()
worker.join()
