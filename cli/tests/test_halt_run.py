# SPDX-License-Identifier: Apache-2.0
"""--halt: a wrong call is not made when the headers say that it is wrong; any other one is."""

from __future__ import annotations

import json
import unittest

from harness import LauncherTest

WRONG = "import ctypes; libc = ctypes.CDLL('libc.so.6'); print('before', flush=True); x = libc.getenv(b'HOME'); print('after')"
RIGHT = WRONG.replace("print('before'", "libc.getenv.restype = ctypes.c_char_p; print('before'")
ALLOCATOR = (
    "import ctypes; libc = ctypes.CDLL('libc.so.6'); print('before', flush=True); "
    "libc.malloc.restype = ctypes.c_int; x = libc.malloc(10); print('after')"
)


class Halt(LauncherTest):
    def outcome(self, *arguments: str) -> tuple[int | None, bytes, list[str]]:
        result = self.run_reported(*arguments)
        report = json.loads(self.json.read_text())
        return report["result"]["signal"], result.stdout, [finding["rule"] for finding in report["findings"]]

    def test_a_wrong_call_is_not_made(self) -> None:
        signal, output, rules = self.outcome("--halt", "--", "/usr/bin/python3", "-c", WRONG)
        self.assertEqual((signal, output, rules), (6, b"before\n", ["truncated-pointer"]))

    def test_a_right_one_is(self) -> None:
        signal, output, rules = self.outcome("--halt", "--", "/usr/bin/python3", "-c", RIGHT)
        self.assertEqual((signal, output, rules), (None, b"before\nafter\n", []))

    def test_a_rule_that_is_off_stops_nothing(self) -> None:
        signal, output, rules = self.outcome("--halt", "--rules=-truncated-pointer", "--", "/usr/bin/python3", "-c", WRONG)
        self.assertEqual((signal, output, rules), (None, b"before\nafter\n", []))

    def test_without_it_the_call_is_made(self) -> None:
        signal, output, rules = self.outcome("--", "/usr/bin/python3", "-c", WRONG)
        self.assertEqual((signal, output, rules), (None, b"before\nafter\n", ["truncated-pointer"]))

    def test_the_allocator_that_the_shim_stands_for(self) -> None:
        signal, output, rules = self.outcome("--halt", "--", "/usr/bin/python3", "-c", ALLOCATOR)
        self.assertEqual((signal, output, rules), (6, b"before\n", ["truncated-pointer"]))


if __name__ == "__main__":
    unittest.main()
