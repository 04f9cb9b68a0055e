#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""borrowed-decref and over-steal in every interpreter on the machine: its own build of references.c does wrong, and right.

references.py --launcher ffisan --shim libffisan.so [--only TEXT] [--interpreter TEXT]
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from interpreters import HERE, Interpreter, interpreters

BORROWED, STEAL = "borrowed-decref", "over-steal"
KINDS = ("int", "str", "bytes", "list", "dict", "instance")
# What each function is asked to do wrong with, and what the rule says.
GUILTY = {
    "one": BORROWED,
    "tuple": BORROWED,
    "keywords": BORROWED,
    "keywords_named": BORROWED,
    "fast": BORROWED,
    "fast_keywords": BORROWED,
    "list_item": BORROWED,
    "tuple_item": BORROWED,
    "dict_item": BORROWED,
    "attribute": BORROWED,
    "return_argument": BORROWED,
    "return_item": BORROWED,
    "return_dict_item": BORROWED,
    "get": BORROWED,
    "set": BORROWED,
    "drop": BORROWED,
    "self": BORROWED,
    "pack": BORROWED,
    "put_item": BORROWED,
    "set_list": STEAL,
    "set_tuple": STEAL,
    "set_refused": STEAL,
    "add_object": STEAL,
}
# The same with what it made itself.
MADE = {"list_made": STEAL, "tuple_made": STEAL, "add_made": STEAL, "twice_made": BORROWED}
MADE_KINDS = ("int", "str", "bytes", "list", "dict", "tuple", "float")
DEADLY = ("one", "list_item", "dict_item", "attribute", "drop", "set_tuple", "add_object", "add_made")


def build(interpreter: Interpreter, folder: pathlib.Path) -> None:
    command = ["cc", "-w", "-O2", "-fPIC", "-shared", f"-I{interpreter.include}"]
    subprocess.run([*command, str(HERE / "references.c"), "-o", str(folder / "referring.so")], check=True)


def findings(
    interpreter: Interpreter, launcher: str, folder: pathlib.Path, arguments: list[str]
) -> tuple[str, list[dict[str, str]]]:
    """What the program says, and what FFISan finds."""
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [launcher, "run", "--report", f"json:{report}", "--scan-budget", "100", "--"]
    result = subprocess.run(
        [*command, str(interpreter.path), str(HERE / "references_inside.py"), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    found = json.loads(report.read_text())["findings"] if report.exists() else []
    return result.stdout + result.stderr[-2000:], found


def wrongs(interpreter: Interpreter, launcher: str, folder: pathlib.Path, only: str) -> list[str]:
    wrong = []

    def legal() -> None:
        said, found = findings(interpreter, launcher, folder, ["legal"])
        if not said.startswith("ok"):
            wrong.append(f"legal: {said}")
        wrong.extend(f"legal: {one['rule']}: {one['message']}" for one in found)

    def guilty(name: str, kind: str, how: str) -> None:
        said, found = findings(interpreter, launcher, folder, [how, name, kind])
        if how == "deadly":  # the container that still leads to the dead object is cleared when the interpreter ends
            found = [one for one in found if one["rule"] != "foreign-crash"]
        rule = {**GUILTY, **MADE}[name]
        right = [one for one in found if one["rule"] == rule and "referring." in one["message"]]
        wanted = {"guilty": 2 * len(KINDS), "made": 2 * len(MADE_KINDS)}.get(how, 1)
        if len(right) != len(found) or sum(one["count"] for one in right) < wanted:
            wrong.append(f"{how} {name} {kind}: {[one['message'] for one in found]} {said}")

    if only in "legal":
        legal()
    for name in GUILTY:
        if only in name:
            guilty(name, "all", "guilty")
    for name in MADE:
        if only in name and name not in DEADLY:
            guilty(name, "all", "made")
    for name in DEADLY:
        if only in "deadly " + name:
            guilty(name, "instance", "deadly")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--launcher", required=True)
    parser.add_argument("--shim", required=True)
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--interpreter", default="", help="interpreters whose path has this in it")
    arguments = parser.parse_args()
    os.environ["FFISAN_LIBRARY"] = arguments.shim
    failed = 0
    for interpreter in interpreters(arguments.interpreter):
        with tempfile.TemporaryDirectory() as folder:
            build(interpreter, pathlib.Path(folder))
            for wrong in wrongs(interpreter, arguments.launcher, pathlib.Path(folder), arguments.only):
                failed += 1
                print(f"{interpreter.path}: {wrong}")
    print(f"{failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
