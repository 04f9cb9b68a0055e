#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the API, tried with real extensions and the real shim in every interpreter on the machine.

extensions.py --launcher ffisan --shim libffisan.so [--only TEXT]
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import NamedTuple

from interpreters import HERE, Interpreter, interpreters

PLANTED = [
    ("no-gil", "PyBytes_Size"),
    ("no-gil", "PyDict_Size"),
    ("no-gil", "PyList_Size"),
    ("no-gil", "PySet_Size"),
    ("no-gil", "PyTuple_Size"),
    ("unattached-thread", "PyByteArray_Size"),
    ("unattached-thread", "PyByteArray_Size"),
]
SLOTS = {"lazy": ["-Wl,-z,lazy"], "now": ["-Wl,-z,now"], "no PLT": ["-fno-plt", "-Wl,-z,now"]}


OF_THE_API = "no-gil,unattached-thread"
OF_FUNCTIONS = "no-gil,unattached-thread,pending-error,gil-held-blocking,borrowed-decref,over-steal,double-free"
CALLED = [
    ("double-free", "called.free_twice called.call", "free"),
    ("gil-held-blocking", "called.compute_here", "called.compute_here"),
    ("gil-held-blocking", "called.compute_last called.call", "called.compute_last"),
    ("gil-held-blocking", "called.nap_here", "called.nap_here"),
    ("pending-error", "called.call_with_error", "called.call_with_error"),
    ("pending-error", "called.fail_silently", "called.fail_silently"),
    ("pending-error", "called.leave_error", "called.leave_error"),
]


class Case(NamedTuple):
    name: str
    command: list[str]
    expected: list[tuple[str, ...]]  # of each finding: its rule, the functions that were at work, and what it begins with
    rules: str = OF_THE_API


def build(interpreter: Interpreter, source: str, target: pathlib.Path, flags: list[str]) -> None:
    command = ["cc", "-w", "-O1", "-fPIC", f"-I{interpreter.include}", str(HERE / source), "-o", str(target), *flags]
    subprocess.run(command, check=True)


def library_flags(interpreter: Interpreter, static: bool) -> list[str]:
    """How a program embeds it; empty: it cannot."""
    question = "import sysconfig as s; print(*map(s.get_config_var, ('LIBDIR', 'LDVERSION', 'LIBPL', 'LIBS')), sep='\\n')"
    answer = subprocess.run([interpreter.path, "-c", question], capture_output=True, text=True, check=True).stdout
    folder, version, archives, libraries = answer.splitlines()
    archive = pathlib.Path(archives) / f"libpython{version}.a"
    if static:
        flags = [
            str(archive),
            "-no-pie",
            "-Wl,--export-dynamic",
            *libraries.split(),
            "-lm",
            "-lz",
            "-lexpat",
            "-lutil",
            "-ldl",
            "-pthread",
        ]
        return flags if archive.exists() else []
    return [f"-L{folder}", f"-Wl,-rpath,{folder}", f"-lpython{version}", "-pthread"]


def cases(interpreter: Interpreter, folder: pathlib.Path) -> list[Case]:
    found = []
    for slots, flags in SLOTS.items():
        place = folder / slots
        place.mkdir()
        build(interpreter, "guarded.c", place / "guarded.so", ["-shared", "-pthread", *flags])
        program = ["env", f"PYTHONPATH={place}", str(interpreter.path), str(HERE / "inside_guarded.py")]
        found.append(Case(f"legal, {slots}", [*program, "legal"], []))
        found.append(Case(f"planted, {slots}", [*program, "planted"], PLANTED))
    found.append(Case("ending", [*program, "ending"], []))
    for flags in [], ["-O2", "-fno-plt"], ["-O0"]:
        name = " ".join(["called", *flags])
        (folder / name).mkdir()
        build(interpreter, "called.c", folder / name / "called.so", ["-shared", *flags])
        program = ["env", f"PYTHONPATH={folder / name}", str(interpreter.path), str(HERE / "inside_called.py")]
        found.append(Case(f"{name}, legal", [*program, "legal"], [], OF_FUNCTIONS))
        found.append(Case(f"{name}, planted", [*program, "planted"], CALLED, OF_FUNCTIONS))
    for kind in ("shared", "static"):
        flags = library_flags(interpreter, kind == "static")
        if flags:
            build(interpreter, "embedding.c", folder / kind, flags)
            program = ["env", f"PYTHONPATH={place}", f"PYTHONHOME={home(interpreter)}", str(folder / kind)]
            found.append(Case(f"embedding, {kind}", [*program, "legal"], []))
            found.append(Case(f"embedding, {kind}, planted", [*program, "planted"], [("no-gil", "PyBytes_Size")]))
    return found


def home(interpreter: Interpreter) -> str:
    question = "import sys; print(sys.base_prefix)"
    return subprocess.run([interpreter.path, "-c", question], capture_output=True, text=True, check=True).stdout.strip()


def facts(finding: dict, inside: bool) -> tuple[str, ...]:
    functions = " ".join(call["function"] for call in finding.get("inside", []))
    return (finding["rule"], *([functions] if inside else []), finding["message"].partition("()")[0])


def run(case: Case, launcher: str, shim: str, folder: pathlib.Path) -> str:
    """What went wrong, or nothing."""
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    environment = {**os.environ, "FFISAN_LIBRARY": shim, "PYTHONDONTWRITEBYTECODE": "1"}
    rules = ",+".join(["none", "foreign-crash", *case.rules.split(",")])
    command = [launcher, "run", f"--rules={rules}", f"--report=json:{report}", "--", *case.command]
    try:
        result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "hangs"
    findings = json.loads(report.read_text())["findings"] if report.exists() else []
    found = sorted(facts(finding, case.rules != OF_THE_API) for finding in findings)
    last = (result.stdout.splitlines() or [""])[-1]
    if found == case.expected and last == "ok":
        return ""
    return f"status {result.returncode}, found {found}\n{result.stdout[-2000:]}\n{result.stderr[-3000:]}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--launcher", required=True)
    parser.add_argument("--shim", required=True)
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--interpreter", default="", help="interpreters whose path has this in it")
    arguments = parser.parse_args()
    passed = failed = 0
    for interpreter in interpreters(arguments.interpreter):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for case in cases(interpreter, folder):
                if arguments.only not in case.name:
                    continue
                wrong = run(case, arguments.launcher, arguments.shim, folder)
                passed, failed = passed + (not wrong), failed + bool(wrong)
                if wrong:
                    print(f"{interpreter.path}: {case.name}: {wrong}")
    print(f"{passed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
