# SPDX-License-Identifier: Apache-2.0
"""The words are kept, and the automaton is made of them again."""

import pickle

import ahocorasick

for _ in range(30):
    automaton = ahocorasick.Automaton()
    for number, text in enumerate(("he", "she", "his", "hers")):
        automaton.add_word(text, (number, text))
    automaton.make_automaton()
    pickle.dumps(list(automaton.items()))
print("done")
