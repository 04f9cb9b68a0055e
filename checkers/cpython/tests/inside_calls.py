# SPDX-License-Identifier: Apache-2.0
"""What the checker says of a call through ctypes, read back by the function that was called."""

import ctypes
import os
import sys
import threading
import time
from _ctypes import FUNCFLAG_CDECL, CFuncPtr
from ctypes import CFUNCTYPE, POINTER, Structure, Union, byref, c_char_p, c_double, c_int, c_void_p, pointer
from typing import Any, Callable, Dict, List, Tuple

from inside import check
from inside_told import (
    CALL_ARGUMENTS,
    CALL_DROPPED,
    CALL_RESULT,
    CALL_VARIADIC,
    CALLBACK,
    CUT,
    SIZED,
    TEXT,
    WIDE,
    Argument,
    Told,
    library,
    told,
)


def target(name: str = "probe_called") -> Any:
    return ctypes.CDLL(os.environ["FFISAN_PROBE"])[name]


def called(function: Any, *arguments: Any) -> Told:
    for _ in range(3):  # described, remembered, found again
        result = function(*arguments)
        answer = told()
        check(answer is not None, "nothing was told", arguments)
    check(result is not None or function.restype is None)
    assert answer is not None
    return answer


def wanted(signature: str, *arguments: Any, function: Any = None) -> Told:
    answer = called(function or target(), *arguments)
    check(answer.signature == signature, "\n  got ", answer.signature, "\n  want", signature)
    return answer


class Point(Structure):
    _fields_ = [("x", c_int), ("y", c_double)]


class Point3(Point):
    _fields_ = [("z", ctypes.c_short)]


class Bits(Structure):
    _fields_ = [("a", c_int, 3), ("b", c_int, 7), ("c", ctypes.c_ubyte)]


class Either(Union):
    _pack_ = 1
    _fields_ = [("text", c_char_p), ("points", Point * 2)]


class Packed(Structure):
    _pack_ = 1
    _fields_ = [("a", ctypes.c_byte), ("b", ctypes.c_longlong)]


class Node(Structure):
    pass


Node._fields_ = [("next", POINTER(Node)), ("value", c_int)]


class Opaque(Structure):
    pass


POINT = "struct Point:16 {x@0 int32, y@8 float64}"
NODE = "struct Node:16 {next@0 struct Node:16*, value@8 int32}"
comparison = CFUNCTYPE(c_int, c_void_p, POINTER(c_int))


def by_objects() -> None:
    """Without argtypes: the objects say it."""
    wanted("int32()")
    wanted("int32(int32, int32)", 1, True)
    wanted("int32(char8*, wide32*, void*)", b"bytes", "text", None)
    wanted("int32(int32, int64, float64, float128)", c_int(1), ctypes.c_long(1), c_double(1), ctypes.c_longdouble(1))
    wanted("int32(bool8, uchar8, wide32, uint16)", ctypes.c_bool(1), ctypes.c_ubyte(1), ctypes.c_wchar("a"), ctypes.c_ushort(1))
    wanted("int32(char8*, wide32*, void*)", c_char_p(b"a"), ctypes.c_wchar_p("a"), c_void_p(0))
    wanted("int32(struct PyObject ...*)", ctypes.py_object(sys))
    wanted(f"int32({POINT}*, {POINT}*, {POINT})", byref(Point()), pointer(Point()), Point())
    wanted("int32(struct Point3:24 {x@0 int32, y@8 float64, z@16 int16}*)", byref(Point3()))
    wanted("int32(struct Bits:8 {a@0:0+3 int32, b@0:3+7 int32, c@4 uchar8}*)", byref(Bits()))
    wanted("int32(union Either:32 packed {text@0 char8*, points@0 struct Point:16[32]}*)", byref(Either()))
    wanted("int32(struct Packed:9 packed {a@0 char8, b@1 int64}*)", byref(Packed()))
    wanted(f"int32({NODE}*)", byref(Node()))
    wanted("int32(struct Opaque ...*)", POINTER(Opaque)())
    wanted("int32(char8*, int32*, wide32*)", ctypes.create_string_buffer(5), (c_int * 3)(), ctypes.create_unicode_buffer(5))
    wanted("int32(int32[12]*, int32**)", byref((c_int * 3)()), byref(POINTER(c_int)()))
    wanted("int32(int32(void*, int32*)*, int32(?)*)", comparison(lambda a, b: 0), target())
    wanted("int32(void*)", byref(Point(), 8))

    class Wrapper:
        def __init__(self) -> None:
            self._as_parameter_ = c_int(3)

    wanted("int32(unknown)", Wrapper())


