# SPDX-License-Identifier: Apache-2.0
require "ffi"

module Zlib
  extend FFI::Library
  ffi_lib "libz.so.1"
  attach_function :compress, [:pointer, :pointer, :buffer_in, :ulong], :int
end

text = "hello, world; " * 20
size = FFI::MemoryPointer.new(:ulong)
size.write_ulong(1000)
out = FFI::MemoryPointer.new(1000)
status = Zlib.compress(out, size, text, text.bytesize)
puts "status #{status}, #{size.read_ulong} bytes"
