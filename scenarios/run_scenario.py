# SPDX-License-Identifier: Apache-2.0
"""Runs a scenario with and without FFISan, and says in which way the outcome is not what it has to be.

    run_scenario.py scenario FOLDER buggy|fixed --build FOLDER [--runtime NAME]    against FOLDER/expected.json
    run_scenario.py silent [--option=OPTION] COMMAND...                            no finding at all, the command's own results
    run_scenario.py silent [--option=OPTION] --runtime NAME PROGRAM...             the same of a runtime's program
        --crossings=N          and at least so many of its calls were seen
        --not-watched=TEXT     or the report says this of them

The environment names what is tested: FFISAN (the launcher), FFISAN_LIBRARY (the shim), GREETING_LIBRARY and
GREETING_LIBRARY_STRIPPED.

expected.json:
    rule       the finding that there must be; findings of other rules must not be
    also       rules whose findings may be there too: what the same mistake leads to
    plain      what the program does without FFISan: "same" (as with it), the name of the signal that it dies of
               (with it too), or "undefined" (with FFISan it does what its fixed twin does)
    severity   default "error"
    runtime, library, function, test   fields of the finding; `test` is the end of it
    argument   its index, from 0
    says       texts that its message or its fix has in it
    frames     by role: functions that the stack must name
    python     by role: a file that a Python frame must name
    roles      stacks that the finding must have
    at_least   occurrences
    command    instead of the folder's program (runtimes.py); {python} and {variant} are filled in
    options    for `ffisan run`
    libraries  that the compiled part of the scenario is linked with
    varies     a regular expression: what it matches in the program's output is not compared
"""

import argparse
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import runtimes

EXIT_CODE = 99
UNKNOWN = 1000  # no status that a program can have
CLEARED = ("LD_PRELOAD", "FFISAN_OPTIONS", "PYTHONMALLOC")
HERE = Path(__file__).resolve().parent
SCHEMA = json.loads((HERE.parent / "cli" / "report-schema.json").read_text())
TIMEOUT = 100


@dataclass
class Outcome:
    """What a program did, as its user sees it; `status` is negative for a signal, as subprocess has it."""

    status: int
    stdout: str
    stderr: str

    def without(self, varies: str | None) -> "Outcome":
        if not varies:
            return self
        return Outcome(self.status, re.sub(varies, "…", self.stdout), re.sub(varies, "…", self.stderr))


class Complaints(list[str]):
    def unless(self, condition: bool, sentence: str) -> None:
        if not condition:
            self.append(sentence)


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in CLEARED}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"} | more


def run(command: list[str], folder: Path, **more: str) -> Outcome:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def run_watched(command: list[str], folder: Path, options: list[str], **more: str) -> tuple[Outcome, dict[str, Any]]:
    """The launcher's outcome, and its report, which is valid."""
    with tempfile.TemporaryDirectory(prefix="ffisan-scenario-") as scratch:
        path = Path(scratch) / "report.json"
        launcher = [os.environ["FFISAN"], "run", "--report", f"json:{path}", *options, "--", *command]
        outcome = run(launcher, folder, **more)
        if not path.exists():
            sys.exit(f"no report was written; status {outcome.status}, standard error:\n{outcome.stderr}")
        report: dict[str, Any] = json.loads(path.read_text())
    jsonschema.validate(report, SCHEMA)
    return outcome, report


def program_status(report: dict[str, Any]) -> int:
    result = report["result"]
    if result["signal"] is None:
        return int(result["exit_status"] if result["exit_status"] is not None else UNKNOWN)
    return -int(signal.Signals[result["signal"]] if isinstance(result["signal"], str) else result["signal"])


def stack_of(finding: dict[str, Any], role: str) -> list[dict[str, Any]]:
    return [frame for stack in finding["stacks"] if stack["role"] == role for frame in stack["frames"]]


def check_finding(finding: dict[str, Any], expected: dict[str, Any]) -> Complaints:
    wrong = Complaints()
    named = ("severity", "runtime", "library", "function")
    fields = {"severity": "error"} | {key: expected[key] for key in named if key in expected}
    for key, value in fields.items():
        wrong.unless(finding.get(key) == value, f"{key} is {finding.get(key)!r}, not {value!r}")
    if "test" in expected:
        wrong.unless((finding.get("test") or "").endswith(expected["test"]), f"test is {finding.get('test')!r}")
    if "argument" in expected:
        index = (finding.get("argument") or {}).get("index")
        wrong.unless(index == expected["argument"], f"argument is {index}, not {expected['argument']}")
    for text in expected.get("says", []):
        wrong.unless(text in finding["message"] + finding["fix"], f"{text!r} is not said: {finding['message']} {finding['fix']}")
    for role in expected.get("roles", []):
        wrong.unless(bool(stack_of(finding, role)), f"there is no stack {role!r}")
    for role, functions in expected.get("frames", {}).items():
        seen = [frame.get("function") for frame in stack_of(finding, role)]
        for function in functions:
            found = any(name and name.split("(")[0] == function for name in seen)
            wrong.unless(found, f"{role}: no frame of {function} in {seen}")
    for role, file in expected.get("python", {}).items():
        seen = [frame.get("file") for frame in stack_of(finding, role) if frame["language"] == "python"]
        found = any(name and name.endswith(file) for name in seen)
        wrong.unless(found, f"{role}: no Python frame in {file}, only {seen}")
    wrong.unless(bool(finding["message"]) and bool(finding["fix"]), "there is no message or no fix")
    return wrong


