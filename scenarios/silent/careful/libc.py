# SPDX-License-Identifier: Apache-2.0
"""libc as a careful program uses it through ctypes, beside Python, which uses it too."""

import ctypes
import gc
import os
import signal
import tempfile
from pathlib import Path

libc = ctypes.CDLL("libc.so.6", use_errno=True)
P, INT, S, Z, L = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_long
COMPARE = ctypes.CFUNCTYPE(INT, P, P)
WALK = ctypes.CFUNCTYPE(INT, S, P, INT, P)
HANDLER = ctypes.CFUNCTYPE(None, INT)
START = ctypes.CFUNCTYPE(P, P)


def declare(name, result, *arguments):
    function = getattr(libc, name)
    function.restype, function.argtypes = result, arguments
    return function


free, malloc, duplicate = declare("free", None, P), declare("malloc", P, Z), declare("strdup", P, S)
fopen, fclose = declare("fopen", P, S, S), declare("fclose", INT, P)
fputs, fgets, fflush = declare("fputs", INT, S, P), declare("fgets", P, P, INT, P), declare("fflush", INT, P)


def taken(address):
    text = ctypes.string_at(address)
    free(address)
    return text


def files(folder):
    path, room = f"{folder}/file".encode(), ctypes.create_string_buffer(32)
    stream = fopen(path, b"w")
    print(fputs(b"one\ntwo\n", stream) >= 0, fclose(stream), fopen(b"/nowhere/at/all", b"r"))
    stream = fopen(path, b"r")
    print(fgets(room, 32, stream) and room.value, declare("fread", Z, P, Z, Z, P)(room, 1, 32, stream), room.raw[:4])
    print(declare("rewind", None, P)(stream), declare("getc", INT, P)(stream), fclose(stream))
    stream = declare("freopen", P, S, S, P)(b"/dev/null", b"r", fopen(path, b"r"))
    print(fgets(room, 32, stream), fclose(stream))
    line, size, stream = P(), Z(), fopen(path, b"r")
    getline = declare("getline", ctypes.c_ssize_t, P, P, P)
    while getline(ctypes.byref(line), ctypes.byref(size), stream) > 0:
        print(ctypes.string_at(line))
    free(line)
    fclose(stream)


def buffers_of_streams(folder):
    """A buffer may go when its stream has, or has got another."""
    setvbuf = declare("setvbuf", INT, P, P, INT, Z)
    stream, buffer = fopen(f"{folder}/buffered".encode(), b"w"), ctypes.create_string_buffer(4096)
    print(setvbuf(stream, buffer, 0, 4096), fputs(b"text", stream) >= 0, fclose(stream))
    del buffer
    gc.collect()
    text, size = P(), Z()
    stream = declare("open_memstream", P, P, P)(ctypes.byref(text), ctypes.byref(size))
    fputs(b"in memory", stream)
    fclose(stream)
    print(taken(text.value), size.value)
    room = ctypes.create_string_buffer(b"line\n")
    stream = declare("fmemopen", P, P, Z, S)(room, 5, b"r")
    print(declare("getc", INT, P)(stream), fclose(stream))
    pipe = declare("popen", P, S, S)(b"echo hello", b"r")
    room = ctypes.create_string_buffer(16)
    fgets(room, 16, pipe)
    print(room.value, declare("pclose", INT, P)(pipe))


def descriptors(_folder):
    """Numbers come back; some are closed by Python, and some by the kernel alone."""
    opened, close, read = declare("open", INT, S, INT), declare("close", INT, INT), declare("read", ctypes.c_ssize_t, INT, P, Z)
    room = ctypes.create_string_buffer(8)
    for _ in range(3):
        number = opened(b"/dev/zero", os.O_RDONLY)
        print(read(number, room, 8), close(number))
        number = opened(b"/dev/zero", os.O_RDONLY)
        os.close(number)
        with open("/dev/zero", "rb") as file:
            print(read(file.fileno(), room, 4))
    first, second = opened(b"/dev/zero", os.O_RDONLY), opened(b"/dev/null", os.O_RDONLY)
    os.dup2(first, second)
    print(read(second, room, 8), close(first), read(second, room, 8))
    os.closerange(second, second + 1)
    stream = declare("fdopen", P, INT, S)(opened(b"/dev/null", os.O_RDONLY), b"r")
    print(fclose(stream), close(-1))


