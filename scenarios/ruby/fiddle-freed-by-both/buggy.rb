# SPDX-License-Identifier: Apache-2.0
require "fiddle/import"

module Greeting
  extend Fiddle::Importer
  dlload ENV["GREETING_LIBRARY"]
  extern "void *greeting_new(char *)"
  extern "void greeting_free(void *)"
end

class Person
  def initialize(name)
    @greeting = Greeting.greeting_new(name)
    @greeting.free = Greeting["greeting_free"]
  end

  def close
    Greeting.greeting_free(@greeting)
  end
end

person = Person.new("world")
person.close
puts "closed"