def by_declaration() -> None:
    function = target()
    function.argtypes = [c_int, c_void_p, c_char_p, POINTER(Point), Point, c_int * 3, comparison, ctypes.py_object]
    signature = f"int32(int32, void*, char8*, {POINT}*, {POINT}, int32*, int32(void*, int32*)*, struct PyObject ...*)"
    made = wanted(signature, 1, None, b"", Point(), Point(), (c_int * 3)(), comparison(lambda a, b: 0), sys, function=function)
    check(made.flags == CALL_ARGUMENTS, made)
    function = target()
    function.argtypes = (c_char_p,)
    made = wanted("int32(char8*, int32, char8*)", b"%d %s", 1, b"", function=function)
    check(made.flags == CALL_ARGUMENTS | CALL_VARIADIC and made.fixed == 1, made)
    for restype, signature in ((c_void_p, "void*"), (None, "void"), (ctypes.c_long, "int64"), (int, "int32"), (str, "int32")):
        function = target()
        function.restype = restype
        made = wanted(f"{signature}()", function=function)
        check(made.flags == CALL_RESULT, restype, made)
    check(wanted("int32()").flags == 0, "nothing was declared")
    prototype = CFUNCTYPE(c_double, c_int)(("probe_called_double", library))
    made = wanted("float64(int32)", 3, function=prototype)
    check(made.flags == CALL_RESULT | CALL_ARGUMENTS, made)

    types: List[Any] = [c_int, c_char_p]
    function = target()
    function.argtypes = types
    wanted("int32(int32, char8*)", 1, b"", function=function)
    for _ in range(100):  # its items move
        types.append(c_double)
    function(1, b"")
    check(told() is None, "argtypes that were changed after they were set")
    del types[2:]
    wanted("int32(int32, char8*)", 1, b"", function=function)
    types[0] = c_double
    function(1, b"")
    check(told() is None, "argtypes that were changed after they were set")

    class Own:
        @classmethod
        def from_param(cls, value: Any) -> Any:
            return c_int(value)

    function = target()
    function.argtypes = [Own, c_int]
    wanted("int32(unknown, int32)", 1, 2, function=function)


def by_class() -> None:
    """A class that is changed, or another one at its address, is described anew."""
    signatures = set()
    for index in range(300):
        kind = (c_int, c_double, ctypes.c_short)[index % 3]
        made = type(f"Made{index % 7}", (Structure,), {"_fields_": [("field", kind)] * 1})
        text = {c_int: "int32", c_double: "float64", ctypes.c_short: "int16"}[kind]
        size = ctypes.sizeof(made)
        answer = wanted(f"int32(struct Made{index % 7}:{size} {{field@0 {text}}}*)", byref(made()))
        signatures.add(answer.identity)
        del made
    check(len(signatures) == 21, "one identity for each content", len(signatures))

    class Late(Structure):
        pass

    late = POINTER(Late)
    wanted("int32(struct Late ...*)", late())
    Late._fields_ = [("a", c_int)]
    wanted("int32(struct Late:4 {a@0 int32}*)", byref(Late()))
    lengths = {wanted("int32(int32*)", (c_int * length)()).identity for length in range(1, 200)}
    check(len(lengths) == 1, "the length of an array is no type", len(lengths))


