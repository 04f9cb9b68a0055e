# SPDX-License-Identifier: Apache-2.0
require "ffi"

module Greeting
  extend FFI::Library
  ffi_lib ENV["GREETING_LIBRARY"]

  class Style < FFI::Struct
    layout :width, :int, :fill, :char, :volume, :double, :suffix, :pointer
  end

  attach_function :greeting_measure, [:string, Style.by_ref], :size_t
end

style = Greeting::Style.new
style[:width] = 20
style[:fill] = "*".ord
puts "columns: #{Greeting.greeting_measure("world", style)}"
