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


def count(_data, _operation, _database, _table, _row):
    print("changed")


database = opened()
library.sqlite3_update_hook(database, ffi.callback("void(void *, int, char const *, char const *, long long)", count), ffi.NULL)
print(library.sqlite3_exec(database, b"create table t(a)", ffi.NULL, ffi.NULL, ffi.NULL))
library.sqlite3_close(database)