def check_buggy(report: dict[str, Any], expected: dict[str, Any]) -> Complaints:
    wrong = Complaints()
    findings = [finding for finding in report["findings"] if finding["rule"] == expected["rule"]]
    for finding in report["findings"]:
        known = finding in findings or finding["rule"] in expected.get("also", [])
        wrong.unless(known, f"unexpected finding {finding['rule']}: {finding['message']}")
    if not findings:
        wrong.append(f"there is no finding {expected['rule']}")
        return wrong
    wrong.extend(min((check_finding(finding, expected) for finding in findings), key=len))
    count = sum(finding["count"] for finding in findings)
    wrong.unless(count >= expected.get("at_least", 1), f"{count} occurrences, not {expected.get('at_least')}")
    return wrong


def check_nothing(report: dict[str, Any]) -> Complaints:
    found = [f for f in report["findings"] if not f["suppressed"]]
    return Complaints(f"unexpected finding {f['rule']} ({f['severity']}): {f['message']}" for f in found)


def check_outcome(watched: Outcome, status: int, reference: Outcome) -> Complaints:
    """`status` is the program's own, from the report; the launcher's may be that of a finding."""
    wrong = Complaints()
    wrong.unless(status == reference.status, f"the program's status is {status}, not {reference.status}")
    wrong.unless(watched.stdout == reference.stdout, f"standard output is\n{watched.stdout}not\n{reference.stdout}")
    wrong.unless(watched.stderr == reference.stderr, f"standard error is\n{watched.stderr}not\n{reference.stderr}")
    return wrong


def shell_status(status: int) -> int:
    return 128 - status if status < 0 else status


def command_of(runtime: str, folder: Path, variant: str, build: Path, expected: dict[str, Any]) -> list[str]:
    if "command" in expected:
        return [part.format(python=runtimes.PYTHON, variant=variant) for part in expected["command"]]
    return runtimes.command_of(runtime, folder, variant, build)


def run_variant(runtime: str, folder: Path, variant: str, build: Path) -> Complaints:
    expected = json.loads((folder / "expected.json").read_text())
    varies = expected.get("varies")

    def plain(which: str) -> Outcome:
        place = build.parent / which
        command = command_of(runtime, folder, which, place, expected)
        return run(command, folder, **runtimes.environment_of(place, which)).without(varies)

    command = command_of(runtime, folder, variant, build, expected)
    watched, report = run_watched(command, folder, expected.get("options", []), **runtimes.environment_of(build, variant))
    watched, status = watched.without(varies), program_status(report)
    without = expected["plain"]
    reference = plain("fixed" if variant == "buggy" and without == "undefined" else variant)
    wrong = check_outcome(watched, status, reference)
    if variant == "fixed":
        wrong.extend(check_nothing(report))
        wrong.unless(watched.status == reference.status, f"ffisan's status is {watched.status}, not {reference.status}")
        return wrong
    if without.startswith("SIG"):
        died = reference.status == -signal.Signals[without]
        wrong.unless(died, f"without FFISan the status is {reference.status}, not {without}")
    errors = any(finding["severity"] == "error" for finding in report["findings"])
    own = EXIT_CODE if errors else shell_status(status)
    wrong.unless(watched.status == own, f"ffisan's status is {watched.status}, not {own}")
    wrong.extend(check_buggy(report, expected))
    return wrong


def check_reach(report: dict[str, Any], crossings: int, not_watched: str | None) -> Complaints:
    wrong = Complaints()
    seen = report["summary"]["crossings"]
    wrong.unless(seen >= crossings, f"only {seen} crossings were seen, not {crossings}")
    said = [omission["what"] for omission in report["not_watched"]]
    wrong.unless(not_watched is None or any(not_watched in what for what in said), f"{not_watched!r} is not among {said}")
    return wrong


def run_silent(command: list[str], given: argparse.Namespace, variables: dict[str, str]) -> Complaints:
    if shutil.which(command[0]) is None:
        runtimes.missing(command[0], "ci/packages")
    folder = Path.cwd()
    reference = run(command, folder, **variables)
    watched, report = run_watched(command, folder, given.option, **variables)
    wrong = check_outcome(watched, program_status(report), reference)
    return Complaints(wrong + check_nothing(report) + check_reach(report, given.crossings, given.not_watched))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run a scenario with and without FFISan.")
    modes = parser.add_subparsers(dest="mode", required=True)
    scenario = modes.add_parser("scenario")
    scenario.add_argument("folder", type=Path)
    scenario.add_argument("variant", choices=["buggy", "fixed"])
    scenario.add_argument("--build", type=Path, required=True)
    scenario.add_argument("--runtime", choices=runtimes.RUNTIMES, help="default: the folder that FOLDER is in")
    silent = modes.add_parser("silent")
    silent.add_argument("--option", action="append", default=[])
    silent.add_argument("--runtime", choices=runtimes.RUNTIMES, help="that starts COMMAND")
    silent.add_argument("--crossings", type=int, default=0)
    silent.add_argument("--not-watched")
    silent.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args()


def run_given(given: argparse.Namespace) -> Complaints:
    if given.mode == "scenario":
        folder = given.folder.resolve()
        runtime = given.runtime or folder.parent.name
        runtimes.require(runtime, given.build.resolve())
        return run_variant(runtime, folder, given.variant, given.build.resolve())
    if given.runtime is None:
        return run_silent(given.command, given, {})
    runtimes.require(given.runtime)
    command = [*runtimes.RUNTIMES[given.runtime].command, *given.command]
    return run_silent(command, given, runtimes.environment_of(Path.cwd(), "fixed"))


def main() -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    wrong = run_given(arguments())
    for sentence in wrong:
        print(sentence)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
