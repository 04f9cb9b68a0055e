# SPDX-License-Identifier: Apache-2.0
"""Exit statuses, what becomes of the folder, and what the report says about programs that were not watched."""

from __future__ import annotations

import os
import stat
import unittest

from harness import FFISAN, LauncherTest

EXAMPLES = os.environ["FFISAN_EXAMPLES"]


class Status(LauncherTest):
    def test_success(self) -> None:
        self.assertEqual(self.run_reported("--", "true").returncode, 0)

    def test_the_commands_own(self) -> None:
        for status in (1, 42, 124, 125, 255):
            self.assertEqual(self.run_reported("--", "sh", "-c", f"exit {status}").returncode, status)

    def test_the_commands_signal(self) -> None:
        for name, number in (("KILL", 9), ("TERM", 15), ("SEGV", 11), ("INT", 2)):
            self.assertEqual(self.run_reported("--", "sh", "-c", f"ulimit -c 0; kill -{name} $$").returncode, 128 + number)

    def test_dashes_may_be_left_out_and_later_options_are_the_commands(self) -> None:
        result = self.run_reported("echo", "--help", "--", "-x")
        self.assertEqual((result.returncode, result.stdout), (0, b"--help -- -x\n"))

    def test_findings(self) -> None:
        self.assertEqual(self.run_reported("--", "true", FFISAN_STUB_FINDING="1").returncode, 99)
        self.assertEqual(self.run_reported("--exit-code=3", "--", "true", FFISAN_STUB_FINDING="1").returncode, 3)
        self.assertEqual(self.run_reported("--exit-code=0", "--", "false", FFISAN_STUB_FINDING="1").returncode, 0)

    def test_not_found(self) -> None:
        for name in ("no-such-program-here", "./no-such-file", "/no/such/file"):
            result = self.ffisan("run", "--", name)
            self.assertEqual(result.returncode, 127)
            self.assertEqual(result.stderr.count(b"\n"), 1)
            self.assertIn(name.encode(), result.stderr)
        self.assertEqual(self.leftovers(), [])

    def test_cannot_be_run(self) -> None:
        (self.place / "data").write_text("x")
        (self.place / "broken").write_text("#!/no/such/interpreter\n")
        (self.place / "broken").chmod(0o755)
        for name, part in (("./data", b"ermission"), ("./broken", b"/no/such/interpreter"), ("/", b"ermission")):
            result = self.ffisan("run", "--", name)
            self.assertEqual(result.returncode, 126, result.stderr)
            self.assertEqual(result.stderr.count(b"\n"), 1)
            self.assertIn(part, result.stderr)
        self.assertEqual(self.leftovers(), [])

    def test_a_shim_that_is_not_there(self) -> None:
        result = self.ffisan("run", "--", "touch", "marker", FFISAN_LIBRARY="/no/such/libffisan.so")
        self.assertEqual(result.returncode, 125)
        self.assertIn(b"/no/such/libffisan.so", result.stderr)
        self.assertFalse((self.place / "marker").exists())
        self.assertEqual(self.leftovers(), [])


class Folder(LauncherTest):
    def test_is_there_during_the_run_and_gone_after_it(self) -> None:
        result = self.run_reported("--", "sh", "-c", 'stat -c %a "$XDG_RUNTIME_DIR"/ffisan-*; ls "$XDG_RUNTIME_DIR"/ffisan-*')
        mode, *names = result.stdout.decode().split()
        self.assertEqual(mode, "700")
        self.assertTrue(names and all(name.endswith(".ffr") for name in names), names)
        self.assertEqual(self.leftovers(), [])

    def test_goes_also_when_the_command_is_killed(self) -> None:
        self.run_reported("--", "sh", "-c", "kill -KILL $$")
        self.assertEqual(self.leftovers(), [])

    def test_goes_also_when_nobody_reads_the_report(self) -> None:
        script = f"{FFISAN} run -- true 2>&1 >/dev/null | :"
        self.assertEqual(self.ffisan("run", "--", "bash", "-c", script).returncode, 0)
        self.assertEqual(self.leftovers(), [])

    def test_is_kept_where_the_user_wants_it(self) -> None:
        kept = self.place / "kept"
        self.assertEqual(self.run_reported("--keep", "kept", "--", "true").returncode, 0)
        self.assertEqual(stat.S_IMODE(kept.stat().st_mode), 0o700)
        self.assertEqual([entry.suffix for entry in kept.iterdir()], [".ffr"])

    def test_is_kept_though_the_command_changes_its_folder(self) -> None:
        self.run_reported("--keep", "kept", "--", "sh", "-c", "cd / && exec true")
        self.assertEqual(len(list((self.place / "kept").iterdir())), 2)

    def test_nothing_is_kept_when_nothing_ran(self) -> None:
        self.assertEqual(self.run_reported("--keep", "kept", "--", "no-such-program-here").returncode, 127)
        self.assertFalse((self.place / "kept").exists())


class NotWatched(LauncherTest):
    def reasons(self) -> str:
        return "\n".join(entry["why"] for entry in self.not_watched())

    def test_nothing_when_all_is_well(self) -> None:
        self.run_reported("--", "true")
        self.assertEqual([entry for entry in self.not_watched() if entry["what"] == "true"], [])

    def test_static(self) -> None:
        for name in ("example_static", "example_static_pie"):
            self.assertEqual(self.run_reported("--", f"{EXAMPLES}/{name}").returncode, 0)
            self.assertIn("statically linked", self.reasons())

    def test_other_libc(self) -> None:
        if not os.path.exists(f"{EXAMPLES}/example_musl"):
            self.skipTest("no musl-gcc")
        result = self.run_reported("--", f"{EXAMPLES}/example_musl")
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertIn("not glibc's loader", self.reasons())

    def test_asan_program_runs(self) -> None:
        self.assertEqual(self.run_reported("--", f"{EXAMPLES}/example_asan").returncode, 0)

    def test_a_program_that_left_no_record(self) -> None:
        self.run_reported("--", "true", FFISAN_LIBRARY="/lib/x86_64-linux-gnu/libm.so.6")
        self.assertIn("no records", self.reasons())


if __name__ == "__main__":
    unittest.main()
