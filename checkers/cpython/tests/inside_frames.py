# SPDX-License-Identifier: Apache-2.0
"""Stacks as the walker writes them, against the interpreter's own frames, in all the ways a frame can come about."""

import asyncio
import ctypes
import functools
import os
import sys
import threading
import traceback
from typing import Any, AsyncIterator, Callable, Iterator, List

from inside import BUFFER_SIZE, Frame, Stack, Walker, check, expected, probe

LIMIT = 32
OLD = sys.version_info < (3, 11)  # every frame has an evaluation loop of its own
tried = 0


def compare(label: str, stack: Stack, wanted: List[Frame]) -> Stack:
    global tried
    tried += 1
    got = [frame._replace(entry=False) for frame in stack.frames]
    wanted = [frame._replace(file=frame.file[-400:]) for frame in wanted]
    check(got == wanted[:LIMIT], label, "\n  got ", got, "\n  want", wanted[:LIMIT])
    check(stack.complete == (len(wanted) <= LIMIT), label, "complete", stack.complete, len(wanted))
    return stack


def here(label: str) -> Stack:
    """The stack of the caller, whose line is the one of this call; the frame of `here` itself is compared too."""
    walker = Walker()
    written, wanted = probe.probe_walk(*walker.arguments), expected(sys._getframe())
    return compare(label, walker.stack(written), wanted)


def entries(stack: Stack) -> List[str]:
    return [frame.function.split(".")[-1] for frame in stack.frames if frame.entry]


def nested(depth: int) -> Stack:
    return nested(depth - 1) if depth else here("nested")


def generator() -> Iterator[Stack]:
    yield here("generator, first")
    yield (here("generator, second, on several lines"))


def delegating() -> Iterator[Stack]:
    yield from generator()


class Meta(type):
    def __new__(mcs, name: str, bases: Any, space: Any) -> Any:
        here("metaclass")
        return super().__new__(mcs, name, bases, space)


class Object:
    def __init__(self) -> None:
        self.stack = here("__init__")

    def __eq__(self, other: object) -> bool:
        here("__eq__")
        return True

    def __getattr__(self, name: str) -> Stack:
        return here("__getattr__")

    def __del__(self) -> None:
        here("__del__")

    @property
    def value(self) -> Stack:
        return here("property")

    @classmethod
    def make(cls) -> "Object":
        return cls()


async def awaited() -> Stack:
    await asyncio.sleep(0)
    return here("coroutine")


async def stream() -> AsyncIterator[Stack]:
    yield here("asynchronous generator")


async def main() -> None:
    await awaited()
    async for _ in stream():
        pass
    await asyncio.gather(awaited(), awaited())


def raising() -> None:
    try:
        raise ValueError
    except ValueError:
        here("except")
    finally:
        here("finally")


def ordinary() -> None:
    nested(3)
    list(generator())
    for _ in generator():
        pass
    for _ in delegating():
        pass
    [here("comprehension") for _ in range(2)]
    {here("set comprehension").complete for _ in range(2)}
    list(here("generator expression") for _ in range(2))
    (lambda: here("lambda"))()
    sorted([1, 2], key=lambda _: (here("key function"), 1)[1])
    functools.partial(here, "partial")()
    functools.reduce(lambda a, b: (here("reduce"), b)[1], [1, 2, 3])
    exec("def inner():\n\n    here('exec')\ninner()", {"here": here})
    exec(compile("\n" * 70000 + "here('far down')", "far.py", "exec"), {"here": here})
    eval("here('eval')", {"here": here})
    for _ in range(40):  # long enough for the interpreter to specialise the calls
        Object.make().value
        Object() == Object()
        Object().missing
    type.__call__(Meta, "Made", (), {})

    class Body(metaclass=Meta):
        here("class body")

    raising()
    with_statement()
    asyncio.run(main())


class Manager:
    def __enter__(self) -> None:
        here("__enter__")

    def __exit__(self, *details: object) -> None:
        here("__exit__")


def with_statement() -> None:
    with Manager():
        here("with, " + "on several lines")


