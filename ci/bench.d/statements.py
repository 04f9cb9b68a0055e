# SPDX-License-Identifier: Apache-2.0
"""A million calls of sqlite3 by ctypes, as a binding makes them: bind, step, column, reset."""

import ctypes
import sys

sqlite3 = ctypes.CDLL("libsqlite3.so.0")
pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
for name, result, arguments in (
    ("sqlite3_open", number, [text, ctypes.POINTER(pointer)]),
    ("sqlite3_exec", number, [pointer, text, pointer, pointer, pointer]),
    ("sqlite3_prepare_v2", number, [pointer, text, number, ctypes.POINTER(pointer), pointer]),
    ("sqlite3_bind_int", number, [pointer, number, number]),
    ("sqlite3_step", number, [pointer]),
    ("sqlite3_column_text", text, [pointer, number]),
    ("sqlite3_reset", number, [pointer]),
    ("sqlite3_finalize", number, [pointer]),
    ("sqlite3_close", number, [pointer]),
):
    function = getattr(sqlite3, name)
    function.restype, function.argtypes = result, arguments

ROWS = 1000


def main() -> None:
    calls = int(sys.argv[1])
    database, statement = pointer(), pointer()
    sqlite3.sqlite3_open(b":memory:", ctypes.byref(database))
    sqlite3.sqlite3_exec(database, b"create table item(id integer primary key, name text)", None, None, None)
    fill = b"with recursive n(i) as (select 0 union all select i + 1 from n where i < 999)"
    sqlite3.sqlite3_exec(database, fill + b" insert into item select i, 'item ' || i from n", None, None, None)
    sqlite3.sqlite3_prepare_v2(database, b"select name from item where id = ?", -1, ctypes.byref(statement), None)
    for number_ in range(calls // 4):
        sqlite3.sqlite3_bind_int(statement, 1, number_ % ROWS)
        sqlite3.sqlite3_step(statement)
        sqlite3.sqlite3_column_text(statement, 0)
        sqlite3.sqlite3_reset(statement)
    sqlite3.sqlite3_finalize(statement)
    sqlite3.sqlite3_close(database)


if __name__ == "__main__":
    main()
