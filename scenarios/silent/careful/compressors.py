# SPDX-License-Identifier: Apache-2.0
"""zlib, bzip2, liblzma, lz4 and zstd as a careful program uses them through ctypes."""

import ctypes
import gc
import tempfile

zlib, bz2, lzma = ctypes.CDLL("libz.so.1"), ctypes.CDLL("libbz2.so.1.0"), ctypes.CDLL("liblzma.so.5")
lz4, zstd = ctypes.CDLL("liblz4.so.1"), ctypes.CDLL("libzstd.so.1")
P, INT, U, S, Z, UL = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_ulong
TEXT = b"some words that occur again, some words that occur again. " * 40
ALLOCATE, FREE = ctypes.CFUNCTYPE(P, P, U, U), ctypes.CFUNCTYPE(None, P, P)
libc = ctypes.CDLL("libc.so.6")
libc.calloc.restype, libc.calloc.argtypes, libc.free.argtypes = P, [Z, Z], [P]


def declare(library, name, result, *arguments):
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments
    return function


class ZStream(ctypes.Structure):
    _fields_ = [
        ("next_in", P),
        ("avail_in", U),
        ("total_in", UL),
        ("next_out", P),
        ("avail_out", U),
        ("total_out", UL),
        ("msg", S),
        ("state", P),
        ("zalloc", P),
        ("zfree", P),
        ("opaque", P),
        ("data_type", INT),
        ("adler", UL),
        ("reserved", UL),
    ]


VERSION = declare(zlib, "zlibVersion", S)()
STREAM = ctypes.sizeof(ZStream)


def zlib_at_once():
    bound = declare(zlib, "compressBound", UL, UL)(len(TEXT))
    room, size = ctypes.create_string_buffer(bound), UL(bound)
    print(declare(zlib, "compress", INT, P, P, S, UL)(room, ctypes.byref(size), TEXT, len(TEXT)), size.value < 200)
    back, length = ctypes.create_string_buffer(len(TEXT)), UL(len(TEXT))
    print(zlib.uncompress(back, ctypes.byref(length), room, size), back.raw == TEXT)
    small = UL(10)
    print(zlib.uncompress(back, ctypes.byref(small), room, size))  # more than 10 bytes: said by the result
    checksum = declare(zlib, "crc32", UL, UL, P, U)
    print(checksum(0, None, 0), checksum(0, b"abc", 3) == zlib.crc32(0, ctypes.create_string_buffer(b"abcd"), 3))


def deflated(text, stream, piece=100):
    """Fed in pieces that die when they have been read; the stream still points behind them."""
    done = []
    for start in range(0, len(text), piece):
        part = ctypes.create_string_buffer(text[start : start + piece], len(text[start : start + piece]))
        stream.next_in, stream.avail_in = ctypes.addressof(part), len(part)
        while stream.avail_in:
            done.append(run(zlib.deflate, stream, 0)[0])
        del part
        gc.collect()
    result = 0
    while result != 1:
        out, result = run(zlib.deflate, stream, 4)
        done.append(out)
    return b"".join(done)


def run(function, stream, flush):
    room = ctypes.create_string_buffer(64)
    stream.next_out, stream.avail_out = ctypes.addressof(room), 64
    result = function(ctypes.byref(stream), flush)
    return room.raw[: 64 - stream.avail_out], result


def inflated(data, stream):
    source, done, result = ctypes.create_string_buffer(data, len(data)), [], 0
    stream.next_in, stream.avail_in = ctypes.addressof(source), len(data)
    while result != 1:
        out, result = run(zlib.inflate, stream, 0)
        done.append(out)
    return b"".join(done)


