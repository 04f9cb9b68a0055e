# SPDX-License-Identifier: Apache-2.0
"""The record files of a run, read without ffisan: only what the guests have to know (shims/include/ffisan/record.h)."""

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

INCLUDE = Path(__file__).resolve().parents[2] / "shims" / "include" / "ffisan"
HEADER_SIZE = 3392
COMMITTED = 0x600D
FINDING, NOTE, EXEC = 3, 4, 5
ENDS = ("none", "exit", "signal", "exec")


def _names(pattern: str, file: str) -> list[str]:
    return re.findall(pattern, (INCLUDE / file).read_text(), re.MULTILINE)


RULES = _names(r'^RULE\(\w+, "([a-z0-9-]+)"', "rules.def")
NOTES = ["", *_names(r"^ +FFISAN_NOTE_(\w+)(?: = 1)?,", "record.h")]
WATCHES = _names(r"^ +FFISAN_EXEC_(\w+),", "record.h")


@dataclass
class Records:
    """One file. `end` is a name of ENDS; execs are pairs of WATCHES and paths."""

    pid: int
    start: int
    end: str
    status: int
    lost: int
    leaks: int
    crossings: int
    executable: str
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    execs: list[tuple[str, str]] = field(default_factory=list)


def _text(data: bytes, at: int, end: int) -> str:
    return data[at:end].split(b"\0")[0].decode(errors="replace")


def read_file(path: Path) -> Records:
    data = path.read_bytes()
    magic, version, header_size, capacity, used, lost, pid, _, start, end, status, _, leaks, crossings = struct.unpack_from(
        "<8sIIQQQIIQIiIIQ", data
    )
    if (magic, version, header_size) != (b"FFISANR\0", 5, HEADER_SIZE) or capacity > len(data):
        raise ValueError(f"{path}: not a record file of this version")
    records = Records(pid, start, ENDS[end], status, lost, leaks, crossings, _text(data, 112, 1136))
    at = HEADER_SIZE
    while at + 16 <= min(used, capacity):
        kind, size, committed = struct.unpack_from("<III", data, at)
        if size < 16:
            break
        if committed == COMMITTED and kind == FINDING:
            records.findings.append(RULES[struct.unpack_from("<I", data, at + 16)[0]])
        elif committed == COMMITTED and kind == NOTE:
            records.notes.append(NOTES[struct.unpack_from("<I", data, at + 16)[0]])
        elif committed == COMMITTED and kind == EXEC:
            watch = dict(enumerate(WATCHES)).get(struct.unpack_from("<I", data, at + 20)[0], "unknown")
            records.execs.append((watch, _text(data, at + 32, at + size)))
        at += size
    return records


def read_folder(folder: Path) -> list[Records]:
    """In the order in which the processes began."""
    return sorted((read_file(path) for path in folder.glob("*.ffr")), key=lambda records: records.start)
