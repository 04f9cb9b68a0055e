# SPDX-License-Identifier: Apache-2.0
"""The innermost frame, as raw words, as text and by number, against the interpreter's own, in the ways a frame can come about."""

import asyncio
import ctypes
import functools
import os
import sys
import threading
from typing import Any, AsyncIterator, Dict, Iterator, List, Tuple

from inside import BUFFER_SIZE, Frame, check, name_of, parse, probe

probe.probe_line.restype = probe.probe_line_here.restype = ctypes.c_uint32
probe.probe_describe.restype = probe.probe_line_describe.restype = ctypes.c_size_t
probe.probe_callback_line.restype = ctypes.c_uint32
probe.probe_cost.restype = ctypes.c_double
free = ctypes.CDLL(os.environ["FFISAN_PROBE"])  # calls without the GIL
free.probe_line_here.restype = ctypes.c_uint32

Place = ctypes.c_size_t * 2


class Room(threading.local):
    def __init__(self) -> None:
        self.buffer = ctypes.create_string_buffer(BUFFER_SIZE)


room = Room()
tried = 0


def frame_in(written: int) -> Frame:
    stack = parse(room.buffer.raw[:written])
    check(len(stack.frames) == 1, stack)
    return stack.frames[0]


def described(place: Any) -> Frame:
    written = probe.probe_describe(ctypes.byref(place), room.buffer, BUFFER_SIZE)
    check(written > 0, "not described", list(place))
    return frame_in(written)


def told(line: int) -> Frame:
    written = probe.probe_line_describe(line, room.buffer, BUFFER_SIZE)
    check(written > 0, "not told", line)
    return frame_in(written)


def here(label: str) -> int:
    """This frame, from the inside and without the GIL; and the caller's, by its own call."""
    global tried
    tried += 1
    place, frame = Place(), sys._getframe()
    want = Frame(name_of(frame.f_code), frame.f_code.co_filename, 0, False)
    wanted = want._replace(line=(probe.probe_here(place), frame.f_lineno)[1])
    check(place[0] == id(frame.f_code), label, "code")
    check(described(place) == wanted, label, described(place), wanted)
    number = probe.probe_line(place)
    check(told(number) == wanted, label, told(number), wanted)
    check(probe.probe_line(place) == number, label, "the same number")
    line, wanted = free.probe_line_here(), want._replace(line=frame.f_lineno)
    check(told(line) == wanted, label, told(line), wanted)
    return int(number)


def generator() -> Iterator[Tuple[int, int]]:
    yield probe.probe_line_here(), sys._getframe().f_lineno
    yield (
        probe.probe_line_here(),
        sys._getframe().f_lineno - 1,
    )


async def stream() -> AsyncIterator[int]:
    yield here("asynchronous generator")


async def main() -> None:
    await asyncio.sleep(0)
    here("coroutine")
    async for _ in stream():
        pass


class Object:
    def __init__(self) -> None:
        self.line = probe.probe_line_here()

    def __del__(self) -> None:
        here("__del__")


def ordinary() -> None:
    numbers = {here("a loop") for _ in range(50)}
    check(len(numbers) == 1, numbers)
    for line, wanted in generator():
        check(told(line)[1:3] == (__file__, wanted), told(line), wanted)
    for _ in range(40):  # long enough for the interpreter to specialise the calls
        check(told(Object().line).function.endswith("__init__"), "a class")
    asyncio.run(main())
    check(told((lambda: probe.probe_line_here())()).function.endswith("<lambda>"), "lambda")


def callbacks() -> None:
    lines: List[int] = []
    prototype = ctypes.CFUNCTYPE(ctypes.c_int)

    def inner() -> int:
        lines.append(here("inside a callback"))
        return 0

    prototype(inner)()
    check(told(lines[0]).function == "here", told(lines[0]))
    here("after a callback")


class Handler:
    def method(self) -> int:
        return 0