def facts() -> None:
    def of(*arguments: Any, argtypes: Any = None) -> List[Argument]:
        function = target()
        if argtypes:
            function.argtypes = argtypes
        return called(function, *arguments).arguments

    check(of(b"abc") == [Argument(0, 4, SIZED | TEXT)], "bytes")
    check(of("abc") == [Argument(0, 16, SIZED | WIDE)], "text")
    check(of("\U0001f40d") == [Argument(0, 8, SIZED | WIDE)], "text beyond 16 bits")
    buffer = ctypes.create_string_buffer(100)
    check(of(buffer) == [Argument(0, 100, SIZED)], "buffer")
    check(of(byref(buffer, 10)) == [Argument(0, 90, SIZED)], "within a buffer")
    check(of(byref(c_int())) == [Argument(0, 4, SIZED)], "byref")
    ctypes.resize(buffer, 300)
    check(of(buffer)[0].size == 300, "resized")
    points = (Point * 5)()
    check(of(byref(points[2])) == [Argument(0, 48, SIZED)], "within an array", of(byref(points[2])))
    check(of((c_int * 4).from_buffer(bytearray(100))) == [Argument(0, 0, 0)], "somebody else's memory")
    check(of((c_int * 4).from_address(ctypes.addressof(points))) == [Argument(0, 0, 0)], "an address")
    check(of(pointer(c_int())) == [Argument(0, 0, 0)], "a pointer")
    check(of(ctypes.create_unicode_buffer(3)) == [Argument(0, 12, SIZED | WIDE)], "wide buffer")
    check(of(ctypes.c_wchar_p("abc"))[0].flags & WIDE == WIDE, "wide pointer")
    check(of(ctypes.c_wchar_p(None))[0].flags == 0, "no wide pointer")
    for value in (0, -1, 2**31, 2**32 - 1, -(2**31), 2**30, 5, 2**64 - 1):
        check(of(value) == [Argument(0, 0, 0)], value)
    for value in (2**32, -(2**31) - 1, 2**40 + 5, 2**63 - 1, -(2**63), 2**64 - 2**40):
        check(of(value) == [Argument(value % 2**64, 0, CUT)], value, of(value))
        check(of(value, argtypes=[c_int]) == [Argument(value % 2**64, 0, CUT)], value)
        check(of(value, argtypes=[ctypes.c_long]) == [Argument(0, 0, 0)], value)
        if value >= 0:
            check(of(value, argtypes=[c_void_p]) == [Argument(0, 0, 0)], value)
    check(called(target(), 2**40).identity != called(target(), 5).identity, "another kind of call")
    check(called(target(), 2**40).identity == called(target(), 2**50).identity, "one kind of call")
    callback = comparison(lambda a, b: 0)
    check(of(callback)[0].flags == CALLBACK, "callback")
    check(of(target())[0].flags == 0, "a function")


def dropped() -> None:
    function = target()

    def flags() -> int:
        answer = told()
        assert answer is not None
        return answer.flags & CALL_DROPPED

    for _ in range(60):  # long enough for the interpreter to specialise
        function(1)
        check(flags() != 0, "thrown away")
        library.probe_called(1)
        check(flags() != 0, "thrown away, a method's way")
        function(*(1, 2))
        check(flags() != 0, "thrown away, arguments from a tuple")
        kept = function(1)
        check(flags() == 0, "kept", kept)
        check(function(1) == 7 and flags() == 0, "compared")
        [function(1)]
        check(flags() == 0, "in a list")
    (lambda: function(1))()
    check(flags() == 0, "returned")
    for index in range(200):  # code that comes to the address of code that went
        exec(("x = function(1)", "function(1)")[index % 2], {"function": function})
        check(bool(flags()) == bool(index % 2), "other code at the same address", index)
    function.errcheck = lambda result, function, arguments: result
    function(1)
    check(flags() == 0, "checked")


def nested() -> None:
    """Calls inside the conversion of arguments, inside callbacks, and what comes after them."""

    class Inner:
        @classmethod
        def from_param(cls, value: Any) -> Any:
            check(called(target(), b"inner").signature == "int32(char8*)", "inside a conversion")
            return c_int(value)

    function = target()
    function.argtypes = [Inner, c_int]
    wanted("int32(unknown, int32)", 1, 2, function=function)

    def inside() -> None:
        check(called(target(), "inner").signature == "int32(wide32*)", "inside a callback")

    outer = target("probe_calls_back")
    outer.argtypes, outer.restype = [CFUNCTYPE(None)], None
    outer(CFUNCTYPE(None)(inside))
    answer = told()
    check(answer is not None and answer.signature == "void(void()*)", "after a callback", answer)

    class Failing:
        @classmethod
        def from_param(cls, value: Any) -> Any:
            raise ValueError

    function.argtypes = [Failing]
    for _ in range(20):
        try:
            function(1)
        except ctypes.ArgumentError:
            pass
    wanted("int32(int32)", 1)

    def deep(level: int) -> Any:
        class Deep:
            @classmethod
            def from_param(cls, value: Any) -> Any:
                if level:
                    deep(level - 1)
                return c_int(value)

        inner = target()
        inner.argtypes = [Deep]
        return inner(1)

    deep(20)
    wanted("int32(int32)", 1)


