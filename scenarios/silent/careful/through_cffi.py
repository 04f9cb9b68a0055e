# SPDX-License-Identifier: Apache-2.0
"""The same libraries through cffi: what is owned in ffi.gc, what is lent kept beside what it was lent to, and no copies."""

import gc
import weakref

import cffi

ffi = cffi.FFI()
ffi.cdef("""
    typedef struct sqlite3 sqlite3;
    typedef struct sqlite3_stmt sqlite3_stmt;
    typedef struct sqlite3_context sqlite3_context;
    typedef struct sqlite3_value sqlite3_value;
    int sqlite3_open(const char *path, sqlite3 **database);
    int sqlite3_close_v2(sqlite3 *database);
    int sqlite3_exec(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **message);
    void sqlite3_free(void *memory);
    int sqlite3_prepare_v2(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);
    int sqlite3_bind_blob(sqlite3_stmt *, int, const void *, int, void (*)(void *));
    int sqlite3_step(sqlite3_stmt *);
    int sqlite3_reset(sqlite3_stmt *);
    const void *sqlite3_column_blob(sqlite3_stmt *, int);
    int sqlite3_column_bytes(sqlite3_stmt *, int);
    int sqlite3_finalize(sqlite3_stmt *);
    int sqlite3_create_function_v2(sqlite3 *, const char *, int, int, void *,
        void (*)(sqlite3_context *, int, sqlite3_value **), void *, void *, void (*)(void *));
    void *sqlite3_user_data(sqlite3_context *);
    void sqlite3_result_int64(sqlite3_context *, int64_t);

    typedef struct ZSTD_CCtx ZSTD_CCtx;
    ZSTD_CCtx *ZSTD_createCCtx(void);
    size_t ZSTD_freeCCtx(ZSTD_CCtx *);
    size_t ZSTD_compressCCtx(ZSTD_CCtx *, void *, size_t, const void *, size_t, int);
    size_t ZSTD_compressBound(size_t);
    size_t ZSTD_decompress(void *, size_t, const void *, size_t);

    typedef void CURL;
    typedef struct { char *memory; size_t size; } Grown;
    CURL *curl_easy_init(void);
    int curl_easy_setopt(CURL *, int, ...);
    int curl_easy_perform(CURL *);
    void curl_easy_cleanup(CURL *);
    char *curl_easy_escape(CURL *, const char *, int);
    void curl_free(void *);

    typedef struct BIO BIO;
    typedef struct EVP_MD_CTX EVP_MD_CTX;
    typedef struct EVP_MD EVP_MD;
    EVP_MD_CTX *EVP_MD_CTX_new(void);
    void EVP_MD_CTX_free(EVP_MD_CTX *);
    const EVP_MD *EVP_sha256(void);
    int EVP_DigestInit_ex(EVP_MD_CTX *, const EVP_MD *, void *);
    int EVP_DigestUpdate(EVP_MD_CTX *, const void *, size_t);
    int EVP_DigestFinal_ex(EVP_MD_CTX *, unsigned char *, unsigned int *);
    BIO *BIO_new_mem_buf(const void *, int);
    int BIO_read(BIO *, void *, int);
    int BIO_free(BIO *);

    void *xmlReadMemory(const char *, int, const char *, const char *, int);
    void *xmlDocGetRootElement(void *);
    unsigned char *xmlNodeGetContent(void *);
    void xmlFreeDoc(void *);
    extern void (*xmlFree)(void *);
""")
sqlite, zstd, curl = ffi.dlopen("libsqlite3.so.0"), ffi.dlopen("libzstd.so.1"), ffi.dlopen("libcurl.so.4")
crypto, xml = ffi.dlopen("libcrypto.so.3"), ffi.dlopen("libxml2.so.2")
kept = weakref.WeakKeyDictionary()


def out(kind, call, *arguments):
    place = ffi.new(kind + " *")
    assert call(*arguments, place) == 0
    return place[0]


def connect():
    return ffi.gc(out("sqlite3 *", sqlite.sqlite3_open, b":memory:"), sqlite.sqlite3_close_v2)


def prepare(database, text):
    place = ffi.new("sqlite3_stmt **")
    sqlite.sqlite3_prepare_v2(database, text, -1, place, ffi.NULL)
    statement = ffi.gc(place[0], sqlite.sqlite3_finalize)
    kept[statement] = [database]
    return statement


