# SPDX-License-Identifier: Apache-2.0
"""ctypes as it should be, and much of it: structures, unions, bit-fields, callbacks, by value, out-parameters, errors."""

import ctypes
import os
from ctypes import POINTER, c_char, c_char_p, c_double, c_int, c_long, c_size_t, c_uint, c_ulong, c_void_p

libc = ctypes.CDLL("libc.so.6", use_errno=True)
libm = ctypes.CDLL("libm.so.6")
zlib = ctypes.CDLL("libz.so.1")
sqlite = ctypes.CDLL("libsqlite3.so.0")
greeting = ctypes.CDLL(os.environ["GREETING_LIBRARY"])


class Style(ctypes.Structure):
    _fields_ = [("width", c_int), ("fill", c_char), ("volume", c_double), ("suffix", c_char_p)]


class TimeVal(ctypes.Structure):
    _fields_ = [("tv_sec", c_long), ("tv_usec", c_long)]


class Tm(ctypes.Structure):
    _fields_ = [
        *((name, c_int) for name in "tm_sec tm_min tm_hour tm_mday tm_mon tm_year tm_wday tm_yday tm_isdst".split()),
        ("tm_gmtoff", c_long),
        ("tm_zone", c_char_p),
    ]


class Division(ctypes.Structure):
    _fields_ = [("quot", c_long), ("rem", c_long)]


class PollDescriptor(ctypes.Structure):
    _fields_ = [("fd", c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short)]


def declare(function, result, *arguments):
    function.restype, function.argtypes = result, list(arguments)
    return function


measure = declare(greeting.greeting_measure, c_size_t, c_char_p, POINTER(Style))
format_ = declare(greeting.greeting_format, c_int, c_char_p, POINTER(Style), c_char_p, POINTER(c_size_t))
default = declare(greeting.greeting_style_default, Style)
loudness = declare(greeting.greeting_loudness, c_double, c_double, c_double)


def styles() -> None:
    style = default()
    style.width = 30
    style.fill = b"."
    out, size = ctypes.create_string_buffer(64), c_size_t(64)
    assert format_(b"world", style, out, size) == 0
    print(out.value, size.value, measure(b"world", ctypes.byref(style)), loudness(8, 2))
    for _ in range(1000):
        measure(b"world", style)


def times() -> None:
    gmtime_r = declare(libc.gmtime_r, POINTER(Tm), POINTER(c_long), POINTER(Tm))
    strftime = declare(libc.strftime, c_size_t, c_char_p, c_size_t, c_char_p, POINTER(Tm))
    broken, out = Tm(), ctypes.create_string_buffer(64)
    gmtime_r(c_long(86400), broken)
    strftime(out, 64, b"%Y-%m-%d", broken)
    now = TimeVal()
    assert declare(libc.gettimeofday, c_int, POINTER(TimeVal), c_void_p)(now, None) == 0
    print(out.value, now.tv_sec > 0, broken.tm_year)


def by_value() -> None:
    result = declare(libc.ldiv, Division, c_long, c_long)(17, 5)
    print(result.quot, result.rem)


def compressed(data: bytes) -> bytes:
    compress = declare(zlib.compress, c_int, c_char_p, POINTER(c_ulong), c_char_p, c_ulong)
    out, size = ctypes.create_string_buffer(len(data) + 64), c_ulong(len(data) + 64)
    assert compress(out, ctypes.byref(size), data, len(data)) == 0
    return out.raw[: size.value]


ROW = ctypes.CFUNCTYPE(c_int, c_void_p, c_int, POINTER(c_char_p), POINTER(c_char_p))
FUNCTION = ctypes.CFUNCTYPE(None, c_void_p, c_int, POINTER(c_void_p))


def database() -> None:
    for name in ("open", "close", "exec", "create_function", "result_int", "value_int"):
        getattr(sqlite, f"sqlite3_{name}").restype = c_int
    sqlite.sqlite3_result_int.restype = None
    declare(sqlite.sqlite3_open, c_int, c_char_p, POINTER(c_void_p))
    declare(sqlite.sqlite3_exec, c_int, c_void_p, c_char_p, ROW, c_void_p, POINTER(c_char_p))
    sqlite.sqlite3_value_int.argtypes = [c_void_p]
    sqlite.sqlite3_result_int.argtypes = [c_void_p, c_int]
    sqlite.sqlite3_close.argtypes = [c_void_p]
    connection = c_void_p()
    assert sqlite.sqlite3_open(b":memory:", ctypes.byref(connection)) == 0
    rows: list[list[bytes]] = []

    def collect(_context, count, values, _names):
        rows.append(values[:count])
        return 0

    @FUNCTION
    def double(context, _count, values):
        sqlite.sqlite3_result_int(context, 2 * sqlite.sqlite3_value_int(values[0]))

    sqlite.sqlite3_create_function(connection, b"double", 1, 1, None, double, None, None)
    error = c_char_p()
    assert sqlite.sqlite3_exec(connection, b"select double(21), 'x'", ROW(collect), None, ctypes.byref(error)) == 0
    assert sqlite.sqlite3_close(connection) == 0
    print(rows)


def errors() -> None:
    declare(libc.open, c_int, c_char_p, c_int)
    print(libc.open(b"/no/such/file", os.O_RDONLY), ctypes.get_errno())
    poll = declare(libc.poll, c_int, POINTER(PollDescriptor), c_ulong, c_int)
    print(poll((PollDescriptor * 2)(), 0, 0))


def memory() -> None:
    malloc, free = declare(libc.malloc, c_void_p, c_size_t), declare(libc.free, None, c_void_p)
    realloc = declare(libc.realloc, c_void_p, c_void_p, c_size_t)
    for size in range(1, 3000, 7):
        block = realloc(malloc(size), 2 * size)
        ctypes.memset(block, 1, 2 * size)
        free(block)
    getenv = declare(libc.getenv, c_char_p, c_char_p)
    print(getenv(b"NO_COLOR"), getenv(b"NOT_THERE"))


def sorted_by_c(numbers: list[int]) -> list[int]:
    array = (c_int * len(numbers))(*numbers)
    compare = ctypes.CFUNCTYPE(c_int, POINTER(c_int), POINTER(c_int))
    qsort = declare(libc.qsort, None, c_void_p, c_size_t, c_size_t, compare)
    qsort(array, len(array), ctypes.sizeof(c_int), compare(lambda left, right: left[0] - right[0]))
    return list(array)


styles()
times()
by_value()
print(len(compressed(b"hello, world; " * 100)))
for _ in range(20):
    database()
errors()
memory()
print(sorted_by_c([3, 1, 2]))
declare(libm.pow, c_double, c_double, c_double)
declare(libm.frexp, c_double, c_double, POINTER(c_int))
exponent = c_int()
print(libm.pow(2, 10), libm.frexp(8.0, exponent), exponent.value, declare(libc.abs, c_int, c_int)(-3), c_uint(3).value)
