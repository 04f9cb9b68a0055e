# SPDX-License-Identifier: Apache-2.0
"""Every instruction of the standard library, or of each n-th file of it: the decoder's line against the interpreter's own."""

import ctypes
import dis
import os
import sys
import sysconfig
import types
from typing import Any, Dict, Iterator

from inside import check, probe

FORMAT = 0 if sys.version_info < (3, 10) else 1 if sys.version_info < (3, 11) else 2


def files(step: int) -> Iterator[str]:
    found = []
    for folder, _folders, names in os.walk(sysconfig.get_paths()["stdlib"]):
        if "site-packages" not in folder and "dist-packages" not in folder:
            found += [os.path.join(folder, name) for name in names if name.endswith(".py")]
    return iter(sorted(found)[::step])


def codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)


def wanted(code: Any) -> Dict[int, int]:
    lines = {}
    if hasattr(code, "co_lines"):
        for start, end, line in code.co_lines():
            for offset in range(start, end, 2):
                lines[offset] = line or 0
        return lines
    starts = dict(dis.findlinestarts(code))
    line = code.co_firstlineno
    for offset in range(0, len(code.co_code), 2):
        line = starts.get(offset, line)
        lines[offset] = line
    return lines


def compare(code: Any) -> int:
    table = code.co_linetable if FORMAT else code.co_lnotab
    lines = wanted(code)
    count = len(lines)
    offsets, got = (ctypes.c_int * count)(*lines), (ctypes.c_uint * count)()
    probe.probe_lines(FORMAT, table, ctypes.c_size_t(len(table)), code.co_firstlineno, offsets, got, ctypes.c_size_t(count))
    for offset, line, want in zip(lines, got, lines.values()):
        check(line == max(want, 0), code, "at", offset, "line", line, "wanted", want)
    return count


def main(step: int) -> None:
    objects = instructions = 0
    for file in files(step):
        try:
            with open(file, "rb") as source:
                top = compile(source.read(), file, "exec")
        except (SyntaxError, ValueError):
            continue
        for code in codes(top):
            instructions += compare(code)
            objects += 1
    print("ok", objects, "code objects", instructions, "instructions")


main(int(sys.argv[1]))
