# SPDX-License-Identifier: Apache-2.0
"""Every word of contracts at work: its right use is silent, its wrong use is found, from ctypes and from C (words/cases.py,
cases.c).

WORDS_LIBRARY, WORDS_CASES and WORDS_CONTRACTS (a folder) are what was built of them.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import unittest

from harness import LauncherTest

LIBRARY, PROGRAM, CONTRACTS = (os.environ[f"WORDS_{name}"] for name in ("LIBRARY", "CASES", "CONTRACTS"))
HERE = pathlib.Path(__file__).resolve().parent
SCRIPT = HERE / "words" / "cases.py"
RULES = dict(re.findall(r'^@case\("([\w.]+)", "([\w-]+)"\)', SCRIPT.read_text(), re.MULTILINE))
IN_C = subprocess.run([PROGRAM], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
NAMES = re.findall(r"^WORD\((\w+),", (HERE.parent.parent / "shims/include/ffisan/words.def").read_text(), re.MULTILINE)
WITHOUT_A_WRONG_USE = {"LIBRARY", "VERSIONS", "BLOCKS"}


class WordsRun(LauncherTest):
    def rules(self, *command: str) -> list[str]:
        contracts = [f"--contract={CONTRACTS}/{name}.ffc" for name in ("words", "streams")]
        result = self.run_reported("--no-default-contracts", *contracts, "--", *command)
        self.assertEqual((result.stdout, result.stderr), (b"ends\n", b""))
        return [finding["rule"] for finding in self.report()["findings"]]

    def test_every_word_has_a_case(self) -> None:
        self.assertEqual(set(NAMES) - {name.split(".")[0] for name in RULES}, WITHOUT_A_WRONG_USE)

    def test_right_uses_are_silent(self) -> None:
        self.assertEqual(self.rules(sys.executable, str(SCRIPT), LIBRARY, "all", "right"), [])

    def test_right_uses_in_c_are_silent(self) -> None:
        self.assertEqual(self.rules(PROGRAM, "all", "right"), [])

    def assert_found(self, rule: str, *command: str) -> None:
        self.assertEqual(self.rules(*command), [rule])

    def test_another_version_of_the_library_is_told(self) -> None:
        other = self.place / "libwords.so.3.0"
        other.write_bytes(pathlib.Path(LIBRARY).read_bytes())
        self.assertEqual(self.rules(sys.executable, str(SCRIPT), str(other), "OWNED", "right"), [])
        self.assertIn("libwords.so.3.0", str(self.not_watched()))


def case(rule: str, *command: str) -> object:
    return lambda test: test.assert_found(rule, *command)


for name, rule in RULES.items():
    word = name.replace(".", "_").lower()
    setattr(WordsRun, f"test_{word}", case(rule, sys.executable, str(SCRIPT), LIBRARY, name, "wrong"))
    if name in IN_C:
        setattr(WordsRun, f"test_{word}_in_c", case(rule, PROGRAM, name, "wrong"))

if __name__ == "__main__":
    unittest.main()