def folders(folder):
    opened, read, close = declare("opendir", P, S), declare("readdir", P, P), declare("closedir", INT, P)
    for name in ("a", "b"):
        Path(folder, name).touch()
    stream, names = opened(folder.encode()), []
    entry = read(stream)
    while entry:
        names.append(ctypes.string_at(entry + 19))
        entry = read(stream)
    declare("rewinddir", None, P)(stream)
    print(sorted(names)[2:4], bool(read(stream)), close(stream), opened(b"/nowhere/at/all"))
    entries = ctypes.POINTER(P)()
    count = declare("scandir", INT, S, P, P, P)(folder.encode(), ctypes.byref(entries), None, ctypes.cast(libc.alphasort, P))
    print(count > 3, [free(entries[number]) for number in range(count)][:1], free(entries))
    found = (ctypes.c_uint64 * 9)()
    print(declare("glob", INT, S, INT, P, P)(f"{folder}/[ab]".encode(), 0, None, found), found[0])
    declare("globfree", None, P)(found)
    seen = []
    walk = WALK(lambda path, _status, _kind, _place: seen.append(path) or 0)
    print(declare("nftw", INT, S, WALK, INT, INT)(folder.encode(), walk, 8, 0), len(seen) > 3)
    path = declare("realpath", P, S, P)(b"/usr/..", None)
    room = ctypes.create_string_buffer(4096)
    print(taken(path), declare("realpath", P, S, P)(b"/", room) == ctypes.addressof(room))
    print(taken(declare("getcwd", P, P, Z)(None, 0))[:1], bool(declare("getcwd", P, P, Z)(room, 4096)))