def zlib_streams():
    stream = ZStream()
    print(zlib.deflateInit_(ctypes.byref(stream), 6, VERSION, STREAM))
    data = deflated(TEXT, stream)
    zlib.deflateReset(ctypes.byref(stream))
    print(data == deflated(TEXT, stream), zlib.deflateEnd(ctypes.byref(stream)))
    zlib.deflateInit_(ctypes.byref(stream), 9, VERSION, STREAM)  # the same memory, once more
    print(len(deflated(TEXT, stream)) <= len(data), zlib.deflateEnd(ctypes.byref(stream)))
    other, copy = ZStream(), ZStream()
    zlib.inflateInit_(ctypes.byref(other), VERSION, STREAM)
    zlib.inflateCopy(ctypes.byref(copy), ctypes.byref(other))
    print(inflated(data, other) == inflated(data, copy) == TEXT, other.total_out)
    print(zlib.inflateEnd(ctypes.byref(other)), zlib.inflateEnd(ctypes.byref(copy)))
    zlib.inflateInit2_(ctypes.byref(other), 15, VERSION, STREAM)
    print(run(zlib.inflate, other, 0)[1], other.msg)  # no input
    zlib.inflateEnd(ctypes.byref(other))


def zlib_with_an_allocator():
    blocks = []
    allocate = ALLOCATE(lambda _data, count, size: blocks.append(count) or libc.calloc(count, size))
    release = FREE(lambda _data, address: blocks.pop() and libc.free(address))
    stream = ZStream(zalloc=ctypes.cast(allocate, P), zfree=ctypes.cast(release, P), opaque=5)
    zlib.deflateInit_(ctypes.byref(stream), 1, VERSION, STREAM)
    deflated(TEXT, stream)
    zlib.deflateEnd(ctypes.byref(stream))
    print(blocks)


def zlib_files():
    opened, end = declare(zlib, "gzopen", P, S, S), declare(zlib, "gzclose", INT, P)
    room = ctypes.create_string_buffer(20)
    with tempfile.NamedTemporaryFile() as file:
        stream = opened(file.name.encode(), b"wb")
        print(declare(zlib, "gzwrite", INT, P, S, U)(stream, b"one\ntwo\n", 8), end(stream))
        stream = opened(file.name.encode(), b"rb")
        print(declare(zlib, "gzgets", S, P, P, INT)(stream, room, 20), declare(zlib, "gzread", INT, P, P, U)(stream, room, 20))
        error = INT()
        print(declare(zlib, "gzerror", S, P, P)(stream, ctypes.byref(error)), end(stream))
    print(opened(b"/nowhere/at/all", b"rb"))


class BZStream(ctypes.Structure):
    _fields_ = [
        ("next_in", P),
        ("avail_in", U),
        ("total_in", U * 2),
        ("next_out", P),
        ("avail_out", U),
        ("total_out", U * 2),
        ("state", P),
        ("bzalloc", P),
        ("bzfree", P),
        ("opaque", P),
    ]


