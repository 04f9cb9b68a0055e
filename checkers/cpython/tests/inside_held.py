# SPDX-License-Identifier: Apache-2.0
"""Memory of dead objects that is held back, and what the domains tell of births, moves and ends."""

import ctypes
import gc
import os
import sys
import tracemalloc

from inside import check, probe

api = ctypes.pythonapi
probe.probe_wish.argtypes = [ctypes.c_bool, ctypes.c_size_t]
probe.probe_domains.restype = ctypes.c_uint64
probe.probe_hold.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
probe.probe_hold.restype = ctypes.c_bool
probe.probe_held.argtypes = [ctypes.c_size_t]
probe.probe_held.restype = ctypes.c_size_t
probe.probe_call_ends.argtypes = [ctypes.c_size_t]
for name in ("PyMem_", "PyObject_"):
    getattr(api, name + "Malloc").restype = getattr(api, name + "Realloc").restype = ctypes.c_void_p
    getattr(api, name + "Malloc").argtypes = [ctypes.c_size_t]
    getattr(api, name + "Realloc").argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    getattr(api, name + "Free").argtypes = [ctypes.c_void_p]

INNER, OUTER = 0x1000, 0x2000  # cfas of calls: the deeper one is lower
BORN, MOVED, DYING, _BYTES, LAST_BORN, LAST_DYING = range(6)
SIZES = (2, 40, 400, 600, 5000, 200000)


class Plain:
    def __init__(self) -> None:
        self.value = 1


class Slotted:
    __slots__ = ("value",)


class Text(str):
    pass


def made(size: int):
    """Objects of types without a free list, with and without words in front."""
    yield bytes(range(256)) * (size // 256) + bytes(range(1, size % 256 + 1))
    yield "\u0151" * size + "!"
    yield Text("x" * size)
    if size < 50:
        yield Plain()
        yield Slotted()
        yield {1, 2, 3}.union(range(size))
        yield 1 << (size + 100)


def dies() -> None:
    for size in SIZES:
        for thing in made(size):
            address, kind = id(thing), type(thing)
            length = sys.getsizeof(thing) if kind in (bytes, str, int) else object.__sizeof__(thing)
            check(probe.probe_hold(address, INNER), "no room")
            check(not probe.probe_held(address), "held while it lives")
            before = ctypes.string_at(address, length)
            del thing
            check(probe.probe_held(address) == address, "not held", kind, size, probe.probe_held(address))
            check(probe.probe_held(address + length - 1) == address, "its end", kind, size)
            after = ctypes.string_at(address, length)
            check(kind not in (bytes, str) or before[16:-1] == after[16:-1], "what it held is gone", kind, size)
            others = [other for _ in range(200) for other in made(size)]
            check(all(id(other) != address for other in others), "given out again", kind, size)
            del others
            check(probe.probe_watched() == 1, probe.probe_watched())
            probe.probe_call_ends(INNER)
            check(not probe.probe_held(address) and not probe.probe_watched(), "still held", kind, size)


def lives() -> None:
    """Asked for, and not dead when the call is over."""
    thing = bytes(100)
    check(probe.probe_hold(id(thing), INNER), "no room")
    probe.probe_call_ends(INNER)
    address = id(thing)
    del thing
    check(not probe.probe_held(address), "held for nobody")


def nested() -> None:
    outer, inner = bytes(50), bytes(60)
    a, b = id(outer), id(inner)
    probe.probe_hold(a, OUTER)
    probe.probe_hold(b, INNER)
    del outer, inner
    check(probe.probe_held(a) == a and probe.probe_held(b) == b, "both")
    probe.probe_call_ends(INNER)
    check(probe.probe_held(a) == a and not probe.probe_held(b), "the outer one's stays")
    probe.probe_call_ends(OUTER)
    check(not probe.probe_held(a), "over")


def moves() -> None:
    """A bytearray that grows leaves its old memory, which is then held."""
    for size in SIZES:
        growing = bytearray(b"x" * size)
        address = ctypes.addressof((ctypes.c_char * size).from_buffer(growing))
        gc.collect()
        probe.probe_hold(address, INNER)
        growing.extend(b"y" * (size + 600))
        now = ctypes.addressof((ctypes.c_char * size).from_buffer(growing))
        check(now != address and probe.probe_held(address) == address, "not held", size)
        check(ctypes.string_at(address, size) == b"x" * size, "changed", size)
        check(bytes(growing) == b"x" * size + b"y" * (size + 600), "copied wrongly", size)
        probe.probe_call_ends(INNER)


def many() -> None:
    """More than there is room for: the oldest go, what was asked for by address stays."""
    asked = bytes(70)
    address = id(asked)
    probe.probe_hold(address, INNER)
    del asked
    probe.probe_wish(True, INNER)
    for n in range(5000):
        bytes(40 + n % 300)
    for n in range(50):
        bytes(500000)
    probe.probe_wish(False, 0)
    check(0 < probe.probe_watched() <= 256, probe.probe_watched())
    check(probe.probe_held(address) == address, "the one that was asked for")
    probe.probe_call_ends(OUTER)
    check(probe.probe_watched() == 0, probe.probe_watched())


def told() -> None:
    before = [probe.probe_domains(n) for n in range(3)]
    blocks = [api.PyObject_Malloc(50) for _ in range(100)]
    check(probe.probe_domains(BORN) == before[BORN], "told without a wish")
    probe.probe_wish(True, 0)
    for prefix in ("PyMem_", "PyObject_"):
        for size in (50, 5000):
            block = getattr(api, prefix + "Malloc")(size)
            check(probe.probe_domains(BORN) > before[BORN], "not told", prefix, size)
            moved = getattr(api, prefix + "Realloc")(block, size * 20)
            check(moved == block or probe.probe_domains(MOVED) > before[MOVED], "not told of the move", prefix, size)
            getattr(api, prefix + "Free")(moved)
            check(probe.probe_domains(DYING) > before[DYING], "not told of the end", prefix, size)
            before = [probe.probe_domains(n) for n in range(3)]
    probe.probe_wish(False, 0)
    after = [probe.probe_domains(n) for n in range(3)]
    for block in blocks:
        api.PyObject_Free(block)
    check([probe.probe_domains(n) for n in range(3)] == after, "told after the wish")


def twice() -> None:
    """The second free of a block that is held does nothing."""
    block = api.PyObject_Malloc(90)
    probe.probe_hold(block, INNER)
    api.PyObject_Free(block)
    api.PyObject_Free(block)
    check(probe.probe_watched() == 1, probe.probe_watched())
    probe.probe_call_ends(INNER)


def churn() -> None:
    """Everything that dies is held for a while: the program does not notice."""
    probe.probe_wish(True, INNER)
    for module in ("json", "decimal", "xml.etree.ElementTree", "array", "csv", "re"):
        __import__(module)
    text = [str(n) * (n % 900) for n in range(3000)]
    check("".join(text).encode().decode() == "".join(text), "text")
    if os.fork() == 0:
        probe.probe_call_ends(INNER)
        os._exit(0)
    check(os.waitstatus_to_exitcode(os.wait()[1]) == 0 if hasattr(os, "waitstatus_to_exitcode") else os.wait(), "the child")
    probe.probe_call_ends(OUTER)
    probe.probe_wish(False, 0)


dies()
lives()
nested()
if not tracemalloc.is_tracing():
    moves()
many()
told()
twice()
churn()
print("ok")