def unharmed() -> None:
    """What a program can see of it: nothing."""
    function = target()
    check(function(1) == 7 and function("a", b"b", None, 1.0 and 3) == 7, "results")
    for arguments in ((1.0,), (object(),), (2**100,)):
        try:
            function(*arguments)
            check(False, "no error", arguments)
        except (ctypes.ArgumentError, OverflowError):
            pass
    try:
        function(1, key=2)
    except TypeError:
        pass
    counts: Tuple[Any, ...] = (c_int(3), "text" * 3, b"bytes" * 3, function, Point, byref(Point()))
    for _ in range(50):
        function(counts[0], counts[1], counts[2], counts[5])
    before = [sys.getrefcount(value) for value in counts]
    for _ in range(500):
        function(counts[0], counts[1], counts[2], counts[5])
    check(before == [sys.getrefcount(value) for value in counts], "references")

    class Own(ctypes.CDLL):
        pass

    class Callable_(CFuncPtr):
        _flags_, _restype_ = FUNCFLAG_CDECL, c_int

        def __call__(self, *arguments: Any) -> Any:
            return super().__call__(*arguments), "own"

    own = Callable_(("probe_called", library))
    check(own(1) == (7, "own") and told() is not None, "a class that calls its base")
    check(Own(os.environ["FFISAN_PROBE"]).probe_called(3) == 7 and told() is not None, "a class made later")

    class Odd(type(Structure)):  # type: ignore[misc]
        def __getattribute__(cls, name: str) -> Any:
            check(not watched, "asked for", name)
            return super().__getattribute__(name)

    watched = False

    class Strange(Structure, metaclass=Odd):
        _fields_ = [("a", c_int)]

        def __getattribute__(self, name: str) -> Any:
            check(not watched, "asked for", name)
            return super().__getattribute__(name)

    value = Strange()
    watched = True
    wanted("int32(struct Strange:4 {a@0 int32}*, struct Strange:4 {a@0 int32})", byref(value), value)


def threads() -> None:
    function = target("probe_nothing")
    failures: List[Any] = []

    def work(kinds: List[Any]) -> None:
        try:
            for index in range(2000):
                function(kinds[index % len(kinds)]())
        except Exception as error:
            failures.append(error)

    kinds: List[Callable[[], Any]] = [c_int, c_double, Point, lambda: b"", lambda: "", lambda: byref(Point())]
    workers = [threading.Thread(target=work, args=(kinds[index % 3 :],)) for index in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    check(not failures, failures)


def cost() -> None:
    function, plain = target("probe_nothing"), target("probe_nothing")
    declared = target("probe_nothing")
    declared.argtypes, declared.restype = [c_int, c_char_p], c_int
    table: Dict[str, Tuple[Any, ...]] = {"none": (), "int": (1,), "three": (1, b"abc", None), "byref": (byref(Point()),)}
    for name, arguments in table.items():
        print(name, end=" ")
        print(f"{best(function, arguments):.0f} ns", end=", ")
    print(f"declared {best(declared, (1, b'abc')):.0f} ns", plain and "")


def best(function: Any, arguments: Tuple[Any, ...]) -> float:
    times = []
    for _ in range(15):
        start = time.perf_counter()
        for _ in range(20000):
            function(*arguments)
        times.append((time.perf_counter() - start) / 20000 * 1e9)
    return min(times)


def late() -> None:
    """Nobody has looked a function up, and ctypes is found all the same, soon."""
    function = CFUNCTYPE(c_int)(ctypes.cast(library.probe_called, c_void_p).value)
    for _ in range(100000):
        bytearray(1000)
        function()
        if told() is not None:
            return
    check(False, "ctypes was not found")


if sys.argv[1:] == ["cost"]:
    cost()
elif sys.argv[1:] == ["late"]:
    late()
    print("ok")
else:
    for part in (by_objects, by_declaration, by_class, facts, dropped, nested, unharmed, threads):
        part()
    print("ok")
