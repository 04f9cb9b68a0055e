# SPDX-License-Identifier: Apache-2.0
"""What the behaviour tests of the launcher share: a place of their own for each test, and ways to start ffisan in it.

FFISAN and FFISAN_LIBRARY name the launcher and the shim; ctest sets them.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest
from collections.abc import Callable
from typing import Any

FFISAN = os.environ["FFISAN"]
PATIENCE = 20.0  # seconds, on a machine that is busy with other things


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {PATIENCE} s in vain for {what}")
        time.sleep(0.01)


class LauncherTest(unittest.TestCase):
    """Each test gets a folder, in which the records' folder is made too: `leftovers` says what remained of that."""

    def setUp(self) -> None:
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="ffisan-test-"))
        self.addCleanup(shutil.rmtree, self.place, ignore_errors=True)
        self.records = self.place / "runtime"
        self.records.mkdir(mode=0o700)
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=str(self.records), LC_ALL="C")
        for name in ("FFISAN_OPTIONS", "LD_PRELOAD", "PYTHONMALLOC", "ASAN_OPTIONS", "FFISAN_STUB_FINDING"):
            self.environment.pop(name, None)
        self.json = self.place / "report.json"

    def ffisan(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [FFISAN, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
            cwd=self.place, env={**self.environment, **variables},
        )  # fmt: skip

    def run_reported(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
        """`ffisan run`, with its report in self.json: standard error is the program's alone."""
        return self.ffisan("run", f"--report=json:{self.json}", *arguments, **variables)

    def start(self, *arguments: str, **keywords: Any) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [FFISAN, "run", f"--report=json:{self.json}", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=self.place, env=self.environment, **keywords,
        )  # fmt: skip
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):  # not read to the end: what the command left running may hold it
            if stream:
                stream.close()

    def wait_for_file(self, name: str) -> pathlib.Path:
        path = self.place / name
        wait_until(path.exists, f"the file {name}")
        return path

    def report(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.json.read_text())
        return loaded

    def not_watched(self) -> list[dict[str, str]]:
        entries: list[dict[str, str]] = self.report()["not_watched"]
        return entries

    def leftovers(self) -> list[str]:
        return sorted(entry.name for entry in self.records.iterdir())
