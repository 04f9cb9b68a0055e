# SPDX-License-Identifier: Apache-2.0
"""What dies together may die in any order: finalizers close connections and statements whose memory went a moment before."""

import ctypes
import ctypes.util
import gc
from typing import Any

_sqlite = ctypes.CDLL(ctypes.util.find_library("sqlite3"))
_BUSY_HANDLER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_sqlite.sqlite3_open.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]
_sqlite.sqlite3_busy_handler.argtypes = [ctypes.c_void_p, _BUSY_HANDLER, ctypes.c_void_p]
_sqlite.sqlite3_prepare_v2.argtypes = [
    ctypes.c_void_p,
    ctypes.c_char_p,
    ctypes.c_int,
    ctypes.POINTER(ctypes.c_void_p),
    ctypes.c_void_p,
]
_sqlite.sqlite3_bind_blob.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
_sqlite.sqlite3_finalize.argtypes = [ctypes.c_void_p]
_sqlite.sqlite3_close_v2.argtypes = [ctypes.c_void_p]


class Connection:
    def __init__(self) -> None:
        self.handle = ctypes.c_void_p()
        _sqlite.sqlite3_open(b":memory:", ctypes.byref(self.handle))

    def listen(self, callback: Any) -> None:
        _sqlite.sqlite3_busy_handler(self.handle, callback, None)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        _sqlite.sqlite3_close_v2(self.handle)


class Statement:
    def __init__(self, connection: Connection) -> None:
        self.handle = ctypes.c_void_p()
        _sqlite.sqlite3_prepare_v2(connection.handle, b"select ?", -1, ctypes.byref(self.handle), None)

    def bind(self, memory: Any) -> None:
        _sqlite.sqlite3_bind_blob(self.handle, 1, memory, len(memory), None)

    def __del__(self) -> None:
        _sqlite.sqlite3_finalize(self.handle)


class Owner:
    """Its members go in the order in which they came."""

    def __init__(self) -> None:
        self.memory = ctypes.create_string_buffer(b"x" * 5000)
        self.small = ctypes.create_string_buffer(b"x" * 50)
        self.callback = _BUSY_HANDLER(lambda _data, _count: 0)
        self.connection = Connection()
        self.connection.listen(self.callback)
        self.statement = Statement(self.connection)
        self.statement.bind(self.memory)
        self.second = Statement(self.connection)
        self.second.bind(self.small)


def locals_of_a_function() -> None:
    memory = ctypes.create_string_buffer(b"x" * 5000)
    small = bytearray(50)
    view = (ctypes.c_char * 50).from_buffer(small)
    callback = _BUSY_HANDLER(lambda _data, _count: 0)
    connection = Connection()
    connection.listen(callback)
    statement = Statement(connection)
    statement.bind(memory)
    second = Statement(connection)
    second.bind(view)


def locals_and_an_exception() -> None:
    memory = ctypes.create_string_buffer(b"x" * 5000)
    connection = Connection()
    statement = Statement(connection)
    statement.bind(memory)
    raise ValueError(len(memory))


def members() -> None:
    owner = Owner()
    del owner


def members_of_a_cycle() -> None:
    owner = Owner()
    owner.itself = owner  # type: ignore[attr-defined]
    cycle = [owner.memory, owner.callback, owner.connection, owner.statement]
    cycle.append(cycle)
    del owner, cycle
    gc.collect()


def replaced() -> None:
    owner = Owner()
    owner = Owner()
    owner.statement.bind(owner.memory)


def collected_when_it_likes() -> None:
    for _ in range(300):
        owner = Owner()
        owner.itself = owner  # type: ignore[attr-defined]
    del owner


class Generators:
    def rows(self) -> Any:
        memory = ctypes.create_string_buffer(b"x" * 5000)
        connection = Connection()
        statement = Statement(connection)
        statement.bind(memory)
        yield 1
        yield 2


def abandoned_generator() -> None:
    rows = Generators().rows()
    next(rows)
    del rows


for _ in range(3):
    locals_of_a_function()
    try:
        locals_and_an_exception()
    except ValueError as error:
        print(error)
    members()
    members_of_a_cycle()
    replaced()
    collected_when_it_likes()
    abandoned_generator()
gc.collect()
print("done")
