# SPDX-License-Identifier: Apache-2.0
# Runs the tests of Fiddle that come with Ruby's source, and writes what became of each as JUnit's XML:
#   ruby -I tool/lib -I test/lib fiddle.rb RESULTS
require "cgi"

RESULTS = ARGV.shift
OUTCOMES = []
at_exit do # of these the last runs first: the tests run before
  cases = OUTCOMES.map do |suite, name, kind|
    "<testcase classname=\"#{CGI.escapeHTML(suite)}\" name=\"#{CGI.escapeHTML(name)}\">#{kind && "<#{kind}/>"}</testcase>\n"
  end
  File.write(RESULTS, "<testsuite>\n#{cases.join}</testsuite>\n")
end

require "test/unit"

module Outcomes
  def record(suite, method, assertions, time, error, *rest)
    kind =
      case error
      when nil then nil
      when Test::Unit::PendedError then "skipped"
      when Test::Unit::AssertionFailedError then "failure"
      else "error"
      end
    OUTCOMES << [suite.name, method.to_s, kind]
    super
  end
end
Test::Unit::Runner.prepend(Outcomes)

Dir["test/fiddle/test_*.rb"].sort.each { |file| require File.expand_path(file) }
