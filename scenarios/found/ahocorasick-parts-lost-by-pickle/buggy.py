# SPDX-License-Identifier: Apache-2.0
"""Each look at the automaton leaves a list and the tuples in it."""

import pickle

import ahocorasick

automaton = ahocorasick.Automaton()
for number, text in enumerate(("he", "she", "his", "hers")):
    automaton.add_word(text, (number, text))
automaton.make_automaton()
for _ in range(30):
    automaton.dump()
    pickle.dumps(automaton)
print("done")
