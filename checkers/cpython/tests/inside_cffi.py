# SPDX-License-Identifier: Apache-2.0
"""What the checker says of a call through cffi, and what becomes of cffi's callbacks when they die."""

import ctypes
import gc
import os
import sys
import weakref
from typing import Any

from inside import check, probe
from inside_told import CALL_ARGUMENTS, CALL_DROPPED, CALL_RESULT, CALL_VARIADIC, SIZED, TEXT, Argument, Told, told

try:
    import cffi
except ImportError:
    print("ok, without cffi")
    sys.exit()

POINT = "struct point:16 {x@0 int32, y@8 float64}"
NULL = object()
DECLARED = CALL_ARGUMENTS | CALL_RESULT


def declared(declaration: str, types: str = "") -> Any:
    """The probe's function, declared as said, by a declaration without its name."""
    ffi = cffi.FFI()
    ffi.cdef(f"{types}\n{declaration.replace('NAME', 'probe_called')};")
    library = ffi.dlopen(os.environ["FFISAN_PROBE"])
    probe.probe_look()
    return ffi, library.probe_called, library


def called(function: Any, *arguments: Any) -> Told:
    for _ in range(3):
        result = function(*arguments)
        answer = told()
        check(answer is not None, "nothing was told", arguments)
    check(answer.binding == 2, "the binding", answer, result)  # type: ignore[union-attr]
    return answer  # type: ignore[return-value]


def wanted(signature: str, declaration: str, types: str, *arguments: Any) -> Told:
    ffi, function, _library = declared(declaration, types)
    made = [ffi.new(*value) if isinstance(value, tuple) else ffi.NULL if value is NULL else value for value in arguments]
    answer = called(function, *made)
    check(answer.signature == signature, "\n  got ", answer.signature, "\n  want", signature)
    return answer


def types() -> None:
    point = "struct point { int x; double y; };"
    made = wanted("int32(int32, uint64, char8*)", "int NAME(int, size_t, const char *)", "", 1, 2, b"abc")
    check(made.flags == DECLARED, made)
    check(made.arguments == [Argument(0, 0, 0), Argument(0, 0, 0), Argument(0, 4, SIZED | TEXT)], made)
    wanted("void()", "void NAME(void)", "")
    wanted("float64(float32, bool8, wide32*)", "double NAME(float, _Bool, wchar_t *)", "", 1.0, True, "text")
    wanted("uchar8*(char8, uchar8)", "unsigned char *NAME(signed char, uint8_t)", "", 1, 1)
    wanted(f"int64({POINT}*, {POINT})", "long NAME(struct point *, struct point)", point, ("struct point *",), [1, 2.0])
    wanted("int32(struct node:16 {next@0 struct node:16*, value@8 int32}*)", "int NAME(struct node *)",
           "struct node { struct node *next; int value; };", ("struct node *",))  # fmt: skip
    wanted("int32(struct opaque_t ...*)", "int NAME(opaque_t *)", "typedef struct opaque opaque_t;", NULL)
    wanted("int32(struct bits:4 {a@0:0+3 uint32, b@0:3+7 uint32}*)", "int NAME(struct bits *)",
           "struct bits { unsigned a : 3; unsigned b : 7; };", ("struct bits *",))  # fmt: skip
    wanted("int32(union either:8 {i@0 int32, c@0 char8[8]}*, enum32)", "int NAME(union either *, enum e)",
           "union either { int i; char c[8]; }; enum e { A, B };", ("union either *",), 1)  # fmt: skip
    made = wanted("int32(char8*, unknown, unknown)", "int NAME(const char *, ...)", "", b"%d", ("int *",), ("char[]", b"x"))
    check(made.flags == DECLARED | CALL_VARIADIC and made.fixed == 1, made)
    ffi, function, _ = declared("int NAME(int (*)(int, void *), int *)")
    callback = ffi.callback("int(int, void *)", lambda a, b: 0)
    check(called(function, callback, [1, 2]).signature == "int32(int32(int32, void*)*, int32*)", "a callback")