def bzip2():
    room, size = ctypes.create_string_buffer(len(TEXT) + len(TEXT) // 100 + 600), U(len(TEXT) + len(TEXT) // 100 + 600)
    print(bz2.BZ2_bzBuffToBuffCompress(room, ctypes.byref(size), TEXT, len(TEXT), 9, 0, 30))
    back, length = ctypes.create_string_buffer(len(TEXT)), U(len(TEXT))
    print(bz2.BZ2_bzBuffToBuffDecompress(back, ctypes.byref(length), room, size, 0, 0), back.raw == TEXT)
    stream, source = BZStream(), ctypes.create_string_buffer(TEXT, len(TEXT))
    bz2.BZ2_bzCompressInit(ctypes.byref(stream), 1, 0, 0)
    stream.next_in, stream.avail_in = ctypes.addressof(source), len(TEXT)
    stream.next_out, stream.avail_out = ctypes.addressof(room), len(room)
    print(bz2.BZ2_bzCompress(ctypes.byref(stream), 2), bz2.BZ2_bzCompressEnd(ctypes.byref(stream)))
    stream = BZStream(next_in=ctypes.addressof(room), avail_in=len(room) - stream.avail_out)
    bz2.BZ2_bzDecompressInit(ctypes.byref(stream), 0, 0)
    stream.next_out, stream.avail_out = ctypes.addressof(back), len(back)
    print(bz2.BZ2_bzDecompress(ctypes.byref(stream)), bz2.BZ2_bzDecompressEnd(ctypes.byref(stream)), back.raw == TEXT)


def xz():
    bound = declare(lzma, "lzma_stream_buffer_bound", Z, Z)(len(TEXT))
    room, used = ctypes.create_string_buffer(bound), Z(0)
    encode = declare(lzma, "lzma_easy_buffer_encode", INT, U, INT, P, S, Z, P, P, Z)
    print(encode(6, 4, None, TEXT, len(TEXT), room, ctypes.byref(used), bound), used.value < 300)
    limit, read, written, back = ctypes.c_uint64(1 << 28), Z(0), Z(0), ctypes.create_string_buffer(len(TEXT))
    decode = declare(lzma, "lzma_stream_buffer_decode", INT, P, ctypes.c_uint32, P, P, P, Z, P, P, Z)
    places = ctypes.byref(read), used, back, ctypes.byref(written), len(TEXT)
    print(decode(ctypes.byref(limit), 0, None, room, *places), back.raw == TEXT)
    stream = (ctypes.c_uint64 * 17)()  # lzma_stream: next_in, avail_in, total_in, next_out, avail_out, ...
    decoder = declare(lzma, "lzma_stream_decoder", INT, P, ctypes.c_uint64, ctypes.c_uint32)
    print(decoder(stream, 1 << 28, 0))
    back = ctypes.create_string_buffer(len(TEXT))
    stream[0], stream[1], stream[3], stream[4] = ctypes.addressof(room), used.value, ctypes.addressof(back), len(back)
    print(declare(lzma, "lzma_code", INT, P, INT)(stream, 3), back.raw == TEXT)
    declare(lzma, "lzma_end", None, P)(stream)
    lzma.lzma_end(stream)  # does nothing


def lz4_blocks():
    bound = lz4.LZ4_compressBound(len(TEXT))
    room, back = ctypes.create_string_buffer(bound), ctypes.create_string_buffer(len(TEXT))
    size = lz4.LZ4_compress_default(TEXT, room, len(TEXT), bound)
    print(lz4.LZ4_decompress_safe(room, back, size, len(TEXT)) == len(TEXT), back.raw == TEXT)
    print(lz4.LZ4_compress_default(TEXT, room, len(TEXT), 10), lz4.LZ4_decompress_safe(room, back, size, 10) < 0)
    create, free = declare(lz4, "LZ4_createStream", P), declare(lz4, "LZ4_freeStream", INT, P)
    load, go_on = (
        declare(lz4, "LZ4_loadDict", INT, P, P, INT),
        declare(lz4, "LZ4_compress_fast_continue", INT, P, P, P, INT, INT, INT),
    )
    stream, dictionary = create(), ctypes.create_string_buffer(TEXT[:60], 60)
    load(stream, dictionary, 60)
    size = go_on(stream, TEXT, room, len(TEXT), bound, 1)
    free(stream)
    del dictionary
    known = ctypes.create_string_buffer(TEXT[:60], 60)
    print(lz4.LZ4_decompress_safe_usingDict(room, back, size, len(TEXT), known, 60) == len(TEXT))


def lz4_frames():
    bound = declare(lz4, "LZ4F_compressFrameBound", Z, Z, P)(len(TEXT), None)
    room, back = ctypes.create_string_buffer(bound), ctypes.create_string_buffer(len(TEXT))
    size = declare(lz4, "LZ4F_compressFrame", Z, P, Z, S, Z, P)(room, bound, TEXT, len(TEXT), None)
    context, written, read = P(), Z(len(TEXT)), Z(size)
    declare(lz4, "LZ4F_createDecompressionContext", Z, P, U)(ctypes.byref(context), 100)
    decompress = declare(lz4, "LZ4F_decompress", Z, P, P, P, P, P, P)
    print(decompress(context, back, ctypes.byref(written), room, ctypes.byref(read), None), back.raw == TEXT)
    declare(lz4, "LZ4F_freeDecompressionContext", Z, P)(context)
    print(declare(lz4, "LZ4F_getErrorName", S, Z)(2**64 - 1))


class Buffer(ctypes.Structure):
    _fields_ = [("address", P), ("size", Z), ("position", Z)]


def zstd_at_once():
    bound = declare(zstd, "ZSTD_compressBound", Z, Z)(len(TEXT))
    room, back = ctypes.create_string_buffer(bound), ctypes.create_string_buffer(len(TEXT))
    size = declare(zstd, "ZSTD_compress", Z, P, Z, S, Z, INT)(room, bound, TEXT, len(TEXT), 3)
    restore = declare(zstd, "ZSTD_decompress", Z, P, Z, P, Z)
    print(restore(back, len(back), room, size) == len(TEXT), back.raw == TEXT)
    error = restore(back, 10, room, size)
    print(declare(zstd, "ZSTD_isError", U, Z)(error), declare(zstd, "ZSTD_getErrorName", S, Z)(error))


def zstd_contexts():
    create, free = declare(zstd, "ZSTD_createCCtx", P), declare(zstd, "ZSTD_freeCCtx", Z, P)
    room, context = ctypes.create_string_buffer(4096), create()
    compress = declare(zstd, "ZSTD_compress2", Z, P, P, Z, S, Z)
    declare(zstd, "ZSTD_CCtx_setParameter", Z, P, INT, INT)(context, 100, 5)
    print(compress(context, room, 4096, TEXT, len(TEXT)) < 200)
    make, drop = declare(zstd, "ZSTD_createCDict", P, P, Z, INT), declare(zstd, "ZSTD_freeCDict", Z, P)
    dictionary = make(ctypes.create_string_buffer(TEXT[:100], 100), 100, 3)  # copied
    reference = declare(zstd, "ZSTD_CCtx_refCDict", Z, P, P)
    reference(context, dictionary)
    size = compress(context, room, 4096, TEXT, len(TEXT))
    reference(context, None)
    drop(dictionary)
    lent = ctypes.create_string_buffer(TEXT[:100], 100)
    by_reference = declare(zstd, "ZSTD_createCDict_byReference", P, P, Z, INT)(lent, 100, 3)
    reference(context, by_reference)
    print(compress(context, room, 4096, TEXT, len(TEXT)) == size)
    free(context)  # before what it refers to
    drop(by_reference)
    del lent
    back, decoder = ctypes.create_string_buffer(len(TEXT)), declare(zstd, "ZSTD_createDCtx", P)()
    known = TEXT[:100]
    restore = declare(zstd, "ZSTD_decompress_usingDict", Z, P, P, Z, P, Z, S, Z)
    print(restore(decoder, back, len(back), room, size, known, 100) == len(TEXT), back.raw == TEXT)
    declare(zstd, "ZSTD_freeDCtx", Z, P)(decoder)
    zstd.ZSTD_freeDCtx(None)


def zstd_streams():
    stream, done = declare(zstd, "ZSTD_createCStream", P)(), []
    run_on = declare(zstd, "ZSTD_compressStream2", Z, P, P, P, INT)
    room = ctypes.create_string_buffer(32)
    for start in range(0, len(TEXT), 500):
        part = ctypes.create_string_buffer(TEXT[start : start + 500], len(TEXT[start : start + 500]))
        source, last = Buffer(ctypes.addressof(part), len(part), 0), start + 500 >= len(TEXT)
        left = 1
        while left if last else source.position < source.size:
            target = Buffer(ctypes.addressof(room), 32, 0)
            left = run_on(stream, ctypes.byref(target), ctypes.byref(source), 2 if last else 0)
            done.append(room.raw[: target.position])
        del part
        gc.collect()
    declare(zstd, "ZSTD_freeCStream", Z, P)(stream)
    data, back = b"".join(done), ctypes.create_string_buffer(len(TEXT))
    print(zstd.ZSTD_decompress(back, len(back), data, len(data)) == len(TEXT), back.raw == TEXT)


for usage in (
    zlib_at_once,
    zlib_streams,
    zlib_with_an_allocator,
    zlib_files,
    bzip2,
    xz,
    lz4_blocks,
    lz4_frames,
    zstd_at_once,
    zstd_contexts,
    zstd_streams,
):
    usage()
