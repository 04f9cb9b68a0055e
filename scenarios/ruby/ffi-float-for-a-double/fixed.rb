# SPDX-License-Identifier: Apache-2.0
require "ffi"

module Greeting
  extend FFI::Library
  ffi_lib ENV["GREETING_LIBRARY"]
  attach_function :greeting_loudness, [:double, :double], :double
end

puts "from four metres: #{Greeting.greeting_loudness(8.0, 4.0)}"
