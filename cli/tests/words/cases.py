# SPDX-License-Identifier: Apache-2.0
"""One right and one wrong use for each word of contracts, through ctypes: cases.py LIBRARY CASE|all right|wrong.

CASES names each case's rule; `wrong` tells a case which of the two to be. "ends" is printed when it got through.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
from collections.abc import Callable
from typing import ClassVar

P, S, N, Z = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_size_t
CHANGE = ctypes.CFUNCTYPE(None, P)


class Span(ctypes.Structure):
    _fields_: ClassVar = [("text", P), ("length", Z)]


class Large(ctypes.Structure):
    _fields_: ClassVar = [("before", ctypes.c_long * 3), ("text", P), ("length", Z)]


class Events(ctypes.Structure):
    _fields_: ClassVar = [("opened", CHANGE), ("closed", CHANGE), ("user", P)]


TYPES: dict[str, tuple[object, list[object]]] = {
    "doc_open": (P, [S]), "doc_close": (None, [P]), "doc_text": (P, [P]), "doc_text_free": (None, [P]),
    "doc_open_at": (N, [S, P]), "doc_title": (P, [P]), "doc_rename": (None, [P, S]), "doc_reload": (None, [P]),
    "doc_title_at": (N, [P, P]), "doc_measure": (N, [P]), "doc_version": (P, []), "doc_ref": (P, [P]), "doc_unref": (None, [P]),
    "doc_new": (P, []), "doc_attach": (None, [P, P, Z]), "doc_detach": (None, [P]), "doc_bind": (None, [P, N, P]),
    "doc_name": (None, [P]), "doc_on_change": (None, [P, CHANGE, P]), "doc_load": (None, [P, CHANGE, P]),
    "doc_hook": (None, [P, CHANGE, P, CHANGE]), "doc_walk": (None, [P, CHANGE, CHANGE, P]), "doc_log": (None, [CHANGE]),
    "doc_tick": (None, [P, N]), "doc_put": (N, [P, P, Z]), "doc_get": (N, [P, P, Z]), "doc_format": (N, [P, P, P]),
    "doc_mean": (ctypes.c_double, [P, N]), "doc_lines": (N, [P, P, N]), "doc_sort": (None, [P, N]), "doc_size": (N, [P]),
    "doc_step": (N, [P, ctypes.c_uint]),
    "doc_paint": (None, [P]), "doc_each": (None, [P, CHANGE, P]), "doc_clear": (None, [P]), "doc_take": (None, [P, P, N]),
    "doc_map": (P, [Z]), "doc_unmap": (None, [P, Z]), "doc_malloc": (P, [Z]), "doc_free": (None, [P]),
    "doc_write_span": (N, [P, P]), "doc_write_value": (N, [Span]), "doc_write_large": (N, [Large]), "doc_listen": (None, [P]),
    "doc_open_event": (None, []),
}  # fmt: skip

Case = Callable[[bool], None]
CASES: dict[str, tuple[str, Case]] = {}
library = ctypes.CDLL(sys.argv[1] if len(sys.argv) > 1 else None)
libc = ctypes.CDLL("libc.so.6")
libc.free.argtypes, libc.malloc.restype, libc.malloc.argtypes = [P], P, [Z]
for name, (result, arguments) in TYPES.items() if len(sys.argv) > 1 else []:
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments
library.doc_set.argtypes = [P, N] if len(sys.argv) > 1 else None


def case(name: str, rule: str) -> Callable[[Case], Case]:
    def add(body: Case) -> Case:
        CASES[name] = (rule, body)
        return body

    return add


def nothing(_user: int | None) -> None:
    pass


@case("OWNED", "mismatched-deallocator")
def owned(wrong: bool) -> None:
    d = library.doc_open(b"title")
    text = library.doc_text(d)
    (libc.free if wrong else library.doc_text_free)(text)
    library.doc_close(d)


@case("OWNED.leak", "leak")
def owned_leak(wrong: bool) -> None:
    d = library.doc_open(b"title")
    if not wrong:
        library.doc_close(d)
    d = 0
    library.doc_close(library.doc_open(b"another"))


@case("OUT_OWNED", "use-after-close")
def out_owned(wrong: bool) -> None:
    out = P()
    library.doc_open_at(b"title", ctypes.byref(out))
    library.doc_close(out)
    if wrong:
        library.doc_size(out)


@case("CONSUMED", "use-after-close")
def consumed(wrong: bool) -> None:
    d = library.doc_open(b"title")
    library.doc_close(d)
    if wrong:
        library.doc_close(d)


@case("FAILS", "unchecked-error")
def fails(wrong: bool) -> None:
    d = library.doc_open(b"" if wrong else b"title")
    library.doc_size(d)
    library.doc_close(d)


@case("BORROWED", "use-after-close")
def borrowed(wrong: bool) -> None:
    d = library.doc_open(b"title")
    title = library.doc_title(d)
    library.doc_rename(d, b"another title")
    library.doc_measure(title if wrong else library.doc_title(d))
    library.doc_close(d)


@case("BORROWED.freed", "free-of-borrowed")
def borrowed_freed(wrong: bool) -> None:
    d = library.doc_open(b"title")
    title = library.doc_title(d)
    library.doc_measure(title)
    if wrong:
        libc.free(title)  # FFISan does not do it
    library.doc_close(d)


@case("BORROWED.stored", "use-after-close")
def borrowed_stored(wrong: bool) -> None:
    d, out = library.doc_open(b"title"), P()
    library.doc_title_at(d, ctypes.byref(out))
    library.doc_rename(d, b"another title")
    if wrong:
        library.doc_measure(out)
    library.doc_close(d)


@case("INVALIDATES", "use-after-close")
def invalidates(wrong: bool) -> None:
    d = library.doc_open(b"title")
    title = library.doc_title(d)
    library.doc_reload(d)
    library.doc_measure(title if wrong else library.doc_title(d))
    library.doc_close(d)


@case("STATIC", "free-of-borrowed")
def static(wrong: bool) -> None:
    version = library.doc_version()
    library.doc_measure(version)
    if wrong:
        libc.free(version)


@case("REF", "leak")
def ref(wrong: bool) -> None:
    for _ in range(10):
        library.doc_ref(d := library.doc_new())
        library.doc_unref(d)
        if not wrong:
            library.doc_unref(d)


@case("UNREF", "use-after-close")
def unref(wrong: bool) -> None:
    library.doc_ref(d := library.doc_new())
    library.doc_unref(d)
    library.doc_size(d)
    library.doc_unref(d)
    if wrong:
        library.doc_size(d)


@case("RETAINED", "freed-while-retained")
def retained(wrong: bool) -> None:
    d = library.doc_open(b"title")
    memory = ctypes.create_string_buffer(4000)
    library.doc_attach(d, memory, 4000)
    if not wrong:
        library.doc_detach(d)
    del memory
    gc.collect()
    library.doc_clear(d)
    library.doc_close(d)


@case("RETAINED.replaced", "freed-while-retained")
def replaced(wrong: bool) -> None:
    d = library.doc_open(b"title")
    one, other = ctypes.create_string_buffer(40), ctypes.create_string_buffer(40)
    library.doc_bind(d, 0, one)
    if not wrong:
        library.doc_bind(d, 0, other)
    del one
    library.doc_clear(d)
    library.doc_close(d)
    del other


@case("KEYED_BY", "freed-while-retained")
def keyed_by(wrong: bool) -> None:
    d = library.doc_open(b"title")
    one, other = ctypes.create_string_buffer(40), ctypes.create_string_buffer(40)
    library.doc_bind(d, 0, one)
    library.doc_bind(d, 1 if wrong else 0, other)
    del one
    library.doc_clear(d)
    library.doc_close(d)
    del other


@case("RETAINED_FOREVER", "freed-while-retained")
def retained_forever(wrong: bool) -> None:
    global kept
    name = kept = ctypes.create_string_buffer(b"name")
    library.doc_name(name)
    del name
    if wrong:
        del kept
    library.doc_version()
    library.doc_version()


@case("USER_DATA", "freed-while-retained")
def user_data(wrong: bool) -> None:
    global changed
    d, user, changed = library.doc_open(b"title"), ctypes.create_string_buffer(500), CHANGE(nothing)
    library.doc_on_change(d, changed, ctypes.addressof(user))
    if wrong:
        del user
    library.doc_tick(d, 1)
    library.doc_close(d)


@case("RETAINED.callback", "collected-callback")
def retained_callback(wrong: bool) -> None:
    d, changed = library.doc_open(b"title"), CHANGE(nothing)
    library.doc_on_change(d, changed, None)
    if not wrong:
        library.doc_on_change(d, CHANGE(), None)
    del changed
    gc.collect()
    library.doc_clear(d)
    library.doc_close(d)


@case("ONCE", "collected-callback")
def once(wrong: bool) -> None:
    d, loaded = library.doc_open(b"title"), CHANGE(nothing)
    library.doc_load(d, loaded, None)
    if not wrong:
        library.doc_tick(d, 2)
    del loaded
    gc.collect()
    library.doc_clear(d)
    library.doc_close(d)


@case("NOTIFIED", "collected-callback")
def notified(wrong: bool) -> None:
    d, hook, notify = library.doc_open(b"title"), CHANGE(nothing), CHANGE(nothing)
    library.doc_hook(d, hook, None, notify)
    library.doc_tick(d, 3)
    if not wrong:
        library.doc_tick(d, 4)
    del hook
    gc.collect()
    library.doc_clear(d)
    if wrong:
        library.doc_tick(d, 4)
    library.doc_close(d)


@case("UNTIL_DONE", "collected-callback")
def until_done(wrong: bool) -> None:
    d, step, done = library.doc_open(b"title"), CHANGE(nothing), CHANGE(nothing)
    library.doc_walk(d, step, done, None)
    library.doc_tick(d, 5)
    library.doc_tick(d, 5)
    if not wrong:
        library.doc_tick(d, 6)
    del step
    gc.collect()
    library.doc_clear(d)
    library.doc_tick(d, 6) if wrong else None
    library.doc_close(d)


@case("LIBRARY_THREAD", "collected-callback")
def library_thread(wrong: bool) -> None:
    global write
    write = CHANGE(nothing)
    library.doc_log(write)
    if wrong:
        del write
    gc.collect()
    library.doc_version()
    library.doc_log(CHANGE())


def sized(wrong: bool, call: Callable[[object], object], unit: int) -> None:
    memory = ctypes.create_string_buffer(unit * (99 if wrong else 100))
    call(memory)


@case("IN", "buffer-too-small")
def in_(wrong: bool) -> None:
    sized(wrong, lambda memory: library.doc_put(None, memory, 100), 1)


@case("OUT", "buffer-too-small")
def out(wrong: bool) -> None:
    d = library.doc_open(b"title")
    sized(wrong, lambda memory: library.doc_get(d, memory, 100), 1)
    library.doc_close(d)


@case("INOUT", "buffer-too-small")
def inout(wrong: bool) -> None:
    d, size = library.doc_open(b"title"), ctypes.create_string_buffer(1004)
    library.doc_format(d, None, ctypes.addressof(size) + (1000 if wrong else 992))
    library.doc_close(d)


@case("IN_N", "buffer-too-small")
def in_n(wrong: bool) -> None:
    sized(wrong, lambda memory: library.doc_mean(memory, 100), 8)


@case("OUT_N", "buffer-too-small")
def out_n(wrong: bool) -> None:
    d = library.doc_open(b"title")
    sized(wrong, lambda memory: library.doc_lines(d, memory, 100), 4)
    library.doc_close(d)


@case("INOUT_N", "buffer-too-small")
def inout_n(wrong: bool) -> None:
    sized(wrong, lambda memory: library.doc_sort(memory, 100), 4)


@case("CSTRING", "unterminated-string")
def cstring(wrong: bool) -> None:
    text = (ctypes.c_char * 600)(*(b"x" * (600 if wrong else 599)))
    library.doc_measure(text)


@case("UTF8", "invalid-utf8")
def utf8(wrong: bool) -> None:
    d = library.doc_open(b"title")
    library.doc_rename(d, b"caf\xe9" if wrong else b"caf\xc3\xa9")
    library.doc_close(d)


@case("NONNULL", "null-argument")
def nonnull(wrong: bool) -> None:
    d = library.doc_open(b"title")
    library.doc_size(None if wrong else d)
    library.doc_close(d)


@case("NULLABLE", "null-argument")
def nullable(wrong: bool) -> None:
    library.doc_close(None)
    library.doc_size(None) if wrong else None


@case("HANDLE", "use-after-close")
def handle(wrong: bool) -> None:
    streams = ctypes.CDLL(sys.argv[1].replace("libwords", "libstreams"))
    stream = streams.stream_open(1)
    streams.stream_read(stream)
    streams.stream_close(stream)
    if wrong:
        streams.stream_read(stream)


@case("SERIAL", "concurrent-use")
def serial(wrong: bool) -> None:
    docs = [library.doc_open(b"one"), library.doc_open(b"other")]
    other = threading.Thread(target=library.doc_step, args=(docs[0], 400))
    other.start()
    threading.Event().wait(0.1)
    library.doc_step(docs[0 if wrong else 1], 1)
    other.join()
    for d in docs:
        library.doc_close(d)


@case("CREATOR_THREAD", "wrong-thread")
def creator_thread(wrong: bool) -> None:
    d = library.doc_open(b"title")
    library.doc_paint(d)
    other = threading.Thread(target=library.doc_paint if wrong else library.doc_size, args=(d,))
    other.start()
    other.join()
    library.doc_close(d)


@case("NO_REENTRY", "reentrant-call")
def no_reentry(wrong: bool) -> None:
    d = library.doc_open(b"title")
    visit = CHANGE(lambda _user: library.doc_clear(d) if wrong else library.doc_size(d) and None)
    library.doc_each(d, visit, None)
    library.doc_clear(d)
    library.doc_close(d)


@case("WHEN", "freed-while-retained")
def when(wrong: bool) -> None:
    d, text = library.doc_open(b"title"), ctypes.create_string_buffer(b"text", 700)
    library.doc_take(d, text, 0 if wrong else 1)
    del text
    library.doc_clear(d)
    library.doc_close(d)


@case("VARIANT", "buffer-too-small")
def variant(wrong: bool) -> None:
    d, room = library.doc_open(b"title"), ctypes.create_string_buffer(63 if wrong else 64)
    library.doc_set(d, 1, room)
    library.doc_set(d, 2, ctypes.c_long(3))
    library.doc_close(d)


@case("VARIANT.retained", "freed-while-retained")
def variant_retained(wrong: bool) -> None:
    d, room = library.doc_open(b"title"), ctypes.create_string_buffer(64)
    library.doc_set(d, 1, room)
    if wrong:
        del room
    library.doc_clear(d)
    library.doc_close(d)


@case("SIZED_BY", "wrong-size-dealloc")
def sized_by(wrong: bool) -> None:
    library.doc_unmap(library.doc_map(128), 64 if wrong else 128)


@case("FAMILY", "mismatched-deallocator")
def family(wrong: bool) -> None:
    (libc.free if wrong else library.doc_free)(library.doc_malloc(100))


@case("FAMILY.symbol", "mismatched-deallocator")
def family_symbol(wrong: bool) -> None:
    release = ctypes.CFUNCTYPE(None, P).in_dll(library, "doc_release")
    (libc.free if wrong else release)(library.doc_malloc(100))


@case("field", "buffer-too-small")
def field(wrong: bool) -> None:
    d, text = library.doc_open(b"title"), ctypes.create_string_buffer(1000)
    library.doc_write_span(d, ctypes.byref(Span(ctypes.addressof(text), 1001 if wrong else 1000)))
    library.doc_close(d)


@case("field.value", "buffer-too-small")
def field_value(wrong: bool) -> None:
    text = ctypes.create_string_buffer(1000)
    library.doc_write_value(Span(ctypes.addressof(text), 1001 if wrong else 1000))


@case("field.large", "buffer-too-small")
def field_large(wrong: bool) -> None:
    text = ctypes.create_string_buffer(1000)
    library.doc_write_large(Large((1, 2, 3), ctypes.addressof(text), 1001 if wrong else 1000))


@case("field.callback", "collected-callback")
def field_callback(wrong: bool) -> None:
    opened = CHANGE(nothing)
    events = Events(opened, CHANGE(), None)
    library.doc_listen(ctypes.byref(events))
    if not wrong:
        library.doc_listen(None)
    del opened, events
    gc.collect()
    library.doc_version()
    library.doc_listen(None)


if __name__ == "__main__":
    for name, (_, body) in CASES.items():
        if sys.argv[2] in ("all", name):
            body(sys.argv[3] == "wrong")
    print("ends")
