#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The checker for CPython, tried inside every interpreter on the machine: /usr/bin/python3 and those under ~/.pyenv/versions.

interpreters.py --probe PROBE.so --source TOP_OF_TREE [--lines STEP] [--only TEXT] [--interpreter TEXT]
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import NamedTuple

HERE = pathlib.Path(__file__).parent
OLDEST, NEWEST = (3, 8), (3, 13)
END = "atexit\nwhole\none end\nin order\n"


class Interpreter(NamedTuple):
    path: pathlib.Path
    version: tuple[int, int]
    include: pathlib.Path
    free_threaded: bool


def ask(path: pathlib.Path) -> Interpreter | None:
    question = (
        "import sys, sysconfig; print(*sys.version_info[:2], "
        "int(bool(sysconfig.get_config_var('Py_GIL_DISABLED'))), sysconfig.get_paths()['include'])"
    )
    try:
        answer = subprocess.run([path, "-c", question], capture_output=True, text=True, timeout=60, check=True).stdout.split(
            maxsplit=3
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return Interpreter(path, (int(answer[0]), int(answer[1])), pathlib.Path(answer[3].strip()), answer[2] == "1")


def interpreters(only: str = "") -> list[Interpreter]:
    """Those whose path has `only` in it."""
    paths = [pathlib.Path("/usr/bin/python3")]
    paths += sorted((pathlib.Path.home() / ".pyenv" / "versions").glob("3.*/bin/python3"))
    found = [interpreter for interpreter in map(ask, filter(lambda path: only in str(path), paths)) if interpreter]
    return [interpreter for interpreter in found if OLDEST <= interpreter.version <= NEWEST and not interpreter.free_threaded]


class Case(NamedTuple):
    name: str
    script: list[str]
    options: list[str] = []
    environment: dict[str, str] = {}
    output: str | None = None  # the whole of it; None: its last line begins with "ok"
    oldest: tuple[int, int] = OLDEST


def cases(step: int) -> list[Case]:
    found = [
        Case("frames", ["inside_frames.py"]),
        Case("frames, development mode", ["inside_frames.py"], ["-X", "dev"]),
        Case("domains", ["inside_domains.py", "pymalloc"]),
        Case("domains, traced from the start", ["inside_domains.py", "pymalloc"], ["-X", "tracemalloc"]),
        Case("domains, malloc", ["inside_domains.py", "malloc"], [], {"PYTHONMALLOC": "malloc"}),
        Case("domains, debug", ["inside_domains.py", "blind"], [], {"PYTHONMALLOC": "debug"}),
        Case("domains, malloc_debug", ["inside_domains.py", "blind"], [], {"PYTHONMALLOC": "malloc_debug"}),
        Case("domains, development mode", ["inside_domains.py", "blind"], ["-X", "dev"]),
        Case("domains, mimalloc", ["inside_domains.py", "blind"], [], {"PYTHONMALLOC": "mimalloc"}, None, (3, 13)),
        Case("kept memory", ["inside_kept.py"]),
        Case("kept memory, traced", ["inside_kept.py"], ["-X", "tracemalloc"]),
        Case("kept memory, debug", ["inside_kept.py"], [], {"PYTHONMALLOC": "pymalloc_debug"}),
        Case("held memory", ["inside_held.py"]),
        Case("held memory, traced", ["inside_held.py"], ["-X", "tracemalloc"]),
        Case("held memory, debug", ["inside_held.py"], [], {"PYTHONMALLOC": "pymalloc_debug"}),
        Case("held memory, malloc", ["inside_held.py"], [], {"PYTHONMALLOC": "malloc"}),
        Case("calls", ["inside_calls.py"]),
        Case("calls, found by a tick", ["inside_calls.py", "late"]),
        Case("cffi", ["inside_cffi.py"]),
        Case("calls, development mode", ["inside_calls.py"], ["-X", "dev"]),
        Case("places", ["inside_places.py"]),
        Case("words", ["inside_words.py"]),
        Case("words, malloc", ["inside_words.py"], [], {"PYTHONMALLOC": "malloc"}),
        Case("words, debug", ["inside_words.py"], [], {"PYTHONMALLOC": "debug"}),
        Case("holders", ["inside_holders.py"]),
        Case("holders, development mode", ["inside_holders.py"], ["-X", "dev"]),
        Case("lines", ["inside_lines.py", str(step)]),
    ]
    for how, options, environment in (
        ("", [], {}),
        (", malloc", [], {"PYTHONMALLOC": "malloc"}),
        (", debug", [], {"PYTHONMALLOC": "debug"}),
        (", traced", ["-X", "tracemalloc=4"], {}),
    ):
        found.append(Case("end" + how, ["inside_end.py"], options, environment, END))
        found.append(Case("end, daemon threads" + how, ["inside_end.py", "daemons"], options, environment, END))
    return found


def run(case: Case, interpreter: Interpreter, probe: str) -> str:
    """What went wrong, or nothing."""
    environment = {**os.environ, **case.environment, "LD_PRELOAD": probe, "FFISAN_PROBE": probe, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(interpreter.path), *case.options, str(HERE / case.script[0]), *case.script[1:]]
    try:
        result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        return "hangs"
    last = (result.stdout.splitlines() or [""])[-1]
    good = last.startswith("ok") if case.output is None else result.stdout == case.output
    if good and result.returncode == 0:
        return ""
    return f"status {result.returncode}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}"


def offsets(interpreter: Interpreter, source: pathlib.Path, table: bool) -> str:
    with tempfile.TemporaryDirectory() as folder:
        program = str(pathlib.Path(folder) / "layout")
        flags = (
            ["-DTABLE", f"-I{source / 'checkers'}"]
            if table
            else [f"-I{interpreter.include}", f"-I{interpreter.include / 'internal'}"]
        )
        subprocess.run(["cc", "-w", *flags, str(HERE / "layout.c"), "-o", program], check=True)
        version = f"{interpreter.version[0] << 8 | interpreter.version[1]:x}"
        return subprocess.run([program, version], capture_output=True, text=True, check=True).stdout


def layout(interpreter: Interpreter, source: pathlib.Path) -> str:
    """What versions.h has otherwise than the interpreter's headers, or nothing."""
    ours, theirs = (set(offsets(interpreter, source, table).splitlines()) for table in (True, False))
    return "" if ours == theirs else f"versions.h {sorted(ours - theirs)}, headers {sorted(theirs - ours)}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--probe", required=True)
    parser.add_argument("--source", required=True, type=pathlib.Path)
    parser.add_argument("--lines", type=int, default=25, help="take each n-th file of the standard library")
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--interpreter", default="", help="interpreters whose path has this in it")
    arguments = parser.parse_args()
    passed = failed = skipped = 0

    def judge(interpreter: Interpreter, name: str, attempt: Callable[[], str]) -> None:
        nonlocal passed, failed
        if arguments.only not in name:
            return
        wrong = attempt()
        passed, failed = passed + (not wrong), failed + bool(wrong)
        if wrong:
            print(f"{interpreter.path}: {name}: {wrong}")

    found = interpreters(arguments.interpreter)
    for interpreter in found:
        for case in cases(arguments.lines):
            if interpreter.version >= case.oldest:
                judge(interpreter, case.name, lambda case=case: run(case, interpreter, arguments.probe))  # type: ignore[misc]
        if (interpreter.include / "internal").is_dir():
            judge(interpreter, "layout", lambda: layout(interpreter, arguments.source))
        else:
            skipped += 1
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        skipped += not arguments.interpreter and not any(interpreter.version == (3, minor) for interpreter in found)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
