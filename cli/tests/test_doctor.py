# SPDX-License-Identifier: Apache-2.0
"""`ffisan doctor`: a line for each thing, and a status that a script can use."""

from __future__ import annotations

import os
import subprocess
import unittest

from harness import FFISAN, LauncherTest

EXAMPLES = os.environ["FFISAN_EXAMPLES"]


class Doctor(LauncherTest):
    def lines(self, status: int, *command: str, **variables: str) -> dict[str, tuple[str, str]]:
        arguments = ["--", *command] if command else []
        result = self.ffisan("doctor", *arguments, **variables)
        self.assertEqual(result.returncode, status, result.stdout)
        lines = (line.split(None, 1) for line in result.stdout.decode().splitlines())
        return {rest[:15].strip(): (health, rest[16:]) for health, rest in lines}

    def test_a_sound_machine(self) -> None:
        lines = self.lines(0)
        for what in ("architecture", "kernel", "glibc", "elfutils", "record folder", "shim", "shim loads"):
            self.assertEqual(lines[what][0], "ok", what)
        self.assertEqual(self.leftovers(), [])

    def test_no_shim(self) -> None:
        lines = self.lines(1, FFISAN_LIBRARY="/no/such/libffisan.so")
        self.assertEqual(lines["shim"][0], "no")
        self.assertIn("/no/such/libffisan.so", lines["shim"][1])

    def test_no_prototypes(self) -> None:
        self.assertRegex(self.lines(0)["prototypes"][1], r"^\d{4,} functions")
        health, text = self.lines(0, FFISAN_PROTOTYPES="/no/such/file")["prototypes"]
        self.assertEqual(health, "limit")
        self.assertIn("install FFISan again", text)

    def test_a_shim_that_writes_nothing(self) -> None:
        self.assertEqual(self.lines(1, FFISAN_LIBRARY="/lib/x86_64-linux-gnu/libm.so.6")["shim loads"][0], "no")

    def test_limits_are_named(self) -> None:
        for limit, what in (("-f 2000", "file size"), ("-v 4000000", "address space")):
            script = f"ulimit {limit}; {FFISAN} doctor"
            result = subprocess.run(["sh", "-c", script], capture_output=True, check=False, env=self.environment, timeout=60)
            if b"Sanitizer" in result.stderr:
                self.skipTest("a launcher built with AddressSanitizer needs more address space")
            self.assertRegex(result.stdout.decode(), rf"(?m)^limit +{what} .*ulimit {limit[:2]}")

    def test_bad_variable(self) -> None:
        self.assertEqual(self.lines(1, FFISAN_OPTIONS="nonsense=1")["FFISAN_OPTIONS"][0], "no")

    def test_python_memory_is_said(self) -> None:
        self.assertEqual(self.lines(0)["PYTHONMALLOC"][0], "ok")
        self.assertEqual(self.lines(0, PYTHONMALLOC="debug")["PYTHONMALLOC"][0], "limit")

    def test_programs_that_can_be_watched(self) -> None:
        self.assertEqual(self.lines(0, f"{EXAMPLES}/example_dynamic")["command"][0], "ok")
        self.assertEqual(self.lines(0, "/usr/bin/python3")["CPython"][0], "ok")

    def test_a_script_is_followed_to_its_interpreter(self) -> None:
        script = self.place / "script"
        script.write_text(f"#!{EXAMPLES}/example_static\n")
        script.chmod(0o755)
        health, text = self.lines(1, str(script))["command"]
        self.assertEqual(health, "no")
        self.assertIn("example_static", text)

    def test_programs_that_cannot(self) -> None:
        for name, part in (("example_static", "statically linked"), ("example_static_pie", "statically linked")):
            health, text = self.lines(1, f"{EXAMPLES}/{name}")["command"]
            self.assertEqual(health, "no")
            self.assertIn(part, text)
        self.assertIn("not found", self.lines(1, "no-such-program-here")["command"][1])

    def test_programs_that_can_in_part(self) -> None:
        self.assertEqual(self.lines(0, f"{EXAMPLES}/example_asan")["sanitizer"][0], "limit")
        self.assertEqual(self.lines(0, f"{EXAMPLES}/example_malloc")["allocator"][0], "limit")
        self.assertEqual(self.lines(0, f"{EXAMPLES}/example_go")["Go"][0], "limit")

    def test_the_command_is_not_run(self) -> None:
        script = self.place / "script"
        script.write_text(f"#!/bin/sh\ntouch {self.place}/marker\n")
        script.chmod(0o755)
        self.lines(0, str(script))
        self.assertFalse((self.place / "marker").exists())


if __name__ == "__main__":
    unittest.main()
