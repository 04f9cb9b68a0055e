# SPDX-License-Identifier: Apache-2.0
"""Calls references.c in every way that it may be called, often enough that what is looked at now and then is looked at."""

import contextlib
import ctypes
import functools
import gc
import weakref

import _references as references

ctypes.pythonapi.Py_IncRef.argtypes = [ctypes.py_object]
ctypes.pythonapi.Py_IncRef.restype = None


class Thing:
    """Something that can be referred to weakly, and says something long."""

    def __init__(self, number=0):
        self.number = number

    def __str__(self):
        return f"thing {self.number}, " * 40


class Phoenix:
    """Comes back once when it dies."""

    kept = []

    def __del__(self):
        if len(self.kept) < 3:
            self.kept.append(self)


def lists(number):
    things = [Thing(number), Thing(number), Phoenix()]
    references.replace(things, 0, Thing())
    references.replace(things, 2, "nothing")
    references.replace(things, 1, things)
    references.replace(things, 1, None)
    references.swap(things)
    assert references.take([Thing(7)]).number == 7
    assert references.take([(number, str(number))])[0] == number
    references.empty([Thing(), [], {}, 1.5, number + 10**6])
    references.refused([])


def arguments(number):
    thing = Thing(number)
    holder = [thing]
    assert references.during(thing, lambda given: given.number) == number
    assert references.during(thing, lambda _given: holder.clear()) is None
    assert references.during([number], lambda given: given.append(given) or given.clear()) is None
    assert references.juggle(thing) is thing
    assert references.juggle([]) == []
    pair, named = (Thing(1), Thing(2)), {"sixth": Thing(6)}
    assert references.spread(*pair) == pair
    assert references.spread(*[Thing(3)])[0].number == 3
    assert references.spread_fast(*pair, third=Thing(4))[2].number == 4
    assert references.spread_fast(Thing(5), **named)[1].number == 6
    assert functools.partial(references.spread_fast, Thing(7))(Thing(8))[0].number == 7
    assert [value.number for value in map(references.juggle, [Thing(9)])] == [9]
    for value in (None, True, 1, "a", (), b"", 10**20, Ellipsis):
        assert references.juggle(value) is value


def kept(number):
    references.keep(Thing(number))
    references.keep(number + 10**7)
    references.keep_text(f"the documentation of {number}")
    references.keep_text(b"the documentation of %d" % number)
    assert references.constant() is references.constant()


def another_at_its_address(number):
    """What the extension has made dies; what comes to stay there was lost by somebody else."""
    assert references.sum(b"zzz", None) == 366
    ctypes.pythonapi.Py_IncRef(number + 10**6)


def boxes(number):
    box = references.Box(Thing(number))
    weak = weakref.ref(box, lambda _gone: None)
    assert references.is_alive(weak)
    box.value = box
    del box
    text = references.Box(f"text {number}")
    assert text.text == f"text {number}"
    assert list(text) == [0, 1, 2]
    assert f"text {number}" in text and hash(text) == hash(text.value)
    text += 1
    with contextlib.suppress(TypeError):
        text += "x"
    with contextlib.suppress(TypeError):
        del text.value
    references.Box(b"").look(bytearray(b"abc"))
    data = bytearray(b"abcd")
    looking = references.Box().look(data)
    del looking
    data.append(1)


def insides(number):
    references.lengths(Thing(number))
    data = bytearray(b"abc")
    references.hold(data)
    assert references.let_go() == 3
    data += b"d"
    with references.view(data) as view:
        assert view[0] == 97
    assert references.sum(data) == references.sum(bytes(data), None)


def exceptions():
    with contextlib.suppress(ValueError):
        references.fails_after_calling(list)
    with contextlib.suppress(ValueError):
        references.fails_after_calling(lambda: Thing().number)
    references.look_up(Thing())


for round_number in range(40):
    lists(round_number)
    arguments(round_number)
    kept(round_number)
    another_at_its_address(round_number)
    boxes(round_number)
    insides(round_number)
    exceptions()
    if round_number % 10 == 0:
        gc.collect()
references.churn(20000)
references.deep(50000)
print("done")
