# SPDX-License-Identifier: Apache-2.0
require "ffi"

module Greeting
  extend FFI::Library
  ffi_lib ENV["GREETING_LIBRARY"]

  class Style < FFI::Struct
    layout :width, :int, :fill, :char, :volume, :double, :suffix, :string
  end

  attach_function :greeting_style_default, [], Style.by_value
end

style = Greeting.greeting_style_default
puts "suffix: #{style[:suffix]}"
