# SPDX-License-Identifier: Apache-2.0
"""`ffisan run --with asan|valgrind` from end to end: findings, streams, exit statuses, several processes."""

from __future__ import annotations

import os
import pathlib
import shutil
import sys
import unittest
from typing import Any

from harness import LauncherTest

EXAMPLES = os.environ["FFISAN_EXAMPLES"]
PLAIN, INSTRUMENTED, STATIC = (f"{EXAMPLES}/misused{kind}" for kind in ("", "_asan", "_asan_static"))
LIBRARY, LIBRARY_INSTRUMENTED = f"{EXAMPLES}/libmisused.so", f"{EXAMPLES}/libmisused_asan.so"

CALLS = """
import ctypes, sys
def go():
    ctypes.CDLL(sys.argv[1]).read_after_free()
print("begins")
sys.stdout.flush()
go()
"""
USES = """
import bz2, ctypes, hashlib, sqlite3, subprocess, threading, zlib
data = b"abc" * 1000
connection = sqlite3.connect(":memory:")
connection.execute("create table t(a, b)")
connection.executemany("insert into t values(?, ?)", [(i, str(i)) for i in range(20)])
assert connection.execute("select sum(a) from t").fetchall() == [(190,)]
assert zlib.decompress(zlib.compress(data)) == bz2.decompress(bz2.compress(data)) == data
hashlib.sha256(data).digest()
thread = threading.Thread(target=lambda: zlib.compress(data))
thread.start()
thread.join()
assert ctypes.CDLL(None).strlen(b"abc") == 3
print(subprocess.run(["/bin/echo", "hi"], capture_output=True, check=True).stdout)
"""


def frames(finding: dict[str, Any], role: str) -> list[str]:
    return [frame["function"] for stack in finding["stacks"] if stack["role"] == role for frame in stack["frames"]]


class With(LauncherTest):
    def only_finding(self, status: int, *command: str, **variables: str) -> dict[str, Any]:
        result = self.run_reported("--exit-code=77", *command, **variables)
        self.assertEqual((result.stderr, result.stdout), (b"", b"begins\n"))
        findings: list[dict[str, Any]] = self.report()["findings"]
        self.assertEqual([finding["rule"] for finding in findings], [findings[0]["rule"]] if findings else ["one"])
        self.assertEqual(result.returncode, status)
        self.assertEqual(self.leftovers(), [])
        return findings[0]


class Asan(With):
    def test_a_program_that_is_built_with_it(self) -> None:
        for program in (INSTRUMENTED, STATIC):
            finding = self.only_finding(77, "--with=asan", "--", program, "use")
            self.assertEqual((finding["rule"], finding["checker"]), ("use-after-free", "AddressSanitizer"))
            self.assertEqual(frames(finding, "detected")[:2], ["read_after_free", "main"])
            for role in ("allocated", "freed"):
                self.assertIn("read_after_free", frames(finding, role))

    def test_a_read_past_the_end(self) -> None:
        finding = self.only_finding(77, "--with=asan", "--", INSTRUMENTED, "overflow")
        self.assertEqual(finding["rule"], "heap-overflow")
        self.assertIn("read (1 byte at offset 24), just past its end", finding["message"])

    def test_other_threads_and_processes(self) -> None:
        for word in ("thread", "child"):
            finding = self.only_finding(77, "--with=asan", "--", INSTRUMENTED, word)
            self.assertEqual(finding["rule"], "use-after-free")

    def test_a_crash_says_nothing_on_standard_error(self) -> None:
        finding = self.only_finding(77, "--with=asan", "--", INSTRUMENTED, "crash")
        self.assertEqual(finding["rule"], "foreign-crash")

    def test_leaks(self) -> None:
        for program in (INSTRUMENTED, PLAIN):
            finding = self.only_finding(23 if program == INSTRUMENTED else 5, "--with=asan", "--", program, "leak",
                                        ASAN_OPTIONS="exitcode=23")  # fmt: skip
            self.assertEqual((finding["rule"], finding["severity"]), ("leak", "warning"))
            self.assertIn("99 bytes", finding["message"])

    def test_python_with_a_library_that_is_built_with_it(self) -> None:
        finding = self.only_finding(77, "--with=asan", "--", sys.executable, "-c", CALLS, LIBRARY_INSTRUMENTED)
        self.assertEqual((finding["rule"], finding["function"]), ("use-after-free", "read_after_free"))
        self.assertIn("go", frames(finding, "detected"))
        self.assertEqual(finding["runtime"], "ctypes")

    def test_a_program_without_a_bug_ends_as_it_would(self) -> None:
        result = self.run_reported("--with=asan", "--", INSTRUMENTED)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (5, b"begins\n", b""))
        result = self.run_reported("--with=asan", "--", sys.executable, "-c", USES)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"b'hi\\n'\n", b""))
        self.assertEqual(self.report()["findings"], [])

    def test_a_library_that_would_bind_past_it(self) -> None:
        opens = "import ctypes, os, sys; ctypes.CDLL(sys.argv[1], os.RTLD_NOW | os.RTLD_DEEPBIND); print('opened')"
        result = self.run_reported("--with=asan", "--", sys.executable, "-c", opens, LIBRARY)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"opened\n", b""))

    def test_what_is_not_watched_is_started_without_it(self) -> None:
        result = self.run_reported("--with=asan", "--follow=none", "--", "/bin/sh", "-c", "/usr/bin/env")
        self.assertEqual(result.returncode, 0)
        self.assertNotIn(b"LD_PRELOAD", result.stdout)

    def test_a_runtime_that_is_not_there(self) -> None:
        copy = self.place / "program"
        content = pathlib.Path(INSTRUMENTED).read_bytes()
        self.assertIn(b"libasan.so.", content)
        index = content.index(b"libasan.so.") + len(b"libasan.so.")
        copy.write_bytes(content[:index] + b"7" + content[index + 1 :])
        copy.chmod(0o755)
        result = self.ffisan("run", "--with=asan", "--", "./program")
        self.assertEqual(result.returncode, 125)
        self.assertIn(b"libasan.so.7", result.stderr)
        self.assertEqual(result.stderr.count(b"\n"), 1)
        self.assertEqual(self.leftovers(), [])


@unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
class Valgrind(With):
    def test_a_program_as_it_is(self) -> None:
        finding = self.only_finding(77, "--with=valgrind", "--", PLAIN, "use")
        self.assertEqual((finding["rule"], finding["checker"]), ("use-after-free", "Valgrind"))
        self.assertEqual(frames(finding, "detected")[:2], ["read_after_free", "main"])
        for role in ("allocated", "freed"):
            self.assertEqual(frames(finding, role)[0], "read_after_free")

    def test_a_read_past_the_end(self) -> None:
        finding = self.only_finding(77, "--with=valgrind", "--", PLAIN, "overflow")
        self.assertIn("read (1 byte at offset 24), just past its end", finding["message"])

    def test_other_threads_processes_and_programs(self) -> None:
        for word in ("thread", "child"):
            self.assertEqual(self.only_finding(77, "--with=valgrind", "--", PLAIN, word)["rule"], "use-after-free")
        self.run_reported("--with=valgrind", "--", PLAIN, "exec")
        self.assertEqual([finding["rule"] for finding in self.report()["findings"]], ["use-after-free"])

    def test_leaks(self) -> None:
        finding = self.only_finding(5, "--with=valgrind", "--", PLAIN, "leak")
        self.assertEqual((finding["rule"], finding["severity"]), ("leak", "warning"))
        self.assertIn("99 bytes", finding["message"])

    def test_a_crash(self) -> None:
        self.assertEqual(self.only_finding(77, "--with=valgrind", "--", PLAIN, "crash")["rule"], "foreign-crash")

    def test_python_with_a_library_as_it_is(self) -> None:
        finding = self.only_finding(77, "--with=valgrind", "--", sys.executable, "-c", CALLS, LIBRARY)
        self.assertEqual((finding["rule"], finding["function"]), ("use-after-free", "read_after_free"))
        self.assertIn("go", frames(finding, "detected"))
        self.assertEqual(finding["runtime"], "ctypes")

    def test_a_program_without_a_bug_ends_as_it_would(self) -> None:
        result = self.run_reported("--with=valgrind", "--", PLAIN)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (5, b"begins\n", b""))
        result = self.run_reported("--with=valgrind", "--", sys.executable, "-c", USES)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"b'hi\\n'\n", b""))
        self.assertEqual(self.report()["findings"], [])

    def test_no_valgrind(self) -> None:
        result = self.ffisan("run", "--with=valgrind", "--", PLAIN, PATH="/no/such/place")
        self.assertEqual(result.returncode, 125)
        self.assertIn(b"install it", result.stderr)
        self.assertEqual(self.leftovers(), [])


if __name__ == "__main__":
    unittest.main()
