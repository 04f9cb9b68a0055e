# SPDX-License-Identifier: Apache-2.0
"""cffi in ABI and in API mode: structures, by value too, callbacks old and new, out-parameters, buffers, handles, owners."""

import contextlib
import importlib
import io
import os
import sys
import tempfile

import cffi
from _greeting import ffi as compiled_ffi
from _greeting import lib as compiled

ffi = cffi.FFI()
ffi.cdef("""
    typedef long time_t;
    struct tm {
        int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
        long tm_gmtoff;
        const char *tm_zone;
    };
    struct tm *gmtime_r(const time_t *, struct tm *);
    typedef struct { long quot, rem; } ldiv_t;
    ldiv_t ldiv(long, long);
    char *getenv(const char *);
    size_t strlen(const char *);
    int snprintf(char *, size_t, const char *, ...);
    void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
    void *malloc(size_t);
    void free(void *);
    int printf(const char *, ...);
    double strtod(const char *, char **);
    int open(const char *, int, ...);
""")
libc = ffi.dlopen(None)
math = cffi.FFI()
math.cdef("double pow(double, double); double frexp(double, int *);")
libm = math.dlopen("libm.so.6")

database = cffi.FFI()
database.cdef("""
    typedef struct sqlite3 sqlite3;
    int sqlite3_open(const char *, sqlite3 **);
    int sqlite3_exec(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **);
    int sqlite3_close(sqlite3 *);
""")
sqlite = database.dlopen("libsqlite3.so.0")


def rows_of(query):
    rows = []

    @database.callback("int(void *, int, char **, char **)")
    def collect(_context, count, values, _names):
        rows.append([database.string(values[i]) for i in range(count)])
        return 0

    connection = database.new("sqlite3 **")
    assert sqlite.sqlite3_open(b":memory:", connection) == 0
    owned = database.gc(connection[0], sqlite.sqlite3_close)
    assert sqlite.sqlite3_exec(owned, query, collect, database.NULL, database.NULL) == 0
    return rows


@ffi.callback("int(const void *, const void *)")
def compare(left, right):
    return ffi.cast("int *", left)[0] - ffi.cast("int *", right)[0]


def from_the_c_library():
    broken = ffi.new("struct tm *")
    libc.gmtime_r(ffi.new("time_t *", 86400), broken)
    numbers = ffi.new("int[]", [3, 1, 2])
    libc.qsort(numbers, 3, 4, compare)
    out = ffi.new("char[]", 64)
    libc.snprintf(out, 64, b"%d %s %.1f", ffi.cast("int", 7), ffi.new("char[]", b"seven"), ffi.cast("double", 2.5))
    divided = libc.ldiv(17, 5)
    end = ffi.new("char **")
    text = ffi.new("char[]", b"2.5 more")
    print(broken.tm_year, list(numbers), ffi.string(out), divided.quot, divided.rem, libc.strtod(text, end), ffi.string(end[0]))
    for size in range(1, 2000, 7):
        block = libc.malloc(size)
        ffi.memmove(block, b"x", 1)
        libc.free(block)
    print(libc.strlen(b"hello"), libc.getenv(b"NOT_THERE") == ffi.NULL, libc.open(b"/no/such/file", os.O_RDONLY), ffi.errno)


def from_a_compiled_module():
    style = compiled_ffi.new("struct greeting_style *", compiled.greeting_style_default())
    style.width = 20
    out, size = compiled_ffi.new("char[]", 64), compiled_ffi.new("size_t *", 64)
    assert compiled.greeting_format(b"world", style, out, size) == 0
    person = compiled_ffi.gc(compiled.greeting_new(b"world"), compiled.greeting_free)
    rendered = compiled_ffi.gc(compiled.greeting_render(person), compiled.greeting_string_free)
    print(compiled_ffi.string(out), size[0], compiled_ffi.string(rendered), compiled.greeting_loudness(8, 2))


def from_a_module_without_c():
    """ABI mode out of line, with a struct that nobody looks into."""
    listed = cffi.FFI()
    listed.cdef(
        "struct greeting; struct greeting *greeting_new(const char *); const char *greeting_name(const struct greeting *);"
    )
    listed.cdef("void greeting_free(struct greeting *);")
    listed.set_source("_listed", None)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        listed.emit_python_code(os.path.join(folder, "_listed.py"))
        sys.path.insert(0, folder)
        module = importlib.import_module("_listed")
    library = module.ffi.dlopen(os.environ["GREETING_LIBRARY"])
    person = library.greeting_new(b"listed")
    print(module.ffi.string(library.greeting_name(person)))
    library.greeting_free(person)


def with_handles():
    handle = ffi.new_handle(["anything"])
    room = ffi.new("void **", handle)
    print(ffi.from_handle(room[0]), bytes(ffi.buffer(ffi.new("char[4]", b"abc"))), ffi.sizeof("struct tm"))
    data = bytearray(b"borrowed\0")
    print(libc.strlen(ffi.from_buffer("char[]", data)))


for _ in range(20):
    print(rows_of(b"select 1, 'x' union select 2, 'y'"))
from_the_c_library()
from_a_compiled_module()
from_a_module_without_c()
with_handles()
print(libm.pow(2, 10), libm.frexp(8.0, math.new("int *")))
sys.stdout.flush()
