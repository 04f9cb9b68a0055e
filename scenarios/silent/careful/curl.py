# SPDX-License-Identifier: Apache-2.0
"""libcurl as a careful program uses it through ctypes, on files of this machine."""

import ctypes
import gc
import tempfile
from pathlib import Path

curl = ctypes.CDLL("libcurl.so.4")
P, INT, S, L = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_long
WRITE = ctypes.CFUNCTYPE(ctypes.c_size_t, P, ctypes.c_size_t, ctypes.c_size_t, P)
PROGRESS = ctypes.CFUNCTYPE(INT, P, *[ctypes.c_int64] * 4)
WRITEDATA, URL, ERRORBUFFER, POSTFIELDS, HTTPHEADER, POSTFIELDSIZE = 10001, 10002, 10010, 10015, 10023, 60
NOPROGRESS, UPLOAD, WRITEFUNCTION, READFUNCTION, READDATA = 43, 46, 20011, 20012, 10009
XFERINFOFUNCTION, XFERINFODATA, COPYPOSTFIELDS, PRIVATE, MIMEPOST, HEADERFUNCTION = 20219, 10057, 10165, 10103, 10269, 20079
EFFECTIVE_URL, RESPONSE_CODE, INFO_PRIVATE = 0x100001, 0x200002, 0x100015
setopt, getinfo = curl.curl_easy_setopt, curl.curl_easy_getinfo


def declare(name, result, *arguments):
    function = getattr(curl, name)
    function.restype, function.argtypes = result, arguments
    return function


initialize = declare("curl_easy_init", P)
perform, cleanup = declare("curl_easy_perform", INT, P), declare("curl_easy_cleanup", None, P)
reset, duplicate = declare("curl_easy_reset", None, P), declare("curl_easy_duphandle", P, P)
append, free_list = declare("curl_slist_append", P, P, S), declare("curl_slist_free_all", None, P)
free = declare("curl_free", None, P)
setopt.argtypes, getinfo.argtypes = [P, INT], [P, INT]


class Transfer:
    """Keeps whatever libcurl does, for as long."""

    def __init__(self, handle=None):
        self.handle = handle or initialize()
        self.got = []
        self.write = WRITE(self._write)
        self.error = ctypes.create_string_buffer(256)
        setopt(self.handle, WRITEFUNCTION, self.write)
        setopt(self.handle, ERRORBUFFER, self.error)

    def _write(self, address, size, count, _data):
        self.got.append(ctypes.string_at(address, size * count))
        return size * count

    def run(self, address):
        setopt(self.handle, URL, address.encode())  # copied
        result = perform(self.handle)
        return result, b"".join(self.got), self.error.value

    def close(self):
        cleanup(self.handle)
        self.handle = None


def fetch(folder):
    transfer = Transfer()
    print(transfer.run(f"file://{folder}/greeting"))
    transfer.got.clear()
    print(transfer.run(f"file://{folder}/greeting"))
    transfer.close()


def failure(folder):
    transfer = Transfer()
    result, _, error = transfer.run(f"file://{folder}/missing")
    print(result, error[:12])
    transfer.close()


def asked(folder):
    transfer, address, code = Transfer(), S(), L()
    transfer.run(f"file://{folder}/greeting")
    getinfo(transfer.handle, EFFECTIVE_URL, ctypes.byref(address))
    getinfo(transfer.handle, RESPONSE_CODE, ctypes.byref(code))
    print(address.value.endswith(b"/greeting"), code.value)
    setopt(transfer.handle, PRIVATE, P(42))
    mine = P()
    getinfo(transfer.handle, INFO_PRIVATE, ctypes.byref(mine))
    print(mine.value)
    transfer.close()


def options_replaced(folder):
    """What an option pointed to may go when the option has another value."""
    transfer = Transfer()
    for word in (b"one", b"two"):
        fields = ctypes.create_string_buffer(word * 20)
        setopt(transfer.handle, POSTFIELDSIZE, L(60))
        setopt(transfer.handle, POSTFIELDS, fields)
        last = fields
    setopt(transfer.handle, POSTFIELDS, None)
    del fields, last
    setopt(transfer.handle, COPYPOSTFIELDS, ctypes.create_string_buffer(b"three" * 12))
    headers = append(append(None, b"Accept: a"), b"Accept: b")
    setopt(transfer.handle, HTTPHEADER, P(headers))
    setopt(transfer.handle, HTTPHEADER, None)
    free_list(headers)
    gc.collect()
    reset(transfer.handle)
    transfer.write, transfer.error = None, None  # reset took them back
    gc.collect()
    transfer = Transfer(transfer.handle)
    print(transfer.run(f"file://{folder}/greeting"))
    transfer.close()


def next_transfer(folder):
    """What only a transfer needs goes when it has been made; the next one gets its own, sooner or later."""
    transfer = Transfer()
    for word in (b"one", b"two"):
        setopt(transfer.handle, POSTFIELDSIZE, L(30))
        fields = ctypes.create_string_buffer(word * 10)
        setopt(transfer.handle, POSTFIELDS, fields)
        headers = append(None, b"Accept: " + word)
        setopt(transfer.handle, HTTPHEADER, P(headers))
        print(transfer.run(f"file://{folder}/greeting")[0])
        free_list(headers)
        del fields
        gc.collect()
    setopt(transfer.handle, POSTFIELDS, None)
    setopt(transfer.handle, HTTPHEADER, None)
    transfer.close()


