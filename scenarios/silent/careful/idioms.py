# SPDX-License-Identifier: Apache-2.0
"""What users of ctypes do that looks wrong and is not: types left out, integers for pointers, objects handed through C."""

import ctypes
import gc
import os
import threading

sqlite, curl = ctypes.CDLL("libsqlite3.so.0"), ctypes.CDLL("libcurl.so.4")
glib, crypto, libc = ctypes.CDLL("libglib-2.0.so.0"), ctypes.CDLL("libcrypto.so.3"), ctypes.CDLL(None)
POINTER = ctypes.c_void_p
BUSY = ctypes.CFUNCTYPE(ctypes.c_int, POINTER, ctypes.c_int)
CHANGED = ctypes.CFUNCTYPE(None, ctypes.py_object, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int64)
WRITE = ctypes.CFUNCTYPE(ctypes.c_size_t, POINTER, ctypes.c_size_t, ctypes.c_size_t, ctypes.py_object)
SOURCE = ctypes.CFUNCTYPE(ctypes.c_int, POINTER)


class Counter(ctypes.Structure):
    _fields_ = [("count", ctypes.c_int)]


COUNTED = ctypes.CFUNCTYPE(None, ctypes.POINTER(Counter), ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int64)


def connect():
    database = POINTER()
    sqlite.sqlite3_open(b":memory:", ctypes.byref(database))
    return database


def do(database, text):
    sqlite.sqlite3_exec(database, text, None, None, None)


def objects_through_c():
    """The same handler three times, a Python object and a struct as what it is called with."""
    database, handler, seen = connect(), BUSY(lambda _data, _attempts: 0), []
    for _ in range(3):
        sqlite.sqlite3_busy_handler(database, handler, None)
    hook = CHANGED(lambda to, *what: to.append(what))
    sqlite.sqlite3_update_hook(database, hook, ctypes.py_object(seen))
    do(database, b"create table t (x); insert into t values (1)")
    counter = Counter()
    other = COUNTED(lambda to, *_what: setattr(to.contents, "count", to.contents.count + 1))
    sqlite.sqlite3_update_hook(database, other, ctypes.byref(counter))
    del hook
    gc.collect()
    do(database, b"insert into t values (2)")
    sqlite.sqlite3_update_hook(database, None, None)
    print(len(seen), counter.count)
    del other, counter
    gc.collect()
    sqlite.sqlite3_close(database)


def pointers_as_numbers():
    """0 for SQLITE_STATIC, a c_char_p that holds the bytes, and a result that is copied by its type."""
    database, statement = connect(), POINTER()
    sqlite.sqlite3_prepare_v2(database, b"select ?1, ?2", -1, ctypes.byref(statement), None)
    text = ctypes.c_char_p(b"hello" * 20)
    sqlite.sqlite3_bind_text(statement, 1, text, -1, 0)
    sqlite.sqlite3_bind_text(statement, 2, b"copied", 6, POINTER(-1))
    sqlite.sqlite3_column_text.restype = ctypes.c_char_p
    sqlite.sqlite3_step(statement)
    print(sqlite.sqlite3_column_text(statement, 0)[:5], sqlite.sqlite3_column_text(statement, 1))
    sqlite.sqlite3_reset(statement)
    text = ctypes.c_char_p(b"other" * 20)  # before it is bound: nothing happens in between
    sqlite.sqlite3_bind_text(statement, 1, text, -1, 0)
    sqlite.sqlite3_step(statement)
    print(sqlite.sqlite3_column_text(statement, 0)[:5])
    sqlite.sqlite3_finalize(statement)
    sqlite.sqlite3_close(database)


class Download:
    """A handle that lives and dies with its wrapper; `self` travels through C."""

    def __init__(self):
        self.handle, self.data, self.write = POINTER(curl.curl_easy_init()), bytearray(), WRITE(self.received)

    @staticmethod
    def received(address, size, count, download):
        download.data += ctypes.string_at(address, size * count)
        return size * count

    def run(self):
        curl.curl_easy_setopt(self.handle, 10002, b"file:///proc/sys/kernel/ostype")
        curl.curl_easy_setopt(self.handle, 20011, self.write)
        curl.curl_easy_setopt(self.handle, 10001, ctypes.py_object(self))
        return curl.curl_easy_perform(self.handle)

    def __del__(self):
        curl.curl_easy_cleanup(self.handle)


def handles_that_move():
    """From thread to thread, never in two at once."""
    curl.curl_easy_init.restype = POINTER
    curl.curl_easy_setopt.argtypes = [POINTER, ctypes.c_int]

    def work():
        download = Download()
        other = threading.Thread(target=download.run)
        other.start()
        other.join()
        download.run()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    download = Download()
    print(download.run(), bytes(download.data))


class Once:
    """A callback that forgets itself when it has run."""

    alive = set()

    def __init__(self, function):
        def run(_data):
            function()
            Once.alive.discard(self)
            return 0

        self.callback = SOURCE(run)
        Once.alive.add(self)
        glib.g_idle_add(self.callback, None)


def sources():
    glib.g_strdup.restype, glib.g_main_context_iteration.argtypes = POINTER, [POINTER, ctypes.c_int]
    glib.g_idle_add_full.argtypes, ran = [ctypes.c_int, SOURCE, POINTER, POINTER], []
    callback = SOURCE(lambda data: ran.append(ctypes.string_at(data)) or 0)
    glib.g_idle_add_full(200, callback, glib.g_strdup(b"data"), ctypes.cast(glib.g_free, POINTER))
    while not ran:
        glib.g_main_context_iteration(None, 1)
    del callback
    gc.collect()
    for number in (1, 2):
        Once(lambda number=number: ran.append(number))
    while len(ran) < 3:
        glib.g_main_context_iteration(None, 1)
    print(ran, len(Once.alive))


def counts_and_chains():
    for name in ("BIO_new", "BIO_s_mem", "BIO_f_base64", "BIO_push", "BIO_pop", "EVP_PKEY_new"):
        getattr(crypto, name).restype = POINTER
    base64, memory = POINTER(crypto.BIO_new(POINTER(crypto.BIO_f_base64()))), POINTER(crypto.BIO_new(POINTER(crypto.BIO_s_mem())))
    crypto.BIO_push(base64, memory)
    crypto.BIO_pop(base64)
    print(crypto.BIO_free(base64), crypto.BIO_free(memory))
    key = POINTER(crypto.EVP_PKEY_new())
    crypto.EVP_PKEY_up_ref(key)
    crypto.EVP_PKEY_free(key)
    crypto.EVP_PKEY_free(key)


def memory_of_both():
    """A bytearray that grows when C has done with it; what malloc gave, cast and freed."""
    data, zero = bytearray(64), os.open("/dev/zero", os.O_RDONLY)
    view = (ctypes.c_char * 64).from_buffer(data)
    print(libc.read(zero, view, 64))
    del view
    data += b"x" * 1000
    os.close(zero)
    libc.strdup.restype, libc.free.argtypes = POINTER, [POINTER]
    text = ctypes.cast(libc.strdup(b"text"), ctypes.c_char_p)
    print(text.value)
    libc.free(text)


def forked():
    database = connect()
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    sqlite.sqlite3_close(database)


for usage in (objects_through_c, pointers_as_numbers, handles_that_move, sources, counts_and_chains, memory_of_both, forked):
    usage()
