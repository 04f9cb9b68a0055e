# SPDX-License-Identifier: Apache-2.0
require "fiddle/import"

module Zlib
  extend Fiddle::Importer
  dlload "libz.so.1"
  extern "int compress(void *, unsigned long *, const void *, unsigned long)"
end

text = "hello, world; " * 20
size = Fiddle::Pointer.malloc(Fiddle::SIZEOF_INT, Fiddle::RUBY_FREE)
size[0, Fiddle::SIZEOF_INT] = [1000].pack("L")
out = Fiddle::Pointer.malloc(1000, Fiddle::RUBY_FREE)
status = Zlib.compress(out, size, text, text.bytesize)
puts "status #{status}, #{size[0, Fiddle::SIZEOF_INT].unpack1("L")} bytes"
