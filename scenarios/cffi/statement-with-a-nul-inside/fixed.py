# SPDX-License-Identifier: Apache-2.0
import cffi

ffi = cffi.FFI()
ffi.cdef("""
    typedef struct sqlite3 sqlite3;
    int sqlite3_open(const char *, sqlite3 **);
    int sqlite3_exec(sqlite3 *, const char *, void *, void *, char **);
    int sqlite3_close(sqlite3 *);
""")
library = ffi.dlopen("libsqlite3.so.0")


def run(database, statement):
    text = statement.encode()
    if b"\0" in text:
        raise ValueError("a NUL in a statement")
    return library.sqlite3_exec(database, text, ffi.NULL, ffi.NULL, ffi.NULL)


database = ffi.new("sqlite3 **")
library.sqlite3_open(b":memory:", database)
for statement in ("create table names (name)", "insert into names values ('a')\0, ('b')"):
    try:
        print(run(database[0], statement))
    except ValueError:
        print(0)
library.sqlite3_close(database[0])
