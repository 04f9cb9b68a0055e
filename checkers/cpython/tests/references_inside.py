# SPDX-License-Identifier: Apache-2.0
"""Asks references.c for what is right, or for one thing that is wrong. Runs in every interpreter from 3.8 on.

references_inside.py legal | guilty NAME all | made NAME all | deadly NAME KIND
"""

import ctypes
import functools
import gc
import itertools
import sys
import threading
import weakref
from typing import Any, Callable, Dict, Iterator, List

import referring

KINDS = ("int", "str", "bytes", "list", "dict", "instance")
MADE_KINDS = ("int", "str", "bytes", "list", "dict", "tuple", "float")
restore = ctypes.pythonapi.Py_IncRef
restore.argtypes = [ctypes.py_object]
restore.restype = None
counter = itertools.count(10**6)


class Instance:
    def __init__(self, value: Any) -> None:
        self.value = value


def make(kind: str) -> Any:
    number = next(counter)
    things: Dict[str, Callable[[], Any]] = {
        "int": lambda: number,
        "str": lambda: "text %d" % number,
        "bytes": lambda: b"bytes %d" % number,
        "list": lambda: [number],
        "dict": lambda: {"number": number},
        "instance": lambda: Instance(number),
    }
    return things[kind]()


# ---- what is wrong ----


def spoil(name: str, value: Any) -> Any:
    """One call, and what it gave; `value` is held here, in the caller's list, and there."""
    if name == "keywords":
        return referring.bad_keywords(value)
    if name == "keywords_named":
        return referring.bad_keywords("a", second=value)
    if name == "fast":
        return referring.bad_fast("a", value)
    if name == "fast_keywords":
        return referring.bad_fast_keywords("a", named=value)
    if name in ("list_item", "return_item"):
        return getattr(referring, "bad_" + name)([value, 1])
    if name == "tuple_item":
        return referring.bad_tuple_item((value, 1))
    if name in ("dict_item", "return_dict_item"):
        return getattr(referring, "bad_" + name)({"key": value})
    if name in ("attribute", "set_tuple"):
        return getattr(referring, "bad_" + name)(Instance(value))
    if name == "get":
        return referring.Holder(value).bad
    if name == "set":
        holder = referring.Holder(1)
        holder.bad = value
        return holder
    if name == "drop":
        return referring.Holder(value).bad_drop()
    if name == "put_item":
        return referring.bad_put_item([1], value)
    if name == "self":
        return value.bad_self()
    return getattr(referring, "bad_" + name)(value)


def guilty(name: str) -> None:
    """Each mistake is put right afterwards, so that the program lives."""
    for kind in KINDS:
        value = referring.Holder(1) if name == "self" else make(kind)
        held = [value]
        for _ in range(2):
            given = spoil(name, value)
            restore(value)
            del given
        assert held[0] is value
    print("ok")


def made(name: str) -> None:
    """The function makes an object itself, and does wrong with it."""
    for kind in MADE_KINDS:
        for _ in range(2):
            getattr(referring, "bad_" + name)(kind)
    print("ok", flush=True)


def deadly(name: str, kind: str) -> None:
    """Nobody but the container, or this call, has it."""
    if name == "one":
        referring.bad_one(make(kind))
    elif name == "list_item":
        keep.append([make(kind), 1])
        referring.bad_list_item(keep[0])
    elif name == "dict_item":
        keep.append({"key": make(kind)})
        referring.bad_dict_item(keep[0])
    elif name == "attribute":
        keep.append(Instance(make(kind)))
        referring.bad_attribute(keep[0])
    elif name == "drop":
        keep.append(referring.Holder(make(kind)))
        keep[0].bad_drop()
    elif name == "set_tuple":
        keep.append(Instance(make(kind)))
        keep.append(referring.bad_set_tuple(keep[0]))
    elif name == "add_object":
        referring.bad_add_object(make(kind))
    elif name == "add_made":
        referring.bad_add_made("str")
    print("ok", flush=True)
    ctypes.CDLL(None)._exit(0)


keep: List[Any] = []


# ---- what is right ----


