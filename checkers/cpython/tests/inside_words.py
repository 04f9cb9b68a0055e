# SPDX-License-Identifier: Apache-2.0
"""Words of memory that lead to an object: as many as there are references, no more where memory was given back."""

import ctypes
import gc
import os
import sys
import time
from typing import Any, Callable

from inside import check, probe

probe.probe_words.restype = ctypes.c_uint64
probe.probe_words.argtypes = [ctypes.c_uint64, ctypes.c_bool]
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]


class Plain:
    __slots__ = ()


class Attributes:
    def __init__(self, thing: Any = None) -> None:
        self.thing = thing


def words(hidden: int, alone: bool = True) -> int:
    return probe.probe_words(hidden, alone)


def hide(thing: Any) -> int:
    return ~id(thing) & (1 << 64) - 1


def count(thing: Any) -> int:
    return sys.getrefcount(thing)


STALE = 200  # words that free lists keep, and frames that have returned


def grows(what: str, thing: Any, make: Callable[[Any], Any], references: int, alone: bool = True) -> None:
    """Never fewer words than references; some that are stale."""
    kept = make(thing)
    found = words(hide(thing), alone)
    check(references < found <= references + STALE, what, "found", found, "of", references, type(thing))
    del kept


def references() -> None:
    for thing in Plain(), [], b"x" * 700 + os.urandom(1), "y" * 70 + str(time.time()):
        grows("a list", thing, lambda thing: [thing] * 7, 7)
        grows("a long list", thing, lambda thing: [thing] * 2000, 2000)
        grows("a long list, with other threads", thing, lambda thing: [thing] * 2000, 2000, False)
        grows("a dict", thing, lambda thing: dict.fromkeys(range(100), thing), 100)
        grows("attributes", thing, lambda thing: [Attributes(thing) for _ in range(9)], 9)
        grows("closures", thing, lambda thing: [lambda thing=thing: thing for _ in range(9)], 9)


def memory_given_back() -> None:
    thing, held = Plain(), []
    before = words(hide(thing))
    for size in (1, 5, 20, 60, 200, 2000):
        held.append([[thing] * size for _ in range(4)])
    check(words(hide(thing)) >= 4 * (1 + 5 + 20 + 60 + 200 + 2000), "many lists")
    held.clear()
    gc.collect()
    check(words(hide(thing)) <= before + STALE, "after they have gone", words(hide(thing)), "before", before)
    blocks = [libc.malloc(400) for _ in range(100)]
    for block in blocks:
        ctypes.c_void_p.from_address(block + 80).value = id(thing)
    found = words(hide(thing))
    check(found >= before + 100, "C memory")
    for block in blocks:
        libc.free(block)
    check(words(hide(thing)) <= found - 50, "C memory given back", words(hide(thing)), "before", found)


def lost_references() -> None:
    for thing in Plain(), Attributes(), "y" * 70 + str(time.time()), [1]:
        before = words(hide(thing)) - count(thing)
        for _ in range(50):
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
        check(before - words(hide(thing)) + count(thing) > 40, "references that nobody has")


def quick() -> None:
    thing = Plain()
    held = [bytearray(1 << 20) for _ in range(64)]
    start = time.perf_counter()
    words(hide(thing))
    print("64 MiB and more:", round((time.perf_counter() - start) * 1000), "ms")
    del held


references()
memory_given_back()
lost_references()
quick()
print("ok")
