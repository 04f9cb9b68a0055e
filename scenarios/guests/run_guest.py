# SPDX-License-Identifier: Apache-2.0
"""Runs a guest plain, under the preloaded shim, and under `ffisan run`, and says what is not as it has to be.

    run_guest.py --build FOLDER NAME
    run_guest.py --list

Output, exit status and signal are the same three times, nothing hangs, nothing is found but what the guest plants, and
the records say how it ended. The guests stand in guests.py. The environment names what is tested: FFISAN (the launcher)
and FFISAN_LIBRARY (the shim).
"""

import argparse
import contextlib
import ctypes
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guests import GUESTS, LIBRARIES, PACKAGES, Guest
from records import Records, read_folder

CLEARED = ("LD_PRELOAD", "FFISAN_OPTIONS", "PYTHONMALLOC", "LD_BIND_NOW", "MALLOC_PERTURB_", "ASAN_OPTIONS")
NOBODY = 65534
EXIT_CODE = 99
Wrong = list[str]


@dataclass
class Outcome:
    """What a user sees; `status` is negative for a signal, as subprocess has it."""

    pid: int
    status: int
    stdout: bytes
    stderr: bytes


@dataclass
class Place:
    """Where things are: what was built, and a folder of this run."""

    build: Path
    scratch: Path

    def fill(self, text: str) -> str:
        return text.format(build=self.build, scratch=self.scratch)


def library_path(name: str) -> str:
    """The path of a shared library of the system, or the end of the test."""
    cache = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    found = re.search(rf"^\s+{re.escape(name)} .*x86-64.* => (\S+)$", cache, re.MULTILINE)
    if not found:
        sys.exit(f"{name} is not there; Debian has it in {PACKAGES[name]}")
    return found.group(1)


def check_needed(guest: Guest, place: Place) -> None:
    for need in guest.needs:
        if need in LIBRARIES:
            library_path(need)
        elif shutil.which(need) is None:
            sys.exit(f"{need} is not there; Debian has it in {PACKAGES[need]}")
    program = Path(place.fill(guest.command[0]))
    if program.parent == place.build and not program.exists():
        sys.exit(f"{program.name} was not built: what it needs ({', '.join(guest.needs)}) was missing then; run cmake again")


def environment(guest: Guest, place: Place, preload: list[str]) -> dict[str, str]:
    result = {name: value for name, value in os.environ.items() if name not in CLEARED}
    result |= {name: place.fill(value) for name, value in guest.environment.items()}
    libraries = [library_path(name) if name in LIBRARIES else place.fill(name) for name in preload]
    return result | ({"LD_PRELOAD": ":".join(libraries)} if libraries else {})