def sorting():
    values = (INT * 5)(5, 3, 4, 1, 2)

    def compare(left, right):
        return ctypes.cast(left, ctypes.POINTER(INT))[0] - ctypes.cast(right, ctypes.POINTER(INT))[0]

    sort = declare("qsort", None, P, Z, Z, COMPARE)
    sort(values, 5, 4, COMPARE(compare))
    gc.collect()
    search, key = declare("bsearch", P, P, P, Z, Z, COMPARE), INT(4)
    print(list(values), (search(ctypes.byref(key), values, 5, 4, COMPARE(compare)) - ctypes.addressof(values)) // 4)
    root, kept, numbers = P(), COMPARE(compare), [INT(number) for number in (2, 1, 3)]
    add, delete = declare("tsearch", P, P, P, COMPARE), declare("tdelete", P, P, P, COMPARE)
    for number in numbers:
        add(ctypes.byref(number), ctypes.byref(root), kept)
    for number in numbers:
        delete(ctypes.byref(number), ctypes.byref(root), kept)
    print(root.value)


def texts():
    room = ctypes.create_string_buffer(32)
    print(taken(duplicate(b"copy")), taken(declare("strndup", P, S, Z)(b"copy", 2)), free(None))
    print(declare("strncpy", P, P, S, Z)(room, b"hello", 32) == ctypes.addressof(room), room.value)
    print(libc.snprintf(room, Z(4), b"%s", b"cut short"), room.value)
    made = P()
    libc.asprintf(ctypes.byref(made), b"%d of %d", 1, 2)
    print(taken(made.value))
    source, rest = ctypes.create_string_buffer(b"a b c"), P()
    split, words = declare("strtok_r", S, P, S, P), []
    word = split(source, b" ", ctypes.byref(rest))
    while word:
        words.append(word)
        word = split(None, b" ", ctypes.byref(rest))
    print(words, declare("strerror", S, INT)(2), declare("strchr", S, S, INT)(b"abc", 98))
    end = P()
    number = ctypes.create_string_buffer(b"42 rest")
    print(declare("strtol", L, P, P, INT)(number, ctypes.byref(end), 10), end.value - ctypes.addressof(number))
    raw = (ctypes.c_char * 4)(*b"abcd")  # without a NUL
    print(declare("strnlen", Z, P, Z)(raw, 4), declare("memchr", P, P, INT, Z)(raw, 100, 4) - ctypes.addressof(raw))
    print(declare("memcmp", INT, S, S, Z)(b"a\0b", b"a\0b", 3), declare("strncmp", INT, P, S, Z)(raw, b"abcx", 3))


def conversions():
    opened, convert, close = declare("iconv_open", P, S, S), declare("iconv", Z, P, P, P, P, P), declare("iconv_close", INT, P)
    source, room = ctypes.create_string_buffer("grün".encode()), ctypes.create_string_buffer(16)
    start, left, end, free_room = P(ctypes.addressof(source)), Z(5), P(ctypes.addressof(room)), Z(16)
    conversion = opened(b"LATIN1", b"UTF-8")
    print(convert(conversion, *map(ctypes.byref, (start, left, end, free_room))), left.value, room.value)
    print(convert(conversion, None, None, None, None), close(conversion), opened(b"no such", b"UTF-8") == 2**64 - 1)
    expression, matches = ctypes.create_string_buffer(64), (INT * 4)()
    print(declare("regcomp", INT, P, S, INT)(expression, b"(b+)", 1))
    print(declare("regexec", INT, P, S, Z, P, INT)(expression, b"abbb", 2, matches, 0), list(matches))
    declare("regfree", None, P)(expression)
    room = ctypes.create_string_buffer(64)
    error = declare("regcomp", INT, P, S, INT)(expression, b"(", 1)
    print(error, declare("regerror", Z, INT, P, P, Z)(error, expression, room, 64) > 5)


def environment():
    """putenv keeps what it is given until the variable has another value."""
    put, get = declare("putenv", INT, P), declare("getenv", S, S)
    text = ctypes.create_string_buffer(b"CAREFUL=one")
    print(put(text), get(b"CAREFUL"))
    other = ctypes.create_string_buffer(b"CAREFUL=two")
    put(other)
    del text
    gc.collect()
    print(get(b"CAREFUL"), declare("setenv", INT, S, S, INT)(b"CAREFUL", b"three", 1))
    del other
    gc.collect()
    print(get(b"CAREFUL"), declare("unsetenv", INT, S)(b"CAREFUL"), get(b"CAREFUL"))
    os.environ["CAREFUL"] = "by Python"
    print(get(b"CAREFUL"))
    del os.environ["CAREFUL"]


def users_and_hosts():
    user = declare("getpwuid", P, INT)(0)
    print(ctypes.cast(user, ctypes.POINTER(S))[0], bool(declare("getgrgid", P, INT)(0)))
    record, room, found = ctypes.create_string_buffer(48), ctypes.create_string_buffer(1024), P()
    result = declare("getpwuid_r", INT, INT, P, P, Z, P)(0, record, room, 1024, ctypes.byref(found))
    print(result, found.value == ctypes.addressof(record))
    list_of, hints = P(), (INT * 12)(4)
    look, end = declare("getaddrinfo", INT, S, S, P, P), declare("freeaddrinfo", None, P)
    print(look(b"127.0.0.1", b"80", hints, ctypes.byref(list_of)))
    end(list_of)
    print(look(b"no number", None, hints, ctypes.byref(P())) != 0)
    room = ctypes.create_string_buffer(64)
    print(declare("gethostname", INT, P, Z)(room, 64), declare("inet_pton", INT, INT, S, P)(2, b"10.0.0.1", room), room.raw[:4])
    pair = (INT * 2)()
    declare("socketpair", INT, INT, INT, INT, P)(1, 1, 0, pair)
    print(
        declare("send", INT, INT, S, Z, INT)(pair[0], b"over", 4, 0), declare("recv", INT, INT, P, Z, INT)(pair[1], room, 64, 0)
    )
    os.close(pair[0])
    os.close(pair[1])


def times():
    moment, room = L(86400 * 365), ctypes.create_string_buffer(64)
    parts = ctypes.cast(declare("gmtime", P, P)(ctypes.byref(moment)), ctypes.POINTER(INT))  # libc's own
    print(parts[5], declare("localtime", P, P)(ctypes.byref(moment)) is not None)
    declare("gmtime_r", P, P, P)(ctypes.byref(moment), room)
    print(declare("asctime", S, P)(room)[:3], declare("strftime", Z, P, Z, S, P)(room, 64, b"%Y", bytes(56)) == 4)
    print(bool(declare("setlocale", S, INT, S)(6, None)), declare("nl_langinfo", S, INT)(0x10000) != b"")


def callbacks_that_stay():
    seen = []
    handler = HANDLER(seen.append)
    install = declare("signal", P, INT, P)
    old = install(signal.SIGUSR1, ctypes.cast(handler, P))
    libc.raise_ = libc["raise"]
    libc.raise_(int(signal.SIGUSR1))
    install(signal.SIGUSR1, old)
    del handler
    gc.collect()
    work, thread, result = START(lambda data: seen.append(data) or 3), ctypes.c_ulong(), P()
    declare("pthread_create", INT, P, P, START, P)(ctypes.byref(thread), None, work, P(7))
    declare("pthread_join", INT, ctypes.c_ulong, P)(thread, ctypes.byref(result))
    print(seen, result.value)


def memory():
    block = malloc(16)
    declare("memset", P, P, INT, Z)(block, 0, 16)
    block = declare("realloc", P, P, Z)(block, 1 << 16)
    print(declare("memcpy", P, P, S, Z)(block, b"x" * 16, 16) == block, free(block))
    aligned = P()
    print(declare("posix_memalign", INT, P, Z, Z)(ctypes.byref(aligned), 64, 100), aligned.value % 64, free(aligned))
    room = declare("mmap", P, P, Z, INT, INT, INT, L)(None, 4096, 3, 34, -1, 0)
    print(ctypes.string_at(room, 2), declare("munmap", INT, P, Z)(room, 4096))


with tempfile.TemporaryDirectory() as place:
    for usage in (files, buffers_of_streams, descriptors, folders):
        usage(place)
for usage in (sorting, texts, conversions, environment, users_and_hosts, times, callbacks_that_stay, memory):
    usage()
fflush(None)
