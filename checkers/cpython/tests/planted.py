#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The functions of guilty.c under the real shim, in every interpreter on the machine: each breaks its rule, and no other.

planted.py --launcher ffisan --shim libffisan.so [--interpreter TEXT]
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from interpreters import HERE, Interpreter, interpreters

RULES = "none,+stale-interior,+buffer-not-released,+foreign-crash"
WAYS = {
    "": ([], {}),
    ", slots bound at once": (["-fno-plt", "-Wl,-z,now"], {}),
    ", malloc": ([], {"PYTHONMALLOC": "malloc"}),
    ", debug": ([], {"PYTHONMALLOC": "debug"}),
}


def expected() -> set[tuple[str, str]]:
    rules = {"STALE": "stale-interior", "TAKEN": "buffer-not-released"}
    rows = re.findall(r'^ *\{"(\w+)", .*, (STALE|TAKEN)\},$', (HERE / "guilty.c").read_text(), re.MULTILINE)
    return {(f"guilty.{name}", rules[rule]) for name, rule in rows}


def build(interpreter: Interpreter, folder: pathlib.Path, flags: list[str]) -> None:
    command = ["cc", "-w", "-O1", "-g", "-fPIC", "-shared", f"-I{interpreter.include}", *flags]
    subprocess.run([*command, str(HERE / "guilty.c"), "-o", str(folder / "guilty.so")], check=True)


def run(interpreter: Interpreter, launcher: str, shim: str, flags: list[str], environment: dict[str, str]) -> str:
    """What went wrong, or nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        build(interpreter, folder, flags)
        report = folder / "report.json"
        command = [launcher, "run", f"--rules={RULES}", f"--report=json:{report}", "--", str(interpreter.path)]
        variables = {**os.environ, **environment, "FFISAN_LIBRARY": shim, "PYTHONPATH": name, "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            result = subprocess.run(
                [*command, str(HERE / "inside_guilty.py")], env=variables, capture_output=True, text=True, timeout=120
            )
        except subprocess.TimeoutExpired:
            return "hangs"
        findings = json.loads(report.read_text())["findings"] if report.exists() else []
    found = {(finding["function"], finding["rule"]) for finding in findings}
    wrong = [f"not found: {row}" for row in sorted(expected() - found)] + [f"false: {row}" for row in sorted(found - expected())]
    if result.stdout != "ok\n":
        wrong.append(f"status {result.returncode}\n{result.stdout[-1000:]}\n{result.stderr[-2000:]}")
    return "\n  ".join(wrong)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--launcher", required=True)
    parser.add_argument("--shim", required=True)
    parser.add_argument("--interpreter", default="", help="interpreters whose path has this in it")
    arguments = parser.parse_args()
    passed = failed = 0
    for interpreter in interpreters(arguments.interpreter):
        for way, (flags, environment) in WAYS.items():
            wrong = run(interpreter, arguments.launcher, arguments.shim, flags, environment)
            passed, failed = passed + (not wrong), failed + bool(wrong)
            if wrong:
                print(f"{interpreter.path}{way}:\n  {wrong}")
    print(f"{passed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
