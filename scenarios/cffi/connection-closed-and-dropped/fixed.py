# SPDX-License-Identifier: Apache-2.0
import cffi

ffi = cffi.FFI()
ffi.cdef("""
    typedef struct sqlite3 sqlite3;
    int sqlite3_open(const char *path, sqlite3 **database);
    int sqlite3_changes(sqlite3 *database);
    int sqlite3_close_v2(sqlite3 *database);
""")
sqlite = ffi.dlopen("libsqlite3.so.0")


class Connection:
    def __init__(self, path):
        database = ffi.new("sqlite3 **")
        sqlite.sqlite3_open(path.encode(), database)
        self.database = database[0]

    def changes(self):
        return sqlite.sqlite3_changes(self.database)

    def disconnect(self):
        database, self.database = self.database, ffi.NULL
        sqlite.sqlite3_close_v2(database)

    def __del__(self):
        self.disconnect()


connection = Connection(":memory:")
print(connection.changes())
connection.disconnect()
del connection
