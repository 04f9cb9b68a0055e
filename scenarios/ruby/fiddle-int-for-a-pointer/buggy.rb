# SPDX-License-Identifier: Apache-2.0
require "fiddle/import"

module LibC
  extend Fiddle::Importer
  dlload Fiddle::Handle::DEFAULT
  extern "int getenv(char *)"
end

value = LibC.getenv("PATH")
puts value.zero? ? "no PATH" : "there is a PATH"
