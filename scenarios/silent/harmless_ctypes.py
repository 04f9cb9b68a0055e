# SPDX-License-Identifier: Apache-2.0
"""What ctypes programs do that is not what the header says, and is no bug."""

import ctypes
import os
import tempfile
import threading

libc = ctypes.CDLL("libc.so.6", use_errno=True)
sqlite = ctypes.CDLL("libsqlite3.so.0")
greeting = ctypes.CDLL(os.environ["GREETING_LIBRARY"])


def results_nobody_looks_at() -> None:
    """The result type is int unless one says so: also of functions that have none, or a pointer that nobody wants."""
    buffer = ctypes.create_string_buffer(64)
    libc.memset(buffer, ord("x"), 10)
    libc.memcpy(buffer, b"hello", 5)
    libc.strncpy(buffer, b"hello", ctypes.c_size_t(64))
    libc.strcat(buffer, b", world")
    libc.srand(7)
    libc.tzset()
    libc.free(None)
    libc.qsort(buffer, 0, 1, None)
    print("results:", buffer.value)


def numbers_for_pointers() -> None:
    libc.time(None)
    libc.time(0)
    libc.fflush(0)
    libc.gettimeofday(ctypes.create_string_buffer(16), 0)
    libc.strtol.restype = ctypes.c_long
    print("pointers:", libc.strtol(b"42", 0, 10), libc.strtol(b"42", None, 10))


def void_pointers_for_everything() -> None:
    new, name, free = greeting.greeting_new, greeting.greeting_name, greeting.greeting_free
    new.restype, new.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    name.restype, name.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    free.restype, free.argtypes = None, [ctypes.c_void_p]
    text = ctypes.create_string_buffer(b"world")
    person = new(ctypes.addressof(text))
    print("void:", ctypes.string_at(name(person)))
    free(person)


def structs_as_bytes() -> None:
    """struct tm, stat, timeval and the library's own, each in a buffer that is large enough."""
    now = ctypes.c_long(86400 * 365)
    room = ctypes.create_string_buffer(256)
    libc.gmtime_r(ctypes.byref(now), room)
    libc.stat(b"/", room)
    libc.uname(ctypes.create_string_buffer(390 + 6))
    libc.clock_gettime(1, room)
    style = ctypes.create_string_buffer(24)
    style.raw = (20).to_bytes(4, "little") + bytes(20)
    measure = ctypes.CDLL(os.environ["GREETING_LIBRARY"]).greeting_measure
    print("bytes:", measure(b"world", style))


class Person(ctypes.Structure):
    """Opaque: nobody knows its fields."""


def opaque_structs() -> None:
    library = ctypes.CDLL(os.environ["GREETING_LIBRARY"])
    library.greeting_new.restype = ctypes.POINTER(Person)
    library.greeting_name.argtypes = [ctypes.POINTER(Person)]
    library.greeting_name.restype = ctypes.c_char_p
    person = library.greeting_new(b"opaque")
    print("opaque:", library.greeting_name(person))
    library.greeting_free(person)


def other_signs_and_enums() -> None:
    library = ctypes.CDLL("libz.so.1")
    library.crc32.restype = ctypes.c_long  # uLong
    library.crc32.argtypes = [ctypes.c_long, ctypes.POINTER(ctypes.c_char), ctypes.c_int]
    print("signs:", library.crc32(0, b"hello", 5))
    library.adler32.restype = ctypes.c_size_t
    print("signs:", library.adler32(ctypes.c_size_t(1), ctypes.POINTER(ctypes.c_ubyte)((ctypes.c_ubyte * 3)(1, 2, 3)), 3))
    status = ctypes.CDLL("libc.so.6").strtoul
    status.restype = ctypes.c_long
    print("signs:", status(b"7", None, ctypes.c_uint(10)))
    print("wait:", libc.waitid(ctypes.c_uint(0), -1, None, ctypes.c_uint(4)))


def promoted_to_variadic() -> None:
    out = ctypes.create_string_buffer(128)
    libc.snprintf(out, ctypes.c_size_t(128), b"%d %s %ld %c", 7, b"seven", ctypes.c_long(7 << 40), ctypes.c_int(ord("x")))
    print("variadic:", out.value)
    libc.sprintf(out, b"%.1f", ctypes.c_double(2.5))
    print("variadic:", out.value)
    descriptor = libc.open(b"/dev/null", os.O_RDONLY)
    libc.fcntl(descriptor, 1)
    libc.close(descriptor)


def text_in_buffers() -> None:
    out = (ctypes.c_ubyte * 64)()
    libc.strcpy(out, b"bytes are bytes")
    out = (ctypes.c_byte * 64)()
    libc.strcpy(out, b"bytes are bytes")
    letters = (ctypes.c_char * 64)()
    libc.strcpy(ctypes.cast(letters, ctypes.c_void_p), b"text")
    libc.strcpy(bytearray_view(bytearray(64)), b"text")
    libc.strcpy(ctypes.byref(letters, 4), b"more")
    print("text:", letters.value, libc.strlen(ctypes.cast(letters, ctypes.c_char_p)), libc.strlen(letters))