def containers(kind: str) -> None:
    value = make(kind)
    for container in ([value], {"key": value}, {1: value}):
        referring.same(container)
        referring.clear(container)
    assert referring.pop([value, value]) is value
    referring.take_out([value, 1])
    values = [value, value]
    referring.put_item(values, value), referring.put_item(values, values)
    values.clear()
    values = [value]
    referring.replace_item(values)
    values = [make(kind)]
    referring.replace_item(values)
    values = [2.25 * next(counter)]
    referring.replace_in_place(values)
    assert values == [1.5]
    referring.fresh(value), referring.fresh([value])
    assert referring.pack(value) == (value, value)
    referring.refused(value)
    referring.add_object(value)
    referring.keep(value)
    referring.keep(make(kind))
    referring.forget()


def results(kind: str) -> None:
    value = make(kind)
    everything = (value, 1, value)
    assert referring.same(value) is value
    assert referring.first(value, 1) is value
    assert referring.first(*everything) is value
    assert referring.last_fast(*everything) is value
    assert referring.last_fast(value) is value
    assert referring.named(1, last=value) is value
    assert referring.named(*everything, **{"last": value}) is value  # noqa: PIE804
    assert list(map(referring.same, everything)) == list(everything)
    assert functools.partial(referring.last_fast, 1)(value) is value
    assert functools.partial(referring.last_fast, value)() is value
    assert functools.partial(referring.named, last=value)() is value
    assert sorted([value, value], key=lambda v: referring.small()) == [value, value]
    assert referring.call(referring.same, value) is value
    assert max([value], key=referring.pass_, default=None) is value
    assert functools.lru_cache(referring.small)() == 5
    assert [referring.same(v) for v in everything][0] is value
    assert dict(map(lambda v: (1, referring.same(v)), everything))[1] is value


def generator(value: Any) -> Iterator[Any]:
    referring.same(value)
    yield referring.pop([value])
    yield referring.same(value)


def in_generators(kind: str) -> None:
    value = make(kind)
    assert list(generator(value)) == [value, value]
    assert next(referring.same(v) for v in [value]) is value


class Sample(referring.Holder):
    pass


def types(kind: str) -> None:
    value = make(kind)
    for cls in (referring.Holder, Sample, referring.Careless):
        holder = cls(value)
        assert holder.value is value
        holder.value = make(kind)
        holder.value = value
        assert holder.value is value
    for cls in (referring.Holder, Sample):
        holder = cls(value)
        with holder as same:
            assert same is holder
        holder = cls(value)
        holder += 1
        assert list(holder) == [value]
        holder = cls(value)
        assert holder.take() is value
        holder = cls(make(kind))
        holder.take()


def dropping(kind: str) -> None:
    """References go while the function is at work."""
    held = [make("list")]
    referring.call_and_look(held.clear, held[0])
    text = [make("str")]
    assert referring.call_and_look(text.clear, text[0]) > 0
    holder = referring.Holder(make(kind))
    referring.call(lambda: setattr(holder, "value", 1))
    referring.call(lambda h: h.take(), holder)


class Revived:
    again: List[Any] = []

    def __del__(self) -> None:
        Revived.again.append(self)


class Watched:
    pass


def lives(kind: str) -> None:
    referring.replace_item([Revived()])
    Revived.again.clear()
    gone: List[int] = []
    watched = Watched()
    reference = weakref.ref(watched, lambda r: gone.append(len(gone)))
    values = [watched]
    del watched
    referring.replace_item(values)
    assert gone == [0] and reference() is None
    nested: Any = None
    for _ in range(3000):
        nested = (nested, [])
    referring.replace_item([nested])
    del nested
    for shared in (None, True, 5, "a", "", b"", (), 1.0, type, len, Exception):
        referring.same(shared), referring.pass_(shared), referring.pack(shared)
        referring.replace_item([shared])


def makes(_: str) -> None:
    for kind in MADE_KINDS:
        referring.list_made(kind)
        referring.tuple_made(kind)
        referring.add_made(kind)
        referring.again_made(kind)


def in_threads(kind: str) -> None:
    value = make(kind)

    def work() -> None:
        for _ in range(50):
            results(kind)
            referring.same(value)
            containers(kind)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def legal() -> None:
    for kind in KINDS:
        for _ in range(20):
            for scene in (containers, results, in_generators, types, dropping, lives, makes):
                scene(kind)
        gc.collect()
    in_threads("str")
    referring.keep(make("list"))
    print("ok")


if __name__ == "__main__":
    if sys.argv[1] == "legal":
        legal()
    elif sys.argv[1] == "guilty":
        guilty(sys.argv[2])
    elif sys.argv[1] == "made":
        made(sys.argv[2])
    else:
        deadly(sys.argv[2], sys.argv[3])
