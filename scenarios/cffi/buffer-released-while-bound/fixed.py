# SPDX-License-Identifier: Apache-2.0
import ctypes.util

import cffi

ffi = cffi.FFI()
ffi.cdef("""
    typedef struct sqlite3 sqlite3;
    typedef struct sqlite3_stmt sqlite3_stmt;
    int sqlite3_open(const char *, sqlite3 **);
    int sqlite3_prepare_v2(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);
    int sqlite3_bind_blob(sqlite3_stmt *, int, const void *, int, void (*)(void *));
    int sqlite3_step(sqlite3_stmt *);
    int sqlite3_finalize(sqlite3_stmt *);
    void *sqlite3_update_hook(sqlite3 *, void (*)(void *, int, char const *, char const *, long long), void *);
    int sqlite3_exec(sqlite3 *, const char *, void *, void *, char **);
    int sqlite3_close(sqlite3 *);
""")
library = ffi.dlopen(ctypes.util.find_library("sqlite3"))


def opened():
    database = ffi.new("sqlite3 **")
    library.sqlite3_open(b":memory:", database)
    return database[0]


def prepared(database, sql):
    statement = ffi.new("sqlite3_stmt **")
    library.sqlite3_prepare_v2(database, sql, -1, statement, ffi.NULL)
    return statement[0]


database = opened()
statement = prepared(database, b"select length(?)")
record = bytearray(b"header" * 12)
view = ffi.from_buffer(record)
library.sqlite3_bind_blob(statement, 1, view, len(view), ffi.NULL)
record = record + b"body" * 500
print(library.sqlite3_step(statement), "is SQLITE_ROW")
library.sqlite3_finalize(statement)
library.sqlite3_close(database)