def facts() -> None:
    ffi, function, _ = declared("int NAME(void *)", "struct point { int x; double y; };")
    for arguments, size in (
        (("int *",), 4),
        (("char *",), 2),
        (("char[]", b"four"), 5),
        (("int[3]",), 12),
        (("int[]", 7), 28),
        (("struct point *",), 0),
    ):
        made = ffi.new(*arguments)
        check(called(function, made).arguments[0].size == size, arguments, told(), size)
    check(called(function, ffi.from_buffer(bytearray(10))).arguments[0].flags == 0, "from a buffer")
    check(called(function, ffi.NULL).arguments[0].flags == 0, "nothing")
    check(called(function, b"bytes").arguments[0] == Argument(0, 6, SIZED | TEXT), "bytes")


def dropped() -> None:
    _ffi, function, library = declared("int NAME(int)")
    for _ in range(60):
        function(1)
        check(told().flags & CALL_DROPPED != 0, "thrown away")  # type: ignore[union-attr]
        library.probe_called(1)
        check(told().flags & CALL_DROPPED != 0, "thrown away")  # type: ignore[union-attr]
        kept = function(1)
        check(told().flags & CALL_DROPPED == 0, "kept", kept)  # type: ignore[union-attr]


def by_type() -> None:
    """ctypes (the objects of cffi) that come and go at the same addresses are told apart, and are not kept alive."""
    for index in range(200):
        field = ("int", "double", "short")[index % 3]
        text = {"int": "int32", "double": "float64", "short": "int16"}[field]
        size = {"int": 4, "double": 8, "short": 2}[field]
        ffi, function, library = declared("int NAME(struct s *)", f"struct s {{ {field} a; }};")
        answer = called(function, ffi.new("struct s *"))
        check(answer.signature == f"int32(struct s:{size} {{a@0 {text}}}*)", index, answer.signature)
        death = weakref.ref(ffi.typeof(function))
        del ffi, function, library, answer
        if index % 50 == 0:
            gc.collect()
            check(death() is None, "a type is kept alive")


def unharmed() -> None:
    _ffi, function, _ = declared("int NAME(int, char *)")
    for arguments in ((), (1,), (1, 2), (1, b"a", 3), ("a", b"a"), (2**40, b"a")):
        try:
            function(*arguments)
            check(False, "no error", arguments)
        except (TypeError, OverflowError):
            pass
    try:
        function(1, b"a", key=1)
    except TypeError:
        pass
    check(function(1, b"a") == 7, "the result")
    arguments = (12345678, b"bytes" * 3)
    for _ in range(100):
        function(*arguments)
    before = [sys.getrefcount(value) for value in arguments]
    for _ in range(1000):
        function(*arguments)
    check(before == [sys.getrefcount(value) for value in arguments], "references")


def callbacks() -> None:
    """One that dies leaves its closure as it was, and the pool makes the next one of other memory."""
    ffi = cffi.FFI()
    probe.probe_exchanged.restype = ctypes.c_size_t
    words = ctypes.c_size_t * 8
    for index in range(20):
        callback = ffi.callback("int(int)", lambda value, index=index: value + index)
        code = int(ffi.cast("size_t", callback))
        closure = ctypes.c_size_t.from_address(id(callback) + 40).value
        probe.probe_callback(ctypes.c_size_t(closure), ctypes.c_size_t(code))
        check(callback(3) == 3 + index, "before")
        before = list(words.from_address(closure))
        del callback
        check(probe.probe_exchanged() == closure, "exchanged", index)
        check(list(words.from_address(closure)) == before, "written into", index)
        alive = ffi.callback("int(int)", lambda value: value * 2)
        check(alive(21) == 42 and int(ffi.cast("size_t", alive)) != code, "the next one")
    probe.probe_callback(ctypes.c_size_t(0), ctypes.c_size_t(0))
    for _ in range(100):
        del alive
        alive = ffi.callback("int(int)", lambda value: value * 2)
        check(alive(21) == 42, "none of ours")
    owner = ffi.new_handle(ffi)
    del owner


for part in (types, facts, dropped, by_type, unharmed, callbacks):
    part()
print("ok")
