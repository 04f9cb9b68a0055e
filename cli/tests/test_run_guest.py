# SPDX-License-Identifier: Apache-2.0
"""The command finds everything as it would without the launcher, except the variables that bring the shim in."""

from __future__ import annotations

import os
import re
import subprocess
import unittest

from harness import FFISAN, LauncherTest

SHIM = os.environ["FFISAN_LIBRARY"]
BYTES = bytes(range(256)) * 300


class Streams(LauncherTest):
    def test_byte_for_byte(self) -> None:
        command = [FFISAN, "run", f"--report=json:{self.json}", "--", "sh", "-c", "tee /dev/stderr"]
        result = subprocess.run(command, input=BYTES, capture_output=True, check=False, env=self.environment, timeout=60)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, BYTES, BYTES))

    def test_text_report_comes_last_and_on_standard_error(self) -> None:
        result = self.ffisan("run", "--", "sh", "-c", "echo out; echo err >&2")
        self.assertEqual(result.stdout, b"out\n")
        self.assertTrue(result.stderr.startswith(b"err\n"))

    def test_closed_streams_stay_closed(self) -> None:
        script = f"{FFISAN} run --report=json:{self.json} -- ls /proc/self/fd <&- 2>&-"
        result = subprocess.run(
            ["sh", "-c", script], capture_output=True, check=True, env=self.environment, timeout=60
        )  # fmt: skip
        # ls opens the folder itself, on the lowest free descriptor.
        self.assertEqual(result.stdout.split(), [b"0", b"1"])

    def test_nothing_is_said_while_it_runs_but_live(self) -> None:
        quiet = self.run_reported("--", "sh", "-c", "sleep 0.3; echo end >&2", FFISAN_STUB_FINDING="1")
        self.assertEqual(quiet.stderr, b"end\n")
        live = self.run_reported("--live", "--", "sh", "-c", "sleep 1; echo end >&2", FFISAN_STUB_FINDING="1")
        self.assertRegex(live.stderr, rb"\A.+\n(.*\n)*end\n")


class Inherited(LauncherTest):
    def test_no_descriptor_of_ours(self) -> None:
        plain = subprocess.run(["ls", "/proc/self/fd"], capture_output=True, check=True, stdin=subprocess.DEVNULL, timeout=60)
        self.assertEqual(self.run_reported("--", "ls", "/proc/self/fd").stdout, plain.stdout)

    def test_descriptors_of_the_user(self) -> None:
        script = f'exec 7<harness 8>>other; {FFISAN} run --report=json:{self.json} -- sh -c "cat <&7; echo x >&8"'
        (self.place / "harness").write_text("seven\n")
        result = subprocess.run(
            ["bash", "-c", script], capture_output=True, check=True, env=self.environment, cwd=self.place, timeout=60
        )  # fmt: skip
        self.assertEqual(result.stdout, b"seven\n")
        self.assertEqual((self.place / "other").read_text(), "x\n")

    def test_folder_group_and_limits(self) -> None:
        script = "pwd; ulimit -a; umask; ps -o pgid= -p $$"
        plain = subprocess.run(["sh", "-c", script], capture_output=True, check=True, cwd=self.place, timeout=60)
        self.assertEqual(self.run_reported("--", "sh", "-c", script).stdout, plain.stdout)

    def environment_of(self, *arguments: str, **variables: str) -> dict[str, str]:
        output = self.run_reported(*arguments, "--", "env", "-0", **variables).stdout.decode()
        return dict(entry.split("=", 1) for entry in output.split("\0") if entry)

    def test_only_our_variables_are_added(self) -> None:
        found = self.environment_of()
        added = {name: value for name, value in found.items() if self.environment.get(name) != value}
        folder = added.pop("FFISAN_OPTIONS").removeprefix("records=")
        self.assertTrue(folder.startswith(f"{self.records}/ffisan-"), folder)
        self.assertEqual(added, {"LD_PRELOAD": SHIM, "ASAN_OPTIONS": "verify_asan_link_order=0"})
        self.assertEqual(set(self.environment) - set(found), set())

    def test_the_users_preload_stays(self) -> None:
        found = self.environment_of(LD_PRELOAD="libm.so.6 libdl.so.2")
        self.assertEqual(found["LD_PRELOAD"], f"{SHIM}:libm.so.6:libdl.so.2")

    def test_the_users_settings_stay_and_flags_win(self) -> None:
        flags = ["--frames=5", "--halt", "--no-default-contracts"]
        options = self.environment_of(*flags, FFISAN_OPTIONS="frames=4:leaks=0:records=/x")["FFISAN_OPTIONS"]
        self.assertRegex(options, r"\Arecords=/[^:]*/ffisan-\w+:frames=5:halt=1:leaks=0:prototypes=/[^:]*:command=\d+\Z")

    def test_flags_reach_the_shim(self) -> None:
        flags = [
            "--rules=-leak",
            "--only-library=liba*",
            "--only-library=libb",
            "--follow=py:x",
            "--quarantine=all",
            "--no-leaks",
            "--no-default-contracts",
        ]
        text = self.environment_of(*flags)["FFISAN_OPTIONS"].split(":", 1)[1]
        options = re.sub(r"command=\d+", "command=ID", text)
        self.assertEqual(options, 'rules=-leak:quarantine=all:follow="py:x":only-library=liba*,libb:leaks=0:command=ID')

    def test_python_memory(self) -> None:
        self.assertEqual(self.environment_of("--python-memory=full")["PYTHONMALLOC"], "malloc")
        self.assertEqual(self.environment_of(PYTHONMALLOC="debug")["PYTHONMALLOC"], "debug")
        self.assertNotIn("PYTHONMALLOC", self.environment_of("--python-memory=lent"))

    def test_a_run_inside_a_run(self) -> None:
        result = self.run_reported("--", FFISAN, "run", "--", "sh", "-c", "echo $LD_PRELOAD; exit 6")
        self.assertEqual((result.returncode, result.stdout.decode()), (6, f"{SHIM}\n"))
        self.assertEqual(self.leftovers(), [])

    def test_a_folder_with_a_colon_in_its_name(self) -> None:
        strange = self.place / "a:b c"
        strange.mkdir()
        self.assertEqual(self.run_reported("--", "true", XDG_RUNTIME_DIR=str(strange)).returncode, 0)
        self.assertEqual([entry for entry in self.not_watched() if "no records" in entry["why"]], [])
        self.assertEqual(list(strange.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
