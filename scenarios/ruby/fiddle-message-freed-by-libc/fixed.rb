# SPDX-License-Identifier: Apache-2.0
require "fiddle/import"

module SQLite
  extend Fiddle::Importer
  dlload "libsqlite3.so.0"
  extern "int sqlite3_open(char *, void *)"
  extern "int sqlite3_exec(void *, char *, void *, void *, void *)"
  extern "void sqlite3_free(void *)"
  extern "int sqlite3_close(void *)"
end

def out_pointer
  Fiddle::Pointer.malloc(Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE)
end

class Database
  def initialize(path)
    room = out_pointer
    SQLite.sqlite3_open(path, room)
    @database = room.ptr
  end

  # The error message, if there is one.
  def execute(statement)
    room = out_pointer
    return if SQLite.sqlite3_exec(@database, statement, nil, nil, room) == 0
    message = room.ptr
    text = message.to_s
    SQLite.sqlite3_free(message)
    text
  end

  def close
    SQLite.sqlite3_close(@database)
  end
end

database = Database.new(":memory:")
puts database.execute("select * from nvd")
database.close
