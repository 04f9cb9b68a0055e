# SPDX-License-Identifier: Apache-2.0
"""Calls the extension in called.c: inside_called.py legal|planted. Runs in every interpreter from 3.8 on, under the shim and without."""

import copyreg
import functools
import inspect
import pickle
import sys
import threading
import time

import called


def check(found: object, expected: object) -> None:
    assert found == expected, (found, expected)


def raised(function, *arguments) -> str:
    try:
        function(*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


class Derived(called.Sample):
    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.more = 1

    def __sub__(self, other: object) -> object:
        return super().__sub__(other) + 1


class OfHeap(called.Heap):
    pass


def conventions() -> None:
    check((called.one(3), called.none(), called.tuple(1, 2), called.keywords(1, a=2)), (3, 42, 2, 2))
    check((called.fast(1, 2, 3), called.fast(*range(20)), called.fast_keywords(1, k=2), called.fast_keywords()), (3, 20, 2, 0))
    check(called.call(lambda: called.call(lambda: called.one(8))), 8)
    check(raised(called.call, lambda: 1 / 0), "ZeroDivisionError: division by zero")
    check(raised(called.one).replace("called.", ""), "TypeError: one() takes exactly one argument (0 given)")
    check(functools.reduce(lambda count, _: called.one(count + 1), range(5000), 0), 5000)


def as_objects() -> None:
    check(called.one.__name__ + called.one.__qualname__ + called.one.__module__, "oneonecalled")
    check((called.one.__text_signature__, str(inspect.signature(called.one))), ("($module, argument, /)", "(argument, /)"))
    check(repr(called.one), "<built-in function one>")
    check(functools.partial(called.one, 4)(), 4)
    check(pickle.loads(pickle.dumps(called.one)) is called.one, True)
    sample = called.Sample(1)
    check((sample.again == sample.again, sample.again == sample.alias, hash(sample.again) == hash(sample.alias)), (True,) * 3)
    check(sample.again == called.Base(1).link, False)
    check(str(inspect.signature(called.Base.again)), "(self, argument, /)")
    check(pickle.loads(pickle.dumps(called.Sample(2))).size, 2)
    check(copyreg.__newobj__(called.Sample).size, 0)
    for name in ("first", "second", "first"):
        function = called.new_function(name)
        check((function(), function.__name__), (42, name))


def types() -> None:
    sample = called.Sample(1)
    check((sample.size, sample.size_and_one, sample - 1, sample * 1, hash(sample), list(sample)), (1, 2, 7, 8, 5, [1, 2]))
    check((sample == 4, sample != sample, called.Sample.make(1, b=2), sample.plain(1)), (True, False, 2, 1))
    sample.size = 9
    check(sample.size, 9)
    check(raised(delattr, sample, "size"), "TypeError: cannot be deleted")
    check(raised(setattr, sample, "size", "x")[:9], "TypeError")
    derived = Derived(2)
    check((derived - 1, next(derived), hash(derived), derived.more, derived.again(5)), (8, 2, 5, 1, 5))
    check((called.Heap(3) - 1, OfHeap(4) - OfHeap(4), OfHeap().again(6)), (7, 7, 6))
    check("is not safe" in raised(object.__new__, called.Sample), True)
    check(type(called.Base.__new__(Derived)), Derived)
    check(raised(called.Heap, "x")[:9], "TypeError")
    before = called.added()
    check(raised(lambda: called.Sample() + called.Other())[:9], "TypeError")
    check(called.added() - before, 1)
    check(type(called.Sample.__sub__).__name__ + type(called.Base.size).__name__, "wrapper_descriptorgetset_descriptor")


def comparisons() -> None:
    check((called.compares(called.Sample()), called.compares(Derived()) & 3), (7, 3))
    check((called.compared(called.compared), called.compared(called.one)), (True, False))
    chain = called.Sample()
    for _ in range(100_000):
        link = called.Sample()
        link.link(chain)
        chain = link
    del chain, link


def generated():
    yield called.one(1)
    yield called.call(lambda: called.one(2))


def others() -> None:
    first, second = generated(), generated()
    check([next(first), next(second), next(second), next(first)], [1, 1, 2, 2])
    threads = [
        threading.Thread(target=lambda: [called.call(lambda: called.fast_keywords(1, b=2)) for _ in range(2000)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(raised(lambda: called.call(lambda: called.call(deep)))[:14], "RecursionError")
    called.nap_elsewhere()
    called.compute_elsewhere()
    called.compute_politely()
    called.call(lambda: called.call(called.compute_elsewhere))
    called.call(spends)
    called.next_of(spends() for _ in "a")
    called.call(lambda: called.next_of(spends() for _ in "a"))
    called.call(lambda: time.sleep(0.25))
    check(called.saved_error(lambda: 5), 5)


def spends() -> int:
    """Python code, which gives the GIL away when it is asked for it."""
    until, steps = time.thread_time() + 0.25, 1000
    while time.thread_time() < until:
        steps += 1
    return steps


def deep() -> None:
    try:
        called.call(deep)
    except RecursionError:
        raise RecursionError from None


def legal() -> None:
    conventions()
    as_objects()
    types()
    comparisons()
    others()


def planted() -> None:
    called.call(called.free_twice)
    raised(lambda: called.leave_error())
    raised(lambda: called.fail_silently())
    raised(called.call_with_error, int)
    called.nap_here()
    called.compute_here()
    called.call(called.compute_last)


if __name__ == "__main__":
    {"legal": legal, "planted": planted}[sys.argv[1]]()
    print("ok")
