# SPDX-License-Identifier: Apache-2.0
"""What the scripts here share: the preloaded double, and the frames that it walked. Runs in every interpreter from 3.8 on."""

import ctypes
import os
import struct
import sys
from typing import Any, List, NamedTuple, Optional

probe = ctypes.PyDLL(os.environ["FFISAN_PROBE"])
probe.probe_walk.restype = ctypes.c_size_t
probe.probe_walk.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
probe.probe_function.restype = ctypes.c_char_p
probe.probe_free_module.restype = ctypes.c_char_p
for _name in ("probe_owns", "probe_arena_known"):
    getattr(probe, _name).argtypes = [ctypes.c_void_p]
    getattr(probe, _name).restype = ctypes.c_bool
probe.probe_block_family.argtypes = [ctypes.c_void_p]
probe.probe_foreign_malloc.restype = ctypes.c_void_p
probe.probe_foreign_malloc.argtypes = [ctypes.c_size_t]
probe.probe_refresh()

FAMILY_ANY, FAMILY_MALLOC, FAMILY_RAW, FAMILY_MEM, FAMILY_OBJECT = 0, 1, 4, 5, 6
BUFFER_SIZE = 32 * 1024


class Frame(NamedTuple):
    function: str
    file: str
    line: int
    entry: bool


class Stack(NamedTuple):
    frames: List[Frame]
    complete: bool


def text_at(text: bytes, offset: int) -> str:
    return text[offset : text.index(b"\0", offset)].decode()


def parse(record: bytes) -> Stack:
    _kind, size, _role, depth, complete, text_size = struct.unpack_from("<6I", record)
    assert size == len(record) and size % 8 == 0, (size, len(record))
    start = 24 + 16 * depth
    text = record[start : start + text_size]
    assert not any(record[start + text_size :]), "the rest is zeros"
    frames = []
    for index in range(depth):
        function, file, line, entry = struct.unpack_from("<4I", record, 24 + 16 * index)
        frames.append(Frame(text_at(text, function), text_at(text, file), line, bool(entry)))
    return Stack(frames, bool(complete))


class Walker:
    """Its call is one C call: what it leaves in the buffer is the stack of whoever called it."""

    def __init__(self, size: int = BUFFER_SIZE) -> None:
        self.buffer = ctypes.create_string_buffer(b"\xaa" * size, size)
        self.arguments = (ctypes.addressof(self.buffer), ctypes.c_size_t(size))
        self.size = 0

    def stack(self, written: int) -> Stack:
        return parse(self.buffer.raw[:written]) if written else Stack([], False)


def name_of(code: Any) -> str:
    return str(getattr(code, "co_qualname", code.co_name))


def expected(frame: Optional[Any]) -> List[Frame]:
    """What the interpreter itself says; it knows nothing of `entry`."""
    found = []
    while frame is not None:
        found.append(Frame(name_of(frame.f_code), frame.f_code.co_filename, frame.f_lineno or 0, False))
        frame = frame.f_back
    return found


def check(condition: bool, *what: Any) -> None:
    if not condition:
        print("FAILED", *what)
        sys.exit(1)
