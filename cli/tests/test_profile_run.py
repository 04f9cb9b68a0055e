# SPDX-License-Identifier: Apache-2.0
"""What --profile says of a program that calls C in three ways."""

from __future__ import annotations

import json
import unittest
from typing import Any

from harness import LauncherTest

PROGRAM = """
import ctypes
libc = ctypes.CDLL("libc.so.6")
text = "a key that is looked up again and again"

def converted_again():
    for _ in range(20000):
        libc.strlen(text.encode())

def converted_once():
    kept = text.encode()
    for _ in range(15000):
        libc.strlen(kept)

def sorts():
    numbers = (ctypes.c_int * 3)(3, 1, 2)
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    kept = compare(lambda a, b: a[0] - b[0])
    for _ in range(100):
        libc.qsort(numbers, 3, 4, kept)

converted_again()
converted_once()
sorts()
"""


class Profile(LauncherTest):
    def rows(self) -> dict[tuple[str, str], dict[str, Any]]:
        """By direction and caller."""
        program = self.place / "program.py"
        program.write_text(PROGRAM)
        self.run_reported("--profile", "--", "/usr/bin/python3", str(program))
        report = json.loads(self.json.read_text())
        return {(row["direction"], row["caller"]): row for row in report["profile"]}

    def test_rows(self) -> None:
        rows = self.rows()
        again, once = rows["call", "converted_again"], rows["call", "converted_once"]
        self.assertEqual((again["function"], again["library"], again["calls"]), ("strlen", "libc.so.6", 20000))
        self.assertEqual((once["function"], once["calls"], once["line"]), ("strlen", 15000, 13))
        self.assertEqual(once["bytes"], 15000 * len("a key that is looked up again and again\0"))
        self.assertGreaterEqual(again["ns"], again["calls"] * again["shortest_ns"])
        self.assertGreater(again["shortest_ns"], 0)

    def test_texts(self) -> None:
        rows = self.rows()
        self.assertEqual(rows["call", "converted_again"]["repeated"], 19999)
        self.assertIn("keep it", rows["call", "converted_again"]["hint"])
        self.assertEqual(rows["call", "converted_once"]["repeated"], 0)

    def test_callbacks(self) -> None:
        rows = self.rows()
        call, back = rows["call", "sorts"], rows["callback", "sorts"]
        self.assertEqual(call["calls"], 100)
        self.assertGreaterEqual(back["calls"], 200)
        self.assertGreater(call["ns"], back["ns"])

    def test_without_it_there_is_none(self) -> None:
        self.run_reported("--", "/usr/bin/python3", "-c", "import ctypes; ctypes.CDLL('libc.so.6').getpid()")
        self.assertEqual(json.loads(self.json.read_text())["profile"], [])


if __name__ == "__main__":
    unittest.main()