def freed_after_cleanup(folder):
    transfer, headers = Transfer(), append(None, b"Accept: text/plain")
    fields = ctypes.create_string_buffer(b"name=world")
    setopt(transfer.handle, HTTPHEADER, P(headers))
    setopt(transfer.handle, POSTFIELDS, fields)
    setopt(transfer.handle, POSTFIELDS, None)
    print(transfer.run(f"file://{folder}/greeting")[0])
    transfer.close()
    free_list(headers)
    del fields
    free_list(None)


def uploaded(folder):
    transfer, pieces = Transfer(), [b"up", b"loaded"]

    @WRITE
    def read(room, _size, _count, _data):
        piece = pieces.pop(0) if pieces else b""
        ctypes.memmove(room, piece, len(piece))
        return len(piece)

    setopt(transfer.handle, READFUNCTION, read)
    setopt(transfer.handle, READDATA, P(1))
    setopt(transfer.handle, UPLOAD, L(1))
    print(transfer.run(f"file://{folder}/up")[0], Path(folder, "up").read_bytes())
    transfer.close()


def progress(folder):
    transfer, calls = Transfer(), []
    report = PROGRESS(lambda data, *_sizes: calls.append(data) or 0)
    setopt(transfer.handle, XFERINFOFUNCTION, report)
    setopt(transfer.handle, XFERINFODATA, P(5))
    setopt(transfer.handle, NOPROGRESS, L(0))
    print(transfer.run(f"file://{folder}/greeting")[0], set(calls))
    setopt(transfer.handle, XFERINFOFUNCTION, None)
    setopt(transfer.handle, NOPROGRESS, L(1))
    del report
    gc.collect()
    print(transfer.run(f"file://{folder}/greeting")[0])
    transfer.close()


def duplicated(folder):
    """A duplicate has the options of its original, pointers included."""
    first = Transfer()
    setopt(first.handle, URL, f"file://{folder}/greeting".encode())
    second = duplicate(first.handle)
    print(perform(second), first.got)
    cleanup(second)
    print(perform(first.handle), len(first.got))
    first.close()


def several_at_once(folder):
    start, add, remove = declare("curl_multi_init", P), declare("curl_multi_add_handle", INT, P, P), curl.curl_multi_remove_handle
    remove.argtypes, end = [P, P], declare("curl_multi_cleanup", INT, P)
    multi, running, left = start(), INT(1), INT()
    transfers = [Transfer() for _ in range(3)]
    for transfer in transfers:
        setopt(transfer.handle, URL, f"file://{folder}/greeting".encode())
        add(multi, transfer.handle)
    while running.value:
        declare("curl_multi_perform", INT, P, P)(multi, ctypes.byref(running))
    messages = 0
    while declare("curl_multi_info_read", P, P, P)(multi, ctypes.byref(left)):
        messages += 1
    for transfer in transfers:
        remove(multi, transfer.handle)
        transfer.close()
    print(messages, [transfer.got for transfer in transfers], end(multi))


def texts():
    handle = initialize()
    escaped = declare("curl_easy_escape", P, P, S, INT)(handle, b"a b&c", 5)
    length = INT()
    plain = declare("curl_easy_unescape", P, P, P, INT, P)(handle, escaped, 0, ctypes.byref(length))
    print(ctypes.string_at(escaped), ctypes.string_at(plain, length.value))
    free(escaped)
    free(plain)
    cleanup(handle)
    print(declare("curl_version", S)()[:8], declare("curl_easy_strerror", S, INT)(7))
    cleanup(None)


def addresses():
    url, part = declare("curl_url", P)(), P()
    setter, getter = declare("curl_url_set", INT, P, INT, S, INT), declare("curl_url_get", INT, P, INT, P, INT)
    print(setter(url, 0, b"http://example.org/a?b=c", 0), getter(url, 5, ctypes.byref(part), 0))
    print(ctypes.string_at(part.value))
    free(part)
    print(getter(url, 2, ctypes.byref(part), 0))  # there is no user
    other = declare("curl_url_dup", P, P)(url)
    declare("curl_url_cleanup", None, P)(url)
    curl.curl_url_cleanup(other)


def forms():
    handle = initialize()
    mime = declare("curl_mime_init", P, P)(handle)
    part = declare("curl_mime_addpart", P, P)(mime)
    declare("curl_mime_name", INT, P, S)(part, b"name")
    declare("curl_mime_data", INT, P, S, ctypes.c_size_t)(part, b"value", 5)
    setopt(handle, MIMEPOST, P(mime))
    setopt(handle, MIMEPOST, None)
    declare("curl_mime_free", None, P)(mime)
    cleanup(handle)


def many(folder):
    for _ in range(100):
        transfer = Transfer()
        transfer.run(f"file://{folder}/greeting")
        transfer.close()
    print("many")


curl.curl_global_init(L(3))
with tempfile.TemporaryDirectory() as place:
    Path(place, "greeting").write_text("hello, world\n")
    for usage in (
        fetch,
        asked,
        options_replaced,
        next_transfer,
        freed_after_cleanup,
        uploaded,
        progress,
        duplicated,
        several_at_once,
        many,
    ):
        usage(place)
    failure(place)
for usage in (texts, addresses, forms):
    usage()
curl.curl_global_cleanup()
