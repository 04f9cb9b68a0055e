# SPDX-License-Identifier: Apache-2.0
require "fiddle/import"

module LibC
  extend Fiddle::Importer
  dlload Fiddle::Handle::DEFAULT
  extern "char *getenv(char *)"
end

value = LibC.getenv("PATH")
puts value.null? ? "no PATH" : "there is a PATH"
