# SPDX-License-Identifier: Apache-2.0
"""The page about the words of contracts: every word of words.def has an example there, which compiles and says what it is to
show; and what the tutorial writes down is found as it says.

CONTRACTS is the folder of the pages, WORDS the file words.def.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import unittest

from harness import LauncherTest

PAGES = pathlib.Path(os.environ["CONTRACTS"])
WORDS = re.findall(r'^WORD\((\w+), "(\w+)"', pathlib.Path(os.environ["WORDS"]).read_text(), re.MULTILINE)
HEAD = """#include <ffisan/contract.h>
#include <errno.h>
#include <stddef.h>
FFISAN_LIBRARY("libdoc.so.1")
typedef struct doc doc;
void doc_close(doc *d FFISAN_CONSUMED FFISAN_NULLABLE);
"""
OF_THE_FILE = {"LIBRARY", "VERSIONS"}
IN_BYTES = {"IN_N": "in", "OUT_N": "out", "INOUT_N": "inout"}


def examples() -> dict[str, str]:
    """What the page has for each word."""
    sections = re.findall(r"^### FFISAN_(\w+).*?```c\n(.*?)```", (PAGES / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return dict(sections)


class ContractReference(LauncherTest):
    def terms_of(self, text: str) -> list[str]:
        (self.place / "doc.h").write_text(text)
        shown = self.ffisan("contract", "show", "--json", "doc.h")
        self.assertEqual((shown.returncode, shown.stderr.decode()), (0, ""))
        functions = [function for library in json.loads(shown.stdout)["libraries"] for function in library["functions"]]
        return [
            term["word"] + ("" if not term["text"].startswith("FFISAN_WHEN") else " when")
            for function in functions
            for term in function["terms"]
        ]

    def test_has_every_word_and_no_other(self) -> None:
        self.assertEqual(sorted(examples()), sorted(name for name, _ in WORDS))

    def assert_example(self, name: str, word: str) -> None:
        text = examples()[name]
        self.assertIn(f"FFISAN_{name}", text)
        terms = self.terms_of(HEAD + text)
        if name == "WHEN":
            self.assertIn("retained when", terms)
        elif name not in OF_THE_FILE:
            self.assertIn(IN_BYTES.get(name, word), terms)

    def test_the_header_of_the_tutorial_compiles(self) -> None:
        blocks = re.findall(r"```c\n(.*?)```", (PAGES / "TUTORIAL.md").read_text(), re.DOTALL)
        contracts = [block for block in blocks if "#include <ffisan/contract.h>" in block]
        self.assertGreater(len(contracts), 1)
        for contract in contracts:
            self.terms_of(contract)


def case(name: str, word: str) -> object:
    return lambda test: test.assert_example(name, word)


for name, word in WORDS:
    setattr(ContractReference, f"test_{word}", case(name, word))

if __name__ == "__main__":
    unittest.main()