def bytearray_view(data: bytearray) -> ctypes.Array:
    return (ctypes.c_char * len(data)).from_buffer(data)


def wide_text_where_it_belongs() -> None:
    libc.wcslen.restype = ctypes.c_size_t
    out = ctypes.create_unicode_buffer(64)
    libc.wcscpy(out, "wide")
    print("wide:", libc.wcslen("hello"), out.value, libc.swprintf(out, 64, "%d", 42), out.value)


def callbacks_with_less() -> None:
    """Fewer parameters than the caller passes; void pointers for typed ones; an int result for a void one."""

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    def compare(left, right):
        return ctypes.c_int.from_address(left).value - ctypes.c_int.from_address(right).value

    numbers = (ctypes.c_int * 5)(5, 1, 4, 2, 3)
    libc.qsort(numbers, ctypes.c_size_t(5), ctypes.c_size_t(4), compare)
    any_function = ctypes.CFUNCTYPE(None)
    libc.qsort(numbers, ctypes.c_size_t(5), ctypes.c_size_t(4), ctypes.cast(compare, any_function))
    libc.qsort(numbers, ctypes.c_size_t(0), ctypes.c_size_t(4), ctypes.cast(libc.strcmp, any_function))
    rows = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
    def row(_context, columns, values):
        rows.append((columns, ctypes.c_char_p.from_address(values).value))
        return 0

    connection = ctypes.c_void_p()
    sqlite.sqlite3_open(b":memory:", ctypes.byref(connection))
    sqlite.sqlite3_exec(connection, b"select 1 union select 2", row, None, None)
    sqlite.sqlite3_close(connection)
    print("callbacks:", list(numbers), rows)


def casts() -> None:
    """ctypes.cast is a foreign function too, and takes everything."""
    kinds = [
        ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int),
        ctypes.CFUNCTYPE(None),
        ctypes.CFUNCTYPE(ctypes.c_byte, ctypes.c_double),
    ]
    for kind in kinds:
        callback = kind(lambda *_: 0)
        ctypes.cast(ctypes.cast(callback, ctypes.c_void_p), kinds[0])
    for anything in ((ctypes.c_int * 3)(), ctypes.pointer(ctypes.c_double()), ctypes.c_char_p(b"x"), b"x", None, 5, "text"):
        ctypes.cast(anything, ctypes.c_void_p)
    ctypes.memmove((ctypes.c_char * 8)(), (ctypes.c_double * 1)(), 8)
    print("casts:", ctypes.string_at((ctypes.c_char * 4)(*b"four"), 4), ctypes.wstring_at("wide"))


def one_function_declared_as_each_needs_it() -> None:
    """Two views of a variadic function, and of one that takes any pointer."""
    four = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_char_p]
    with_text = ctypes.CFUNCTYPE(ctypes.c_int, *four)(("snprintf", libc))
    out = ctypes.create_string_buffer(16)
    with_text(ctypes.cast(out, ctypes.c_char_p), 16, b"%s", b"one")
    libc.snprintf(out, ctypes.c_size_t(16), b"%d", 2)
    from_array = ctypes.CDLL("libc.so.6").memcmp
    from_array.argtypes = [ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int), ctypes.c_size_t]
    two = (ctypes.c_int * 2)(1, 2)
    print("views:", out.value, from_array(two, two, 8), libc.memcmp(b"a", b"a", ctypes.c_size_t(1)))


def small_numbers_in_int() -> None:
    """size_t and long arguments given as plain numbers, results that fit read as int."""
    print("small:", libc.strlen(b"hello"), libc.write(1, b"", 0), libc.labs(-5))
    library = ctypes.CDLL("libz.so.1")
    print("small:", library.crc32(0, b"hello", 5), library.compressBound(1000))
    with tempfile.TemporaryFile() as file:
        libc.ftruncate(file.fileno(), 100)
        print("small:", libc.lseek(file.fileno(), 0, os.SEEK_END))


def on_other_threads() -> None:
    threads = [threading.Thread(target=lambda: [libc.strlen(b"hello") for _ in range(100)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def from_python_itself() -> None:
    api = ctypes.pythonapi
    api.Py_GetVersion.restype = ctypes.c_char_p
    api.PyLong_AsLong.argtypes = [ctypes.py_object]
    api.PyLong_AsLong.restype = ctypes.c_long
    print("python:", api.PyLong_AsLong(41), len(api.Py_GetVersion()) > 0)
    api.PyObject_Size.argtypes = [ctypes.py_object]
    api.PyObject_Size.restype = ctypes.c_ssize_t
    print("python:", api.PyObject_Size([1, 2, 3]))


for idiom in (
    results_nobody_looks_at,
    numbers_for_pointers,
    void_pointers_for_everything,
    structs_as_bytes,
    opaque_structs,
    other_signs_and_enums,
    promoted_to_variadic,
    text_in_buffers,
    wide_text_where_it_belongs,
    callbacks_with_less,
    casts,
    one_function_declared_as_each_needs_it,
    small_numbers_in_int,
    on_other_threads,
    from_python_itself,
):
    idiom()
