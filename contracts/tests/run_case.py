# SPDX-License-Identifier: Apache-2.0
"""Runs one right or wrong use of a library under FFISan with the contracts that ship, and compares what is found.

    run_case.py PROGRAM CASE [RULE FUNCTION]     without RULE nothing must be found; FUNCTION may be empty

The environment names what is tested: FFISAN (the launcher), FFISAN_LIBRARY (the shim).
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

TIMEOUT = 60
# What a wrong use may lead to, by its rule.
FOLLOWS = {
    "buffer-too-small": {"heap-overflow"},
    "freed-while-retained": {"use-after-free"},
    "mismatched-deallocator": {"leak"},
    "use-after-close": {"use-after-free"},
}


def findings_of(command: list[str]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="ffisan-case-") as scratch:
        path = Path(scratch) / "report.json"
        launcher = [os.environ["FFISAN"], "run", "--report", f"json:{path}", "--", *command]
        done = subprocess.run(launcher, cwd=scratch, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)
        if not path.exists():
            sys.exit(f"no report was written; status {done.returncode}, standard error:\n{done.stderr.decode(errors='replace')}")
        report: dict[str, Any] = json.loads(path.read_text())
    result = report["result"]
    if result["exit_status"] != 0:
        sys.exit(f"the program did not end well: {result}\n{done.stderr.decode(errors='replace')}")
    return list(report["findings"])


def is_expected(finding: dict[str, Any], rule: str, function: str) -> bool:
    return finding["rule"] == rule and function in ("", finding.get("function"))


def main(program: str, case: str, rule: str = "", function: str = "") -> int:
    findings = findings_of([program, case])
    expected = [finding for finding in findings if rule and is_expected(finding, rule, function)]
    wrong = [finding for finding in findings if finding not in expected and finding["rule"] not in FOLLOWS.get(rule, set())]
    for finding in wrong:
        print(f"unexpected: {finding['rule']} of {finding.get('function')}: {finding['message']}")
    if rule and not expected:
        print(f"there is no {rule} of {function or 'any function'}")
    return 1 if wrong or (rule and not expected) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
