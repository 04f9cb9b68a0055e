# SPDX-License-Identifier: Apache-2.0
"""What the checker said of the last call, as the function that was called kept it: types as lines of text."""

import ctypes
import os
import struct
import sys
from ctypes import c_void_p
from typing import List, NamedTuple, Optional

from inside import check, probe

KINDS = (
    "unknown void bool char wide int enum float complex vector pointer array struct union function".split()
)  # enum ffisan_type_kind
UNSIGNED, CONST, INCOMPLETE, FLEXIBLE, VARIADIC, NO_PROTOTYPE, PACKED, FIELDS_UNKNOWN = (1 << bit for bit in range(8))
CALL_VARIADIC, CALL_DROPPED, CALL_ARGUMENTS, CALL_RESULT = 1 << 0, 1 << 2, 1 << 3, 1 << 4
CUT, WIDE, SIZED, CALLBACK = (1 << bit for bit in range(4))
TEXT = 1 << 6

probe.probe_told.restype = c_void_p
read = ctypes.string_at
library = ctypes.CDLL(os.environ["FFISAN_PROBE"])
if sys.argv[1:] != ["late"]:
    probe.probe_look()


class Type(NamedTuple):
    kind: int
    flags: int
    size: int
    to: int
    first: int
    count: int
    name: int


class Table:
    def __init__(self, raw: bytes) -> None:
        size, types, fields, text = struct.unpack_from("<4I", raw)
        check(size == len(raw) and size % 8 == 0, "size", size, len(raw))
        self.types = [Type(*struct.unpack_from("<BxHIIIII", raw, 16 + 24 * i)) for i in range(types)]
        start = 16 + 24 * types
        self.fields = [struct.unpack_from("<IIHHI", raw, start + 16 * i) for i in range(fields)]
        self.text = raw[start + 16 * fields :][:text]

    def name(self, offset: int) -> str:
        return self.text[offset : self.text.index(b"\0", offset)].decode()

    def show(self, index: int, depth: int = 0) -> str:
        """The type as a line of text: all that is said of it."""
        kind, flags, size, to, first, count, name = self.types[index]
        word = KINDS[kind]
        label = self.name(name).replace(f"{word} ", "")  # cffi says "struct point", ctypes has a class Point
        if word == "pointer":
            return f"{self.show(to, depth + 1)}*"
        if word == "array":
            return f"{self.show(to, depth + 1)}[{size}]"
        if word == "function":
            inside = ", ".join(self.show(self.fields[first + i][0], depth + 1) for i in range(count))
            return f"{self.show(to, depth + 1)}({'?' if flags & NO_PROTOTYPE else inside})"
        if word in ("struct", "union"):
            if flags & INCOMPLETE:
                return f"{word} {label} ..."
            if flags & FIELDS_UNKNOWN or depth > 3:
                return f"{word} {label}:{size}"
            packed = " packed" if flags & PACKED else ""
            return f"{word} {label}:{size}{packed} {{{', '.join(self.field(first + i, depth) for i in range(count))}}}"
        if word in ("unknown", "void"):
            return word
        return f"{'u' if flags & UNSIGNED else ''}{word}{8 * size}"

    def field(self, index: int, depth: int) -> str:
        kind, offset, bit, width, name = self.fields[index]
        bits = f":{bit}+{width}" if width else ""
        return f"{self.name(name)}@{offset}{bits} {self.show(kind, depth + 1)}"


class Argument(NamedTuple):
    value: int
    size: int
    flags: int


class Told(NamedTuple):
    binding: int
    flags: int
    fixed: int
    identity: int
    arguments: List[Argument]
    signature: str


def told() -> Optional[Told]:
    raw = read(probe.probe_told(), 40 + 64 * 32 + (64 << 10))
    said, binding, flags, fixed, identity, count, size = struct.unpack_from("<4IQ2I", raw)
    if not said:
        return None
    arguments = [Argument(*struct.unpack_from("<QQI", raw, 32 + 32 * i)) for i in range(count)]
    table = Table(raw[32 + 64 * 32 :][:size])
    return Told(binding, flags, fixed, identity, arguments, table.show(1))
