# SPDX-License-Identifier: Apache-2.0
"""Who refers to an object: as many as there are where all are known, and never more than the object's own count says."""

import asyncio  # noqa: F401
import collections
import ctypes
import decimal  # noqa: F401
import email.message  # noqa: F401
import functools
import gc
import itertools
import json  # noqa: F401
import sys
import threading
import typing  # noqa: F401
import unittest  # noqa: F401
import weakref
import xml.etree.ElementTree  # noqa: F401
from typing import Any, Callable, Dict, Iterator, List, Tuple

from inside import check, probe

probe.probe_holders.restype = ctypes.c_bool
probe.probe_scan_budget(1000)  # as much as it takes
MOST = 64
Words = ctypes.c_uint64 * MOST
addresses, held, counts = Words(), Words(), Words()
KEPT = sys.version_info < (3, 11)  # by the caller's value stack, while a function of Python has its own


def look(*ids: int) -> Tuple[List[int], List[int]]:
    """The objects by address: nothing here refers to them."""
    for index, address in enumerate(ids):
        addresses[index] = address
    if not probe.probe_holders(addresses, held, counts, len(ids)):
        return [], []
    return list(held[: len(ids)]), list(counts[: len(ids)])


def holders(address: int) -> int:
    found, _ = look(address)
    return found[0] if found else -1


class Fresh:
    """No small integer, no interned text."""

    number = 10**6

    @classmethod
    def text(cls) -> str:
        cls.number += 1
        return "text %d" % cls.number


class Plain:
    def __init__(self, value: Any) -> None:
        self.value = value


class Slots:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def suspended(value: Any) -> Iterator[Any]:
    yield None
    yield value


def chained(value: Any) -> Iterator[Any]:
    yield nested(value)


def nested(value: Any) -> int:
    return holders(id(value))


def closure(value: Any) -> Callable[[], Any]:
    return lambda: value


def running(value: Any) -> Iterator[int]:
    yield holders(id(value))


def started(value: Any) -> Any:
    generator = suspended(value)
    next(generator)
    return generator


HOLDING: List[Tuple[str, Callable[[Any], Any], int]] = [
    ("list", lambda v: [v], 1),
    ("list, twice", lambda v: [v, v], 2),
    ("tuple", lambda v: (v,), 1),
    ("tuples in a tuple", lambda v: ((v, 1), (v, 2)), 2),
    ("shared tuple", lambda v: (lambda t: [t, t, (t, t)])((v,)), 1),
    ("dict's value", lambda v: {1: v}, 1),
    ("dict's key", lambda v: {(v,): 1}, 1),
    ("set", lambda v: {v}, 1),
    ("attribute", Plain, 1),
    ("slot", Slots, 1),
    ("deque", lambda v: collections.deque([v]), 1),
    ("partial", lambda v: functools.partial(len, v), 1),
    ("closure", closure, 1),
    ("generator", started, 1),
    ("iterator", lambda v: iter([v, v]), 2),
    ("chain", lambda v: itertools.chain([v]), 1),
    ("default", lambda v: (lambda x=v: x), 1),
    ("weak reference", lambda v: None, 0),
]


def try_containers() -> None:
    for name, hold, want in HOLDING:
        value = Fresh.text()
        address = id(value)
        before = holders(address)  # this frame
        check(before == 1, name, "local", before)
        container = hold(value)
        for collected in (False, True):
            found = holders(address)
            check(found == 1 + want, name, found, "collected" if collected else "new")
            gc.collect()  # which tracks some things no more
        del value
        check(holders(address) == want, name, "without the local")
        del container


def in_frames() -> None:
    value = Fresh.text()
    check(nested(value) == 2 + KEPT, "a frame that called a frame", nested(value))
    check(next(running(value)) == 2, "a running generator", next(running(value)))
    check(next(chained(value)) == 3 + KEPT, "a generator that called a function")
    check([holders(id(v)) for v in [value]][0] >= 2, "comprehension")
    check(list(map(nested, [value]))[0] in (3, 3 + KEPT), "through C", list(map(nested, [value])))
    check(sorted([value], key=nested) == [value], "in a sort")
    address = id(value)
    other = Fresh.text()

    def inner() -> int:
        return holders(address) if value else 0

    check(inner() == 1, "a cell that two functions share", inner())
    check(other != "", "")


def in_threads() -> None:
    arrived, leave = threading.Event(), threading.Event()

    def wait(text: str) -> None:
        arrived.set()
        leave.wait()
        check(text != "", "")

    value = Fresh.text()
    address = id(value)
    thread = threading.Thread(target=wait, args=(value,))
    thread.start()
    arrived.wait()
    found = holders(address)
    check(found >= 3, "another thread's frame and the thread's arguments", found)
    leave.set()
    thread.join()


def constants() -> None:
    code = compile("def f(look):\n    return look(id('a constant with blanks'))", "none", "exec")
    names: Dict[str, Any] = {}
    exec(code, names)
    check(names["f"](holders) == 1, "a constant of a function that runs", names["f"](holders))


class Dying:
    """While it dies, and its attributes go, and its frame is cleared."""

    seen: List[int] = []

    def __init__(self, *others: Any) -> None:
        self.others = others

    def __del__(self) -> None:
        Dying.seen.append(sweep([id(self), id(self.others), *map(id, self.others)], "dying"))


def leave_with_locals() -> None:
    first, second, third = Fresh.text(), Dying("a", Fresh.text()), Dying(Fresh.text())
    check(first and second and third, "")


def raise_with_locals(depth: int) -> None:
    value, dying = Fresh.text(), Dying(Fresh.text())
    if depth:
        raise_with_locals(depth - 1)
    raise ValueError(value, dying)


def while_dying() -> None:
    leave_with_locals()
    try:
        raise_with_locals(3)
    except ValueError:
        pass
    items: List[Any] = [Dying(Fresh.text()) for _ in range(5)]
    items.clear()
    items = [Dying(Fresh.text())]
    items[0] = Dying(Fresh.text())
    del items
    chain: Any = None
    for _ in range(2000):
        chain = (chain,)
    chain = (chain, Dying("x"))
    del chain
    gc.collect()
    check(Dying.seen.count(0) < len(Dying.seen) - 9, "they died", Dying.seen)


def sweep(ids: List[int], what: str) -> int:
    """No object has more holders than its count says."""
    tried = 0
    for start in range(0, len(ids), MOST):
        part = ids[start : start + MOST]
        found, said = look(*part)
        for address, one, count in zip(part, found, said):
            check(one <= count, what, hex(address), one, count)
            tried += 1
    return tried


def everything() -> int:
    gc.collect()
    things = gc.get_objects()
    step = max(1, len(things) // 3000)
    some = things[::step]
    ids = [id(thing) for thing in some]
    ids += [id(leaf) for thing in some[::4] for leaf in gc.get_referents(thing)[:3]]
    keep = [some, things]
    ids = list(dict.fromkeys(ids))
    tried = sweep(ids, "everything")
    del keep
    return tried


class Cyclic:
    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        done = probe.probe_holders((ctypes.c_uint64 * 1)(id(self)), held, counts, 1)
        Cyclic.inside.append(done)

    inside: List[bool] = []


def in_collection() -> None:
    Cyclic()
    gc.collect()
    check(Cyclic.inside == [False], "not while a collection is under way", Cyclic.inside)


reference = weakref.ref(Fresh)
try_containers()
in_frames()
in_threads()
constants()
while_dying()
in_collection()
print("ok", everything(), probe.probe_budget_used(), sys.version_info[:2])