def run(command: list[str], guest: Guest, variables: dict[str, str]) -> Outcome:
    """One run. What still runs when the time is over is killed: a hang."""
    with subprocess.Popen(
        command,
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            stdout, stderr = process.communicate(guest.stdin, timeout=guest.seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            stdout, stderr = process.communicate()
            sys.exit(f"hangs: {' '.join(command)}\n{stdout.decode(errors='replace')}{stderr.decode(errors='replace')}")
    return Outcome(process.pid, process.returncode, re.sub(guest.varies, b"", stdout), stderr)


def compare(how: str, seen: Outcome, reference: Outcome) -> Wrong:
    wrong = []
    if seen.status != reference.status:
        wrong.append(f"{how}: status {seen.status}, not {reference.status}")
    for stream in ("stdout", "stderr"):
        ours, theirs = getattr(seen, stream), getattr(reference, stream)
        if ours != theirs:
            wrong.append(f"{how}: {stream} is {ours[-2000:]!r}, not {theirs[-2000:]!r}")
    return wrong


def check_findings(how: str, found: list[str], wanted: str | None) -> Wrong:
    wrong = [f"{how}: unexpected finding {rule}" for rule in found if rule != wanted]
    if wanted and wanted not in found:
        wrong.append(f"{how}: there is no finding {wanted}")
    return wrong


def check_crossings(guest: Guest, own: list[Records], stdout: bytes) -> Wrong:
    said = re.search(guest.crossings, stdout.decode()) if guest.crossings else None
    wanted, counted = int(said.group(1)) if said else 0, sum(records.crossings for records in own)
    return [f"preloaded: {counted} crossings, not {wanted}"] if guest.crossings and counted != wanted else []


def check_records(guest: Guest, files: list[Records], pid: int) -> Wrong:
    how = "preloaded"
    wrong = check_findings(how, [rule for records in files for rule in records.findings], guest.expected_rule)
    own = [records for records in files if records.pid == pid]
    if guest.end is None:
        return wrong + [f"{how}: there are records of {records.executable}" for records in own]
    if not own:
        return [*wrong, f"{how}: there are no records of it"]
    if own[-1].end != guest.end:
        wrong.append(f"{how}: the records' end is {own[-1].end!r}, not {guest.end!r}")
    if guest.end == "exit" and guest.status is not None and own[-1].status != guest.status:
        wrong.append(f"{how}: the records' exit status is {own[-1].status}, not {guest.status}")
    if guest.images is not None and len(own) != guest.images:
        wrong.append(f"{how}: {len(own)} programs left records, not {guest.images}")
    notes = {note for records in files for note in records.notes}
    if notes != set(guest.notes):
        wrong.append(f"{how}: the notes are {sorted(notes)}, not {sorted(guest.notes)}")
    wrong += [f"{how}: {records.lost} records were lost" for records in own if records.lost]
    return wrong


def run_preloaded(guest: Guest, place: Place, folder: Path, reference: Outcome) -> Wrong:
    variables = environment(guest, place, [*guest.before, os.environ["FFISAN_LIBRARY"], *guest.after])
    variables["FFISAN_OPTIONS"] = f'records="{folder}"' + "".join(f":{place.fill(option)}" for option in guest.shim_options)
    seen = run(guest.words(place.fill, watched=True), guest, variables)
    wrong = compare("preloaded", seen, reference)
    files = read_folder(folder)
    wrong += check_crossings(guest, [records for records in files if records.pid == seen.pid], seen.stdout)
    return wrong + check_records(guest, files, seen.pid) + ask_report(guest, place, folder)


def matches(pattern: str, entries: list[dict[str, Any]]) -> bool:
    return any(re.search(pattern, f"{entry['what']}: {entry['why']}") for entry in entries)


def check_report(guest: Guest, report: dict[str, Any], reference: Outcome) -> Wrong:
    how = "ffisan run"
    wrong = check_findings(how, [finding["rule"] for finding in report["findings"]], guest.expected_rule)
    result = report["result"]
    status = result["exit_status"] if result["signal"] is None else -signal_number(result["signal"])
    if status != reference.status:
        wrong.append(f"{how}: the report's status is {status}, not {reference.status}")
    entries = report["not_watched"]
    wrong += [f"{how}: {text!r} is not among not_watched" for text in guest.not_watched if not matches(text, entries)]
    if not guest.not_watched and not guest.loose:
        wrong += [f"{how}: not_watched has {entry}" for entry in entries if not entry["what"].startswith("leaks in")]
    return wrong


def signal_number(name: str | int) -> int:
    return int(signal.Signals[name]) if isinstance(name, str) else name


def run_launched(guest: Guest, place: Place, folder: Path, reference: Outcome) -> Wrong:
    """Under the launcher, which puts the shim before what is preloaded: what stands before it here is left out."""
    variables = environment(guest, place, list(guest.after))
    variables["XDG_RUNTIME_DIR"] = variables["TMPDIR"] = str(folder)
    path = place.scratch / "report.json"
    launcher = [os.environ["FFISAN"], "run", "--report", f"json:{path}", *map(place.fill, guest.options), "--"]
    seen = run(launcher + guest.words(place.fill, watched=True), guest, variables)
    if not path.exists():
        return [f"ffisan run: no report; status {seen.status}, stderr {seen.stderr.decode(errors='replace')}"]
    report = json.loads(path.read_text())
    own = 128 - reference.status if reference.status < 0 else reference.status
    status = EXIT_CODE if guest.expected_rule else own
    wrong = compare("ffisan run", seen, Outcome(0, status, reference.stdout, reference.stderr))
    left = [entry.name for entry in folder.iterdir() if entry.name not in ("filler", "lost+found")]
    wrong += [f"ffisan run: {name} was left behind" for name in left]
    return wrong + check_report(guest, report, reference)


def ask_report(guest: Guest, place: Place, folder: Path) -> Wrong:
    if not guest.lost:
        return []
    path = place.scratch / "lost.json"
    command = [os.environ["FFISAN"], "report", "--report", f"json:{path}", str(folder)]
    said = run(command, guest, environment(guest, place, []))
    entries = json.loads(path.read_text())["not_watched"] if path.exists() else []
    return [] if matches(guest.lost, entries) else [f"ffisan report does not say {guest.lost!r}: {entries} {said.stderr!r}"]


def ask_doctor(guest: Guest, place: Place) -> Wrong:
    if not guest.doctor:
        return []
    command = [os.environ["FFISAN"], "doctor", "--", place.fill(guest.command[0])]
    said = run(command, guest, environment(guest, place, [])).stdout.decode()
    return [] if re.search(guest.doctor, said) else [f"ffisan doctor does not say {guest.doctor!r}, but:\n{said}"]


@contextlib.contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """A file system of 256 KiB in which nothing has room any more."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", bytes(folder), b"tmpfs", 0, b"size=256k,mode=0700") != 0:
        sys.exit(f"cannot mount a small file system ({os.strerror(ctypes.get_errno())}): this guest is for root")
    try:
        with contextlib.suppress(OSError), (folder / "filler").open("wb", buffering=0) as filler:
            while filler.write(b"x" * 1024):
                pass
        yield
    finally:
        libc.umount2(bytes(folder), 2)


def prepare(guest: Guest, place: Place) -> None:
    """Set-uid programs are copied, since a build folder must not hold any."""
    if guest.set_uid:
        program = place.scratch / "set_uid"
        shutil.copy(place.build / guest.set_uid, program)
        os.chown(program, NOBODY, NOBODY)
        program.chmod(0o6755)


def run_all(guest: Guest, build: Path) -> Wrong:
    with tempfile.TemporaryDirectory(prefix="guest-") as scratch, contextlib.ExitStack() as stack:
        place = Place(build, Path(scratch))
        check_needed(guest, place)
        folders = [place.scratch / "preloaded", place.scratch / "launched"]
        for folder in folders:
            folder.mkdir(mode=0o700)
            if guest.full_disk:
                stack.enter_context(full_disk(folder))
        if guest.set_uid:
            place.scratch.chmod(0o755)
        prepare(guest, place)
        variables = environment(guest, place, [*guest.before, *guest.after])
        reference = run(guest.words(place.fill, watched=False), guest, variables)
        wrong = []
        if guest.status is not None and reference.status != guest.status:
            wrong.append(f"plain: status {reference.status}, not {guest.status}: {reference.stderr.decode(errors='replace')}")
        wrong += run_preloaded(guest, place, folders[0], reference)
        if not guest.before:
            wrong += run_launched(guest, place, folders[1], reference)
        return wrong + ask_doctor(guest, place)


def main() -> int:
    parser = argparse.ArgumentParser(description="Run a guest with and without the shim.")
    parser.add_argument("--list", action="store_true", help="the names of all guests")
    parser.add_argument("--build", type=Path, help="the folder of the programs")
    parser.add_argument("name", nargs="?", choices=sorted(GUESTS))
    given = parser.parse_args()
    if given.list:
        print("\n".join(GUESTS))
        return 0
    guest = GUESTS[given.name]
    if guest.root and os.geteuid() != 0:
        print("only root can try this")
        return 77
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    wrong = run_all(guest, given.build.resolve())
    print("\n".join(wrong) if wrong else "as without the shim")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