def names() -> None:
    for name, file in [
        ("f", "plain.py"),
        ("Ünïcödé", "dír/日本語.py"),
        ("n" * 300, "x/" * 600 + "end.py"),
        ("名" * 100, "路" * 300 + ".py"),
        ("a", "\U0001f40d" * 130 + ".py"),
        ("b", "bad\udcff.py"),
        ("c", ""),
    ]:
        walker = Walker()
        space = {"walk": lambda walker=walker: probe.probe_walk(*walker.arguments)}
        exec(compile(f"def {name}():\n    return walk()\nwritten = {name}()", file, "exec"), space)
        frame = walker.stack(space["written"]).frames[1]  # type: ignore[arg-type]
        check(frame.line == 2, frame)
        check(frame.function == name.encode()[:200].decode(errors="ignore"), frame.function)
        check(frame.file == file.replace("\udcff", "?").encode()[-400:].decode(errors="ignore"), frame.file)


def callbacks() -> None:
    prototype = ctypes.CFUNCTYPE(ctypes.c_int)
    stacks: List[Stack] = []

    def inner() -> int:
        stacks.append(here("inside a callback"))
        return 0

    def outer() -> int:
        through_c(inner)
        return 0

    def through_c(function: Callable[[], int]) -> None:
        prototype(function)()

    through_c(outer)
    wanted = ["inner", "outer"]
    check(
        [name for name in entries(stacks[0]) if name in ("inner", "outer", "through_c", "here")]
        == (["here", "inner", "through_c", "outer", "through_c"] if OLD else wanted),
        entries(stacks[0]),
    )
    check(stacks[0].frames[-1].entry, "the outermost frame was entered from C")


def threads() -> None:
    def work() -> None:
        nested(2)
        [here("in a thread") for _ in range(3)]

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def without_gil() -> None:
    """The same thread, with the GIL released: ctypes.CDLL does that, PyDLL does not."""
    free = ctypes.CDLL(os.environ["FFISAN_PROBE"])
    free.probe_walk.restype = ctypes.c_size_t
    free.probe_walk.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    walker = Walker()
    stop = threading.Event()
    spinner = threading.Thread(target=lambda: [None for _ in iter(stop.is_set, True)])
    spinner.start()
    for _ in range(200):
        written, wanted = free.probe_walk(*walker.arguments), expected(sys._getframe())
        compare("without the GIL", walker.stack(written), wanted)
    stop.set()
    spinner.join()


def never_attached() -> None:
    """A thread that Python knows nothing of has no frames."""
    pthread_create = ctypes.CDLL(None).pthread_create
    pthread_join = ctypes.CDLL(None).pthread_join
    pthread_join.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    handle = ctypes.c_void_p()
    result = ctypes.c_void_p(1)
    walk = ctypes.cast(probe.probe_walk_empty, ctypes.c_void_p)
    check(pthread_create(ctypes.byref(handle), None, walk, None) == 0, "pthread_create")
    pthread_join(handle, ctypes.byref(result))
    check(result.value is None, "frames of a thread that has none", result.value)


def small_buffers() -> None:
    whole = here("whole")
    for size in list(range(400)) + [1000, 2000, 4000, 8000]:
        walker = Walker(max(size, 1))
        stack = walker.stack(probe.probe_walk(walker.arguments[0], size))
        check(len(stack.frames) <= len(whole.frames), size)
        for frame in stack.frames:
            check(frame.line > 0, size, frame)
        check(walker.buffer.raw[size:] == b"\xaa" * (max(size, 1) - size), "written behind the buffer", size)


def sampled() -> None:
    """Signals in the middle of anything: a stack may end early then, but nothing breaks, and nearly all are whole."""

    def work(depth: int) -> int:
        numbers = [n for n in generator_of(20)]
        return sum(sorted(numbers, key=lambda n: -n)) + (work(depth - 1) if depth else 0)

    def generator_of(count: int) -> Iterator[int]:
        for n in range(count):
            yield n

    probe.probe_sample(1000)
    while probe.probe_samples() < 400:
        work(10)
    probe.probe_sample(0)
    check(probe.probe_whole_samples() > 0.95 * probe.probe_samples(), probe.probe_whole_samples(), probe.probe_samples())


def deep() -> None:
    sys.setrecursionlimit(5000)
    nested(1000)


for part in (ordinary, names, callbacks, threads, without_gil, never_attached, small_buffers, sampled, deep):
    try:
        part()
    except Exception:
        traceback.print_exc()
        check(False, part.__name__)
check(BUFFER_SIZE > 32 * (16 + 602) + 24, "room for everything")
print("ok", tried)
