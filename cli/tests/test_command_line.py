# SPDX-License-Identifier: Apache-2.0
"""What is refused before anything runs: one sentence that names it, status 125. And the help that exists."""

from __future__ import annotations

import unittest
from collections.abc import Callable

from harness import LauncherTest

# Test's name: (arguments; "{marker}" makes a file if the command runs after all, what the sentence must name)
REFUSED: dict[str, tuple[list[str], list[str]]] = {
    "no_command_of_ours": ([], ["--help"]),
    "unknown_command": (["rnu"], ["'rnu'", "ffisan run"]),
    "unknown_command_like_no_other": (["pytest"], ["'pytest'", "ffisan run -- pytest"]),
    "option_before_the_command": (["--quiet", "run"], ["'--quiet'"]),
    "planned_sweep": (["sweep", "--", "touch", "{marker}"], ["'sweep'", "not in this version"]),
    "planned_fuzz": (["fuzz"], ["'fuzz'", "not in this version"]),
    "planned_lab": (["lab"], ["'lab'", "not in this version"]),
    "contract_without_a_command": (["contract"], ["check", "show"]),
    "contract_with_another_command": (["contract", "chek", "x.h"], ["'chek'", "did you mean 'ffisan contract check'"]),
    "missing_command": (["run"], ["ffisan run -- "]),
    "missing_command_behind_dashes": (["run", "--live", "--"], ["ffisan run -- "]),
    "empty_command": (["run", "--", ""], ["empty"]),
    "unknown_option": (["run", "--bogus", "--", "touch", "{marker}"], ["--bogus"]),
    "option_of_a_later_version_inject": (["run", "--inject=x", "--", "touch", "{marker}"], ["--inject"]),
    "option_without_its_value": (["run", "--wait"], ["--wait"]),
    "frames_too_many": (["run", "--frames=17", "--", "touch", "{marker}"], ["--frames", "1 to 16", "'17'"]),
    "frames_no_number": (["run", "--frames=many", "--", "touch", "{marker}"], ["--frames", "'many'"]),
    "quarantine_unknown": (["run", "--quarantine=some", "--", "touch", "{marker}"], ["--quarantine", "'some'"]),
    "python_memory_unknown": (["run", "--python-memory=all", "--", "touch", "{marker}"], ["--python-memory", "'all'"]),
    "wait_negative": (["run", "--wait=-1", "--", "touch", "{marker}"], ["--wait", "'-1'"]),
    "wait_no_number": (["run", "--wait=soon", "--", "touch", "{marker}"], ["--wait", "'soon'"]),
    "wait_infinite": (["run", "--wait=inf", "--", "touch", "{marker}"], ["--wait", "'inf'"]),
    "wait_not_a_number": (["run", "--wait=nan", "--", "touch", "{marker}"], ["--wait", "'nan'"]),
    "follow_with_a_quote": (["run", '--follow=a"b', "--", "touch", "{marker}"], ["--follow"]),
    "quiet_and_verbose": (["run", "--quiet", "--verbose", "--", "touch", "{marker}"], ["--quiet", "--verbose"]),
    "quiet_and_live": (["run", "--quiet", "--live", "--", "touch", "{marker}"], ["--quiet", "--live"]),
    "keep_where_something_is": (["run", "--keep=/etc", "--", "touch", "{marker}"], ["/etc", "not empty"]),
    "keep_in_nowhere": (["run", "--keep=/no/such/dir", "--", "touch", "{marker}"], ["/no/such/dir"]),
    "doctor_unknown_option": (["doctor", "--bogus"], ["--bogus"]),
}

# Test's name: (FFISAN_OPTIONS, what the sentence must name)
REFUSED_VARIABLES: dict[str, tuple[str, list[str]]] = {
    "unknown_key": ("nonsense=1", ["FFISAN_OPTIONS", "'nonsense'"]),
    "no_value": ("halt", ["FFISAN_OPTIONS", "'halt'"]),
    "open_quote": ('follow="a:b', ["FFISAN_OPTIONS", "'follow'"]),
    "bad_number": ("frames=99", ["FFISAN_OPTIONS", "frames", "'99'"]),
}


class CommandLine(LauncherTest):
    def assert_refused(self, arguments: list[str], named: list[str], **variables: str) -> None:
        marker = self.place / "marker"
        result = self.ffisan(*(argument.format(marker=marker) for argument in arguments), **variables)
        message = result.stderr.decode()
        self.assertEqual(result.returncode, 125, message)
        self.assertEqual(result.stdout, b"")
        self.assertTrue(message.startswith("ffisan"), message)
        for part in named:
            self.assertIn(part, message.splitlines()[0])
        self.assertFalse(marker.exists(), "the command was run")
        self.assertEqual(self.leftovers(), [])

    def test_help_lists_what_exists_and_nothing_else(self) -> None:
        result = self.ffisan("--help")
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        for command in (b"run", b"report", b"explain", b"doctor"):
            self.assertRegex(result.stdout, rb"\n  %s +\w" % command)
        for planned in (b"sweep", b"fuzz", b"lab"):
            self.assertNotIn(planned, result.stdout)

    def test_version_names_all_versions(self) -> None:
        for arguments in (["--version"], ["run", "--version"]):
            result = self.ffisan(*arguments)
            self.assertEqual(result.returncode, 0)
            self.assertRegex(
                result.stdout,
                rb"\Affisan \d+\.\d+\.\d+\nrecord format \d+\nreport schema ffisan-report-1\ncontract table \d+\n\Z",
            )

    def test_run_help_has_an_example_and_only_what_exists(self) -> None:
        result = self.ffisan("run", "--help")
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertIn(b"$ ffisan run -- pytest", result.stdout)
        for option in (b"--halt", b"--python-memory", b"--follow", b"--wait", b"--live", b"--keep", b"--frames", b"--report",
                       b"--revoke", b"--with"):  # fmt: skip
            self.assertIn(option, result.stdout)
        self.assertNotIn(b"--inject", result.stdout)

    def test_rules_list_runs_nothing(self) -> None:
        result = self.ffisan("run", "--rules", "list", "--", "touch", "marker")
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertRegex(result.stdout, rb"(?m)^double-free +error +\w")
        self.assertRegex(result.stdout, rb"(?m)^leak +warning +\w")
        self.assertFalse((self.place / "marker").exists())


def refusing(arguments: list[str], named: list[str], **variables: str) -> Callable[[CommandLine], None]:
    return lambda test: test.assert_refused(arguments, named, **variables)


for name, row in REFUSED.items():
    setattr(CommandLine, f"test_refuses_{name}", refusing(*row))
for name, (value, names) in REFUSED_VARIABLES.items():
    test = refusing(["run", "--", "touch", "{marker}"], names, FFISAN_OPTIONS=value)
    setattr(CommandLine, f"test_refuses_variable_with_{name}", test)

if __name__ == "__main__":
    unittest.main()
