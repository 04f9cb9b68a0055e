# SPDX-License-Identifier: Apache-2.0
"""Uses one module or the other that can do the same: same.py MODULE. Nothing in it is wrong."""

import contextlib
import gc
import importlib
import sys
import weakref

extension = importlib.import_module(sys.argv[1])


class Thing:
    """Something that can be referred to weakly."""

    def __init__(self, number=0):
        self.number = number

    def __str__(self):
        return f"thing {self.number}"

    def __hash__(self):
        return hash(self.number)

    def __eq__(self, other):
        return isinstance(other, Thing) and self.number == other.number


def boxes(number):
    box = extension.Box(Thing(number))
    assert box.text() == f"thing {number}"
    box.value = [number]
    box.value = box.value
    assert len(box) == 2 and box[0] == Thing(number) and list(box) == [[number], Thing(number), [number]]
    assert extension.Box(number) == extension.Box(number) and hash(extension.Box(number)) == hash(number)
    with contextlib.suppress(IndexError):
        box[99]
    with contextlib.suppress(TypeError):
        hash(box)
    made = [extension.Box(box) for _ in range(10)]
    thing = Thing()
    gone = weakref.ref(thing)
    holder = extension.Box(thing)
    del thing
    assert gone()
    del holder, made
    assert gone() is None


def functions(number):
    assert extension.total(range(number)) == sum(range(number))
    with contextlib.suppress(TypeError):
        extension.total([1, "two", Thing()])
    things = [Thing(number), Thing(number + 1), [number]]
    assert extension.apply(lambda *given, **named: (given, named), *things, last=Thing())[1]["last"] == Thing()
    assert extension.apply(things.clear) is None
    assert extension.apply(list) == []
    assert extension.pair(number, Thing(1)) == (number, Thing(1))
    assert extension.pair(*extension.pair(Thing(), None))[1] is None
    assert extension.rotate([1, Thing(2), [3]]) == [Thing(2), [3], 1]
    data = bytearray(b"abcdef")
    assert extension.checksum(data) == 2 * sum(data)
    with contextlib.suppress(ValueError):
        extension.checksum(bytearray(b"abc"))
    data.append(1)
    assert extension.get({number: Thing(number)}, number).number == number
    assert extension.get({}, Thing(), 5) == 5
    assert extension.get({Thing(3): "x"}, Thing(3)) == "x"


def callbacks():
    calls = []
    extension.in_thread(lambda: calls.append(1))
    assert len(calls) == 2
    count_up = extension.counter()
    assert [count_up(), count_up(), count_up()] == [1, 2, 3]
    with contextlib.suppress(ValueError):
        extension.fails(lambda: calls.clear())
    with contextlib.suppress(ZeroDivisionError):
        extension.fails(lambda: 1 / 0)


for round_number in range(40):
    boxes(round_number)
    functions(round_number)
    callbacks()
    if round_number % 10 == 0:
        gc.collect()
print("done")
