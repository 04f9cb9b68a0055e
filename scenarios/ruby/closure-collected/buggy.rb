# SPDX-License-Identifier: Apache-2.0
require "fiddle"

library = Fiddle.dlopen(ENV["GREETING_LIBRARY"])
LISTEN = Fiddle::Function.new(library["greeting_listen"], [Fiddle::TYPE_VOIDP, Fiddle::TYPE_VOIDP], Fiddle::TYPE_VOID)
ANNOUNCE = Fiddle::Function.new(library["greeting_announce"], [Fiddle::TYPE_VOIDP], Fiddle::TYPE_INT)

class Heard < Fiddle::Closure
  def call(_name, _data)
    0
  end
end

def listen
  LISTEN.call(Heard.new(Fiddle::TYPE_INT, [Fiddle::TYPE_VOIDP, Fiddle::TYPE_VOIDP]), nil)
end

def other_work
  1000.times { |i| "work #{i}" * 10 }
  GC.start
end

10.times { listen } # each replaces the one before
10.times { other_work }
puts "#{ANNOUNCE.call("world")} more"
