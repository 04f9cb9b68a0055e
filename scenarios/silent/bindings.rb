# SPDX-License-Identifier: Apache-2.0
# Fiddle and the ffi gem: functions, structs, by value too, callbacks, buffers, owners, variadic functions.
require "fiddle/import"
require "ffi"

module WithFiddle
  extend Fiddle::Importer
  dlload Fiddle::Handle::DEFAULT
  Division = struct ["long quot", "long rem"]
  extern "unsigned long strlen(char *)"
  extern "char *getenv(char *)"
  extern "void qsort(void *, size_t, size_t, void *)"
  extern "char *strcpy(char *, char *)"
  extern "double strtod(char *, void *)"
  extern "long labs(long)"

  Compare = bind("int compare(void *left, void *right)") { |left, right| left[0, 4].unpack1("l") - right[0, 4].unpack1("l") }

  def self.run
    numbers = Fiddle::Pointer[[3, 1, 2].pack("l*")]
    qsort(numbers, 3, 4, Compare)
    room = Fiddle::Pointer.malloc(64, Fiddle::RUBY_FREE)
    strcpy(room, "copied")
    puts [strlen("hello"), getenv("NOT_THERE").null?, numbers[0, 12].unpack("l*"), room.to_s, strtod("2.5", nil), labs(-3)].inspect
    division = Division.malloc(Fiddle::RUBY_FREE)
    division.quot = 3
    puts division.quot
    printf = Fiddle::Function.new(Fiddle::Handle::DEFAULT["snprintf"],
                                  [Fiddle::TYPE_VOIDP, Fiddle::TYPE_SIZE_T, Fiddle::TYPE_VOIDP, Fiddle::TYPE_VARIADIC], Fiddle::TYPE_INT)
    printf.call(room, 64, "%d %s", :int, 7, :const_string, "seven")
    puts room.to_s
  end
end

module WithGem
  extend FFI::Library
  ffi_lib "libc.so.6", "libz.so.1", "libsqlite3.so.0", ENV["GREETING_LIBRARY"]

  class Style < FFI::Struct
    layout :width, :int, :fill, :char, :volume, :double, :suffix, :pointer
  end

  class Division < FFI::Struct
    layout :quot, :long, :rem, :long
  end

  class Person < FFI::AutoPointer
    def self.release(pointer) = WithGem.greeting_free(pointer)
  end

  callback :row, [:pointer, :int, :pointer, :pointer], :int
  callback :compare, [:pointer, :pointer], :int
  attach_function :strlen, [:string], :size_t
  attach_function :ldiv, [:long, :long], Division.by_value
  attach_function :qsort, [:pointer, :size_t, :size_t, :compare], :void
  attach_function :snprintf, [:pointer, :size_t, :string, :varargs], :int
  attach_function :compress, [:buffer_out, :pointer, :buffer_in, :ulong], :int
  attach_function :sqlite3_open, [:string, :pointer], :int
  attach_function :sqlite3_exec, [:pointer, :string, :row, :pointer, :pointer], :int
  attach_function :sqlite3_close, [:pointer], :int
  attach_function :greeting_new, [:string], Person
  attach_function :greeting_name, [Person], :string
  attach_function :greeting_free, [:pointer], :void
  attach_function :greeting_style_default, [], Style.by_value
  attach_function :greeting_measure, [:string, Style.by_ref], :size_t
  attach_function :greeting_format, [:string, Style.by_ref, :buffer_out, :pointer], :int

  def self.rows(query)
    found = []
    place = FFI::MemoryPointer.new(:pointer)
    sqlite3_open(":memory:", place)
    sqlite3_exec(place.read_pointer, query, ->(_, count, values, _) { found << values.read_array_of_pointer(count).map(&:read_string); 0 }, nil, nil)
    sqlite3_close(place.read_pointer)
    found
  end

  def self.run
    numbers = FFI::MemoryPointer.new(:int, 3).write_array_of_int([3, 1, 2])
    qsort(numbers, 3, 4, ->(left, right) { left.read_int - right.read_int })
    style = greeting_style_default
    style[:width] = 20
    out = FFI::MemoryPointer.new(64)
    size = FFI::MemoryPointer.new(:size_t)
    size.write(:size_t, 64)
    greeting_format("world", style, out, size)
    puts [strlen("hello"), ldiv(17, 5)[:quot], numbers.read_array_of_int(3), out.read_string, greeting_measure("world", style)].inspect
    snprintf(out, 64, "%d %s %.1f", :int, 7, :string, "seven", :double, 2.5)
    puts out.read_string, greeting_name(greeting_new("world"))
    length = FFI::MemoryPointer.new(:ulong)
    length.write_ulong(1000)
    puts compress(FFI::MemoryPointer.new(1000), length, "hello " * 50, 300)
  end
end

10.times { WithFiddle.run }
10.times { WithGem.run }
20.times { puts WithGem.rows("select 1, 'x'").inspect }
GC.start
