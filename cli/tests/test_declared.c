/* SPDX-License-Identifier: Apache-2.0
 *
 * Well known functions in the prototype file that was built: one row each, one test a row. The words are those of type_words.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "type_words.h"

struct row {
    const char *soname, *name, *header, *words;
};

static const struct row rows[] = {
    {"libc.so.6", "memcpy", "string.h", "pointer(void)(pointer(void) dest, pointer(const void) src, `size_t` uint8 n)"},
    {"libc.so.6", "strlen", "string.h", "`size_t` uint8(pointer(const `char` char1) s)"},
    {"libc.so.6", "malloc", "stdlib.h", "pointer(void)(`size_t` uint8 size)"},
    {"libc.so.6", "free", "stdlib.h", "void(pointer(void) ptr)"},
    {"libc.so.6", "abort", "stdlib.h", "void()"},
    {"libc.so.6", "getpid", "unistd.h", "`pid_t` int4()"},
    {"libc.so.6", "qsort", "stdlib.h",
     "void(pointer(void) base, `size_t` uint8 nmemb, `size_t` uint8 size, "
     "`compar_fn_t` pointer(`int` int4(pointer(const void) , pointer(const void) )) compar)"},
    {"libc.so.6", "strtol", "stdlib.h",
     "`long` int8(pointer(const `char` char1) nptr, pointer(pointer(`char` char1)) endptr, `int` int4 base)"},
    {"libc.so.6", "strtod", "stdlib.h",
     "`double` float8(pointer(const `char` char1) nptr, pointer(pointer(`char` char1)) endptr)"},
    {"libc.so.6", "div", "stdlib.h", "`div_t` struct8{0 quot=`int` int4 4 rem=`int` int4}(`int` int4 numer, `int` int4 denom)"},
    {"libc.so.6", "printf", "stdio.h", "`int` int4(pointer(const `char` char1) format, ...)"},
    {"libc.so.6", "sscanf", "stdio.h", "`int` int4(pointer(const `char` char1) s, pointer(const `char` char1) format, ...)"},
    {"libc.so.6", "__isoc99_sscanf", "stdio.h",
     "`int` int4(pointer(const `char` char1) s, pointer(const `char` char1) format, ...)"},
    {"libc.so.6", "open", "fcntl.h", "`int` int4(pointer(const `char` char1) file, `int` int4 oflag, ...)"},
    {"libc.so.6", "read", "unistd.h", "`ssize_t` int8(`int` int4 fd, pointer(void) buf, `size_t` uint8 nbytes)"},
    {"libc.so.6", "signal", "signal.h",
     "`sighandler_t` pointer(void(`int` int4 ))(`int` int4 sig, `sighandler_t` pointer(void(`int` int4 )) handler)"},
    {"libc.so.6", "time", "time.h", "`time_t` int8(pointer(`time_t` int8) timer)"},
    {"libc.so.6", "nanosleep", "time.h",
     "`int` int4(pointer(const `struct timespec` struct16{0 tv_sec=`time_t` int8 8 tv_nsec=`syscall_slong_t` int8}) "
     "requested_time, pointer(`struct timespec` struct16{0 tv_sec=`time_t` int8 8 tv_nsec=`syscall_slong_t` int8}) remaining)"},
    {"libc.so.6", "getpwnam", "pwd.h",
     "pointer(`struct passwd` struct48{0 pw_name=pointer(`char` char1) 8 pw_passwd=pointer(`char` char1) 16 pw_uid=`uid_t` uint4 "
     "20 pw_gid=`gid_t` uint4 24 pw_gecos=pointer(`char` char1) 32 pw_dir=pointer(`char` char1) 40 pw_shell=pointer(`char` "
     "char1)})(pointer(const `char` char1) name)"},
    {"libc.so.6", "wcslen", "wchar.h", "`size_t` uint8(pointer(const `wchar_t` wide4) s)"},
    {"libc.so.6", "wcstoimax", "inttypes.h",
     "`intmax_t` int8(pointer(const `gwchar_t` wide4) nptr, pointer(pointer(`gwchar_t` wide4)) endptr, `int` int4 base)"},
    /* a transparent union, and a struct of which a call gives a part */
    {"libc.so.6", "bind", "sys/socket.h", "`int` int4(`int` int4 fd, pointer(unknown) addr, `socklen_t` uint4 len)"},
    {"libc.so.6", "sched_setaffinity", "sched.h",
     "`int` int4(`pid_t` int4 pid, `size_t` uint8 cpusetsize, pointer(const `cpu_set_t` struct0-opaque{}) cpuset)"},
    {"libc.so.6", "readdir", "dirent.h",
     "pointer(`struct dirent` struct280{0 d_ino=`ino_t` uint8 8 d_off=`off_t` int8 16 d_reclen=`unsigned short` uint2 "
     "18 d_type=`unsigned char` uchar1 19 d_name=array256(`char` char1)})(pointer(`DIR` struct0-opaque{}) dirp)"},
    /* the same code under other names */
    {"libc.so.6", "__strdup", "string.h", "pointer(`char` char1)(pointer(const `char` char1) s)"},
    {"libc.so.6", "_IO_puts", "stdio.h", "`int` int4(pointer(const `char` char1) s)"},
    /* in libraries of their own before glibc 2.34 */
    {"libpthread.so.0", "pthread_join", "pthread.h", "`int` int4(`pthread_t` uint8 th, pointer(pointer(void)) thread_return)"},
    {"libm.so.6", "pow", "math.h", "`double` float8(`double` float8 x, `double` float8 y)"},
    {"libm.so.6", "sqrtf", "math.h", "`float` float4(`float` float4 x)"},
    {"libm.so.6", "frexpl", "math.h", "`long double` float16(`long double` float16 x, pointer(`int` int4) exponent)"},
    {"libm.so.6", "cexp", "complex.h", "`complex double` complex16(`complex double` complex16 z)"},
    {"libz.so.1", "compress", "zlib.h",
     "`int` int4(pointer(`Bytef` uchar1) dest, pointer(`uLongf` uint8) destLen, pointer(const `Bytef` uchar1) source, `uLong` "
     "uint8 sourceLen)"},
    {"libz.so.1", "crc32", "zlib.h", "`uLong` uint8(`uLong` uint8 crc, pointer(const `Bytef` uchar1) buf, `uInt` uint4 len)"},
    {"libbz2.so.1.0", "BZ2_bzBuffToBuffDecompress", "bzlib.h",
     "`int` int4(pointer(`char` char1) dest, pointer(`unsigned int` uint4) destLen, pointer(`char` char1) source, `unsigned int` "
     "uint4 sourceLen, `int` int4 small, `int` int4 verbosity)"},
    {"liblzma.so.5", "lzma_crc64", "lzma.h",
     "`uint64_t` uint8(pointer(const `uint8_t` uchar1) buf, `size_t` uint8 size, `uint64_t` uint8 crc)"},
    {"liblz4.so.1", "LZ4_compressBound", "lz4.h", "`int` int4(`int` int4 inputSize)"},
    {"libzstd.so.1", "ZSTD_compress", "zstd.h",
     "`size_t` uint8(pointer(void) dst, `size_t` uint8 dstCapacity, pointer(const void) src, `size_t` uint8 srcSize, `int` int4 "
     "compressionLevel)"},
    {"libexpat.so.1", "XML_SetElementHandler", "expat.h",
     "void(`XML_Parser` pointer(`struct XML_ParserStruct` struct0-opaque{}) parser, `XML_StartElementHandler` "
     "pointer(void(pointer(void) , pointer(const `XML_Char` char1) , pointer(pointer(const `XML_Char` char1)) )) start, "
     "`XML_EndElementHandler` pointer(void(pointer(void) , pointer(const `XML_Char` char1) )) end)"},
    {"libsqlite3.so.0", "sqlite3_busy_handler", "sqlite3.h",
     "`int` int4(pointer(`sqlite3` struct0-opaque{}) , pointer(`int` int4(pointer(void) , `int` int4 )) , pointer(void) )"},
    {"libsqlite3.so.0", "sqlite3_column_int64", "sqlite3.h",
     "`sqlite3_int64` int8(pointer(`sqlite3_stmt` struct0-opaque{}) , `int` int4 iCol)"},
    {"libxml2.so.2", "xmlFreeDoc", "libxml/tree.h", NULL},
    {"libcurl.so.4", "curl_easy_setopt", "curl/curl.h", NULL},
    {"libcurl-gnutls.so.4", "curl_easy_init", "curl/curl.h", "pointer(`CURL` void)()"},
    {"libcrypto.so.3", "EVP_MD_CTX_new", "openssl/evp.h", "pointer(`EVP_MD_CTX` struct0-opaque{})()"},
    {"libssl.so.3", "SSL_read", "openssl/ssl.h",
     "`int` int4(pointer(`SSL` struct0-opaque{}) ssl, pointer(void) buf, `int` int4 num)"},
    {"libglib-2.0.so.0", "g_malloc", "glib.h", NULL},
    {"libglib-2.0.so.0", "g_list_append", "glib.h",
     "pointer(`GList` struct24{0 data=`gpointer` pointer(void) 8 next=pointer(`GList` struct24) 16 prev=pointer(`GList` "
     "struct24)})(pointer(`GList` struct24{0 data=`gpointer` pointer(void) 8 next=pointer(`GList` struct24) 16 "
     "prev=pointer(`GList` struct24)}) list, `gpointer` pointer(void) data)"},
    {"libgobject-2.0.so.0", "g_object_unref", "glib-object.h", "void(`gpointer` pointer(void) object)"},
    {"libgio-2.0.so.0", "g_file_get_path", "gio/gio.h", "pointer(`char` char1)(pointer(`GFile` struct0-opaque{}) file)"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct prototype_file file;

static void file_read(void) {
    struct stat status;
    FILE *stream = fopen(PROTOTYPES, "re");
    assert_non_null(stream);
    assert_int_equal(fstat(fileno(stream), &status), 0);
    void *bytes = malloc((size_t)status.st_size); /* lives as long as the test */
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)status.st_size, stream), status.st_size);
    fclose(stream);
    assert_true(prototype_file_open(&file, bytes, (size_t)status.st_size));
}

static void function_is_known(void **state) {
    const struct row *row = *state;
    struct type_words words = {.names = true, .parameters = true, .depth = 1};
    const char *source = "";
    if (!file.library_count)
        file_read();
    uint32_t function = prototype_find(&file, row->soname, row->name, &source);
    assert_int_not_equal(function, 0);
    if (strncmp(source, row->header, strlen(row->header)) != 0 || source[strlen(row->header)] != ' ')
        fail_msg("declared in %s, not in %s", source, row->header);
    if (row->words)
        assert_string_equal(type_words(&words, &file.table, function), row->words);
    free(words.text);
}

int main(void) {
    static struct CMUnitTest tests[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){.name = rows[i].name, .test_func = function_is_known, .initial_state = (void *)&rows[i]};
    return cmocka_run_group_tests_name("declared", tests, NULL, NULL);
}
