# SPDX-License-Identifier: Apache-2.0
"""Adds up what ctest wrote with --output-junit: names what failed and what was skipped, and prints one closing line.

A test that could not be started counts as failed. Exit status 1 when a test failed or none passed.
"""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def outcome(case: ET.Element) -> str:
    status = case.get("status")
    if status == "run":
        return "passed"
    skipped = case.find("skipped")
    reason = "" if skipped is None else skipped.get("message", "")
    if status == "disabled" or (status == "notrun" and reason.startswith("SKIP_")):
        return "skipped"
    return "failed"


def main(paths: list[str]) -> int:
    named: dict[str, list[str]] = {"passed": [], "failed": [], "skipped": []}
    for path in map(Path, paths):
        try:
            cases = list(ET.parse(path).getroot().iter("testcase"))
        except (OSError, ET.ParseError) as error:
            named["failed"].append(f"{path}: {error}")
            continue
        for case in cases:
            named[outcome(case)].append(f"{path.stem}: {case.get('name')}")
    print()
    for kind in ("skipped", "failed"):
        for name in named[kind]:
            print(f"{kind}: {name}")
    print(f"{len(named['passed'])} passed, {len(named['failed'])} failed, {len(named['skipped'])} skipped")
    return 0 if named["passed"] and not named["failed"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