def statements():
    database = connect()
    statement = prepare(database, b"select ?1 || 'x'")
    for word in (b"one", b"two", b"three"):
        view = ffi.from_buffer(bytearray(word * 50))
        sqlite.sqlite3_bind_blob(statement, 1, view, len(view), ffi.NULL)
        kept[statement][1:] = [view]
        sqlite.sqlite3_step(statement)
        size = sqlite.sqlite3_column_bytes(statement, 0)
        print(bytes(ffi.buffer(sqlite.sqlite3_column_blob(statement, 0), size))[-4:])
        sqlite.sqlite3_reset(statement)
    del statement, database
    gc.collect()


def functions():
    database, gone = connect(), []

    @ffi.callback("void(sqlite3_context *, int, sqlite3_value **)")
    def answer(context, _count, _values):
        sqlite.sqlite3_result_int64(context, ffi.from_handle(sqlite.sqlite3_user_data(context))["answer"])

    @ffi.callback("void(void *)")
    def destroy(_data):
        gone.append("destroyed")

    data = {"answer": 42}
    handle = ffi.new_handle(data)
    sqlite.sqlite3_create_function_v2(database, b"answer", 0, 1, handle, answer, ffi.NULL, ffi.NULL, destroy)
    seen = []

    @ffi.callback("int(void *, int, char **, char **)")
    def row(_data, _count, values, _names):
        seen.append(ffi.string(values[0]))
        return 0

    sqlite.sqlite3_exec(database, b"select answer()", row, ffi.NULL, ffi.NULL)
    ffi.release(database)
    del handle, answer
    gc.collect()
    print(seen, gone)


def errors():
    database, message = connect(), ffi.new("char **")
    print(sqlite.sqlite3_exec(database, b"selekt", ffi.NULL, ffi.NULL, message))
    text = ffi.gc(message[0], sqlite.sqlite3_free)
    print(ffi.string(text))


def compressed():
    text = bytearray(b"some words " * 100)
    context = ffi.gc(zstd.ZSTD_createCCtx(), zstd.ZSTD_freeCCtx)
    bound = zstd.ZSTD_compressBound(len(text))
    room, back = ffi.new("char []", bound), bytearray(len(text))
    size = zstd.ZSTD_compressCCtx(context, room, bound, ffi.from_buffer(text), len(text), 3)
    print(zstd.ZSTD_decompress(ffi.from_buffer(back), len(back), room, size) == len(text), back == text)


def transfer():
    handle, got = ffi.gc(curl.curl_easy_init(), curl.curl_easy_cleanup), []

    @ffi.callback("size_t(char *, size_t, size_t, void *)")
    def write(data, size, count, user):
        ffi.from_handle(user).append(bytes(ffi.buffer(data, size * count)))
        return size * count

    user, error = ffi.new_handle(got), ffi.new("char [256]")
    curl.curl_easy_setopt(handle, 10002, ffi.new("char []", b"file:///proc/self/comm"))
    curl.curl_easy_setopt(handle, 20011, write)
    curl.curl_easy_setopt(handle, 10001, user)
    curl.curl_easy_setopt(handle, 10010, error)
    print(curl.curl_easy_perform(handle), len(got) > 0)
    escaped = ffi.gc(curl.curl_easy_escape(handle, b"a b", 3), curl.curl_free)
    print(ffi.string(escaped))
    ffi.release(escaped)
    ffi.release(handle)
    del user, error, write
    gc.collect()


def digests():
    context = ffi.gc(crypto.EVP_MD_CTX_new(), crypto.EVP_MD_CTX_free)
    crypto.EVP_DigestInit_ex(context, crypto.EVP_sha256(), ffi.NULL)
    for part in (b"hello, ", bytearray(b"world"), memoryview(b"!")):
        crypto.EVP_DigestUpdate(context, ffi.from_buffer(part), len(part))
    room, size = ffi.new("unsigned char [64]"), ffi.new("unsigned int *")
    crypto.EVP_DigestFinal_ex(context, room, size)
    print(bytes(room)[: size[0]].hex()[:16])
    lent = ffi.from_buffer(b"lent for long enough")
    bio = ffi.gc(crypto.BIO_new_mem_buf(lent, len(lent)), crypto.BIO_free)
    kept[bio] = lent
    del lent
    gc.collect()
    room = ffi.new("char [4]")
    print(crypto.BIO_read(bio, room, 4), ffi.buffer(room)[:])


def documents():
    text = b"<a>content</a>"
    document = ffi.gc(xml.xmlReadMemory(text, len(text), ffi.NULL, ffi.NULL, 0), xml.xmlFreeDoc)
    root = xml.xmlDocGetRootElement(document)
    content = ffi.gc(xml.xmlNodeGetContent(root), xml.xmlFree)
    print(ffi.string(content))
    ffi.release(content)
    ffi.release(document)


for usage in (statements, functions, errors, compressed, transfer, digests, documents):
    usage()
    gc.collect()