def behind_callbacks() -> None:
    """The function that a callback was made of, by what its binding gives libffi."""
    prototype = ctypes.CFUNCTYPE(ctypes.c_int)

    def behind(callable_: Any) -> int:
        callback = prototype(callable_)
        (thunk,) = callback._objects.values()
        by_ctypes = probe.probe_callback_line(1, ctypes.c_size_t(id(thunk)))
        info = (None, callable_, b"", None)
        check(probe.probe_callback_line(2, ctypes.c_size_t(id(info))) == by_ctypes, "cffi", callable_)
        check(probe.probe_callback_line(1, ctypes.c_size_t(id(info))) == 0, "no thunk")
        check(probe.probe_callback_line(2, ctypes.c_size_t(id(thunk))) == 0, "no tuple")
        return int(by_ctypes)

    for callable_ in (here, Handler().method, lambda: 0, behind_callbacks):
        code: Any = getattr(callable_, "__func__", callable_).__code__  # type: ignore[attr-defined]
        wanted = Frame(name_of(code), __file__, code.co_firstlineno, False)
        check(told(behind(callable_)) == wanted, told(behind(callable_)), wanted)
    for callable_ in (int, functools.partial(here, "partial"), [].append):
        check(behind(callable_) == 0, "no Python function", callable_)
    for data in (0, 8, 1, id(None), id(Handler), 2**64 - 8):
        check(probe.probe_callback_line(1, ctypes.c_size_t(data)) == 0, "what is none", data)
        check(probe.probe_callback_line(2, ctypes.c_size_t(data)) == 0, "what is none", data)


def threads() -> None:
    def work(numbers: List[int]) -> None:
        for _ in range(200):
            numbers.append(here("in a thread"))

    results: List[List[int]] = [[] for _ in range(8)]
    workers = [threading.Thread(target=work, args=(result,)) for result in results]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    check(len({number for result in results for number in result}) == 1, "one line, one number")


def never_attached() -> None:
    """A thread that Python knows nothing of is nowhere."""
    handle, result = ctypes.c_void_p(), ctypes.c_void_p(1)
    start = ctypes.cast(probe.probe_line_here, ctypes.c_void_p)
    check(free.pthread_create(ctypes.byref(handle), None, start, None) == 0, "pthread_create")
    free.pthread_join(handle, ctypes.byref(result))
    check((result.value or 0) & 0xFFFFFFFF == 0, "a place of a thread that has none", result.value)


def reused() -> None:
    """Code objects that come and go at the same addresses are told apart, and what was said of those that went stays."""
    said: Dict[int, Frame] = {}
    for index in range(2000):
        name, lines_before = f"f{index % 1000}", index % 7
        space = {"line": probe.probe_line_here}
        source = "\n" * lines_before + f"def {name}():\n    return line()\nnumber = {name}()"
        exec(compile(source, f"file{index % 50}.py", "exec"), space)
        number: Any = space["number"]
        wanted = Frame(name, f"file{index % 50}.py", lines_before + 2, False)
        check(told(number) == wanted, index, told(number), wanted)
        said.setdefault(number, wanted)
    for number, wanted in said.items():
        check(told(number) == wanted, number)
    written = probe.probe_describe(ctypes.byref(Place(id(sys), 0)), room.buffer, BUFFER_SIZE)
    check(written == 0, "what is no code object")
    check(probe.probe_line(ctypes.byref(Place(8, 8))) == 0, "what is no memory")


def small_buffers() -> None:
    place = Place()
    probe.probe_here(place)
    for size in range(BUFFER_SIZE // 32):
        ctypes.memset(room.buffer, 0xAA, BUFFER_SIZE)
        probe.probe_describe(ctypes.byref(place), room.buffer, size)
        check(room.buffer.raw[size:] == b"\xaa" * (BUFFER_SIZE - size), "written behind the buffer", size)


def many() -> None:
    """Bounded: the numbers run out, and those that were given stay."""
    first = here("before many")
    wanted = told(first)
    space = {"line": probe.probe_line_here}
    body = "\n".join("    line()" for _ in range(40000))
    exec(compile(f"def f():\n{body}\nf()", "many.py", "exec"), space)
    check(probe.probe_line_here() == 0, "no more numbers")
    check(told(first) == wanted, "after many")


for part in (ordinary, callbacks, behind_callbacks, threads, never_attached, reused, small_buffers):
    part()
if len(sys.argv) > 1:
    print(f"here {probe.probe_cost(False, 10**7):.1f} ns, with its line {probe.probe_cost(True, 10**7):.1f} ns")
many()
print("ok", tried)
