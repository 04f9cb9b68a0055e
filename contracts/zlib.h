/* SPDX-License-Identifier: Apache-2.0
 *
 * zlib: streams, gzip files, one-shot calls, checksums.
 *
 * Where the rules are from: the manual, https://www.zlib.net/manual.html (which is zlib.h): "Basic Functions" for what next_in, avail_in,
 * next_out and avail_out mean; "Advanced Functions" for dictionaries, headers and inflateBack's window; "Utility Functions" for compress;
 * "gzip File Access Functions" for gzFile and gzerror. One stream in one thread at a time: https://www.zlib.net/zlib_faq.html, 21.
 *
 * Not said: that a z_stream must be ended (the leak of its memory says that), that one that was ended is not used again (the library answers
 * Z_STREAM_ERROR), and what the header structures point to (they may go as soon as the header is through).
 */
#ifndef FFISAN_CONTRACTS_ZLIB_H
#define FFISAN_CONTRACTS_ZLIB_H

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

#include <ffisan/contract.h>

/* zlib-ng built to stand in for it has the same name; Python wheels carry copies with a hash in theirs. */
FFISAN_LIBRARY("libz.so.1", "libz-????????.so.1*")

typedef unsigned char Byte, Bytef;
typedef unsigned int uInt;
typedef unsigned long uLong, uLongf;
typedef void *voidp, *voidpf;
typedef const void *voidpc;
typedef size_t z_size_t;
typedef unsigned int z_crc_t;
typedef voidpf (*alloc_func)(voidpf opaque, uInt items, uInt size);
typedef void (*free_func)(voidpf opaque, voidpf address);

struct internal_state;
#define STREAM(reads, writes)                                                                                                    \
    const Bytef *next_in reads;                                                                                                  \
    uInt avail_in;                                                                                                               \
    uLong total_in;                                                                                                              \
    Bytef *next_out writes;                                                                                                      \
    uInt avail_out;                                                                                                              \
    uLong total_out;                                                                                                             \
    const char *msg;                                                                                                             \
    struct internal_state *state;                                                                                                \
    alloc_func zalloc;                                                                                                           \
    free_func zfree;                                                                                                             \
    voidpf opaque;                                                                                                               \
    int data_type;                                                                                                               \
    uLong adler, reserved;
typedef struct z_stream_s {
    STREAM(, )
} z_stream, *z_streamp;
/* The same as it is seen by what works on its two buffers. Elsewhere they may hold anything. */
typedef struct z_stream_at_work {
    STREAM(FFISAN_IN(avail_in), FFISAN_OUT(avail_out))
} * z_stream_at_workp;

typedef struct gz_header_s {
    int text;
    uLong time;
    int xflags, os;
    Bytef *extra;
    uInt extra_len, extra_max;
    Bytef *name;
    uInt name_max;
    Bytef *comment;
    uInt comm_max;
    int hcrc, done;
} gz_header, *gz_headerp;

/* The first three members are open for the sake of a macro; nobody else is to know them. */
typedef struct gzFile_s *gzFile;

#define Z_OK            0
#define Z_STREAM_ERROR  (-2)
#define Z_DATA_ERROR    (-3)
#define Z_MEM_ERROR     (-4)
#define Z_BUF_ERROR     (-5)
#define Z_VERSION_ERROR (-6)

/* Z_BUF_ERROR is no failure: there was nothing to do. */
#define STREAM_FAILS     FFISAN_FAILS(ret < 0 && ret != Z_BUF_ERROR, Z_STREAM_ERROR)
#define FAILS_FOR_MEMORY FFISAN_FAILS(ret != Z_OK, Z_MEM_ERROR)

const char *zlibVersion(void) FFISAN_STATIC;
const char *zError(int err) FFISAN_STATIC;
const z_crc_t *get_crc_table(void) FFISAN_STATIC;

/* ---- streams ---- */

int deflateInit_(z_streamp strm, int level, const char *version FFISAN_CSTRING, int stream_size) FAILS_FOR_MEMORY;
int deflateInit2_(z_streamp strm, int level, int method, int windowBits, int memLevel, int strategy,
                  const char *version FFISAN_CSTRING, int stream_size) FAILS_FOR_MEMORY;
int deflate(z_stream_at_workp strm, int flush) FFISAN_SERIAL(strm) STREAM_FAILS;
int deflateEnd(z_streamp strm) FFISAN_SERIAL(strm);
int deflateCopy(z_streamp dest, z_streamp source) FFISAN_SERIAL(source) FAILS_FOR_MEMORY;
int deflateReset(z_streamp strm) FFISAN_SERIAL(strm) FFISAN_FAILS(ret != Z_OK, Z_STREAM_ERROR);
int deflateSetDictionary(z_streamp strm, const Bytef *dictionary FFISAN_IN(dictLength), uInt dictLength) FFISAN_SERIAL(strm)
    FFISAN_FAILS(ret != Z_OK, Z_STREAM_ERROR);
int deflateSetHeader(z_streamp strm, gz_headerp head FFISAN_RETAINED(strm, deflateSetHeader, deflate, deflateParams, deflateReset,
                                                                     deflateEnd)) FFISAN_FAILS(ret != Z_OK, Z_STREAM_ERROR);
int deflateParams(z_streamp strm, int level, int strategy) FFISAN_SERIAL(strm) STREAM_FAILS;

int inflateInit_(z_streamp strm, const char *version FFISAN_CSTRING, int stream_size) FAILS_FOR_MEMORY;
int inflateInit2_(z_streamp strm, int windowBits, const char *version FFISAN_CSTRING, int stream_size) FAILS_FOR_MEMORY;
int inflate(z_stream_at_workp strm, int flush) FFISAN_SERIAL(strm) STREAM_FAILS;
int inflateEnd(z_streamp strm) FFISAN_SERIAL(strm);
int inflateCopy(z_streamp dest, z_streamp source) FFISAN_SERIAL(source) FAILS_FOR_MEMORY;
int inflateReset(z_streamp strm) FFISAN_SERIAL(strm) FFISAN_FAILS(ret != Z_OK, Z_STREAM_ERROR);
int inflateReset2(z_streamp strm, int windowBits) FFISAN_SERIAL(strm) FFISAN_FAILS(ret != Z_OK, Z_STREAM_ERROR);
int inflateSetDictionary(z_streamp strm, const Bytef *dictionary FFISAN_IN(dictLength), uInt dictLength) FFISAN_SERIAL(strm)
    FFISAN_FAILS(ret != Z_OK, Z_DATA_ERROR);
int inflateGetHeader(z_streamp strm, gz_headerp head FFISAN_RETAINED(strm, inflateGetHeader, inflate, inflateReset, inflateReset2,
                                                                     inflateEnd)) FFISAN_FAILS(ret != Z_OK, Z_STREAM_ERROR);

/* The window is the caller's, and the stream's for as long as that is open. */
int inflateBackInit_(z_streamp strm, int windowBits,
                     unsigned char *window FFISAN_RETAINED(strm, inflateBackEnd, inflateBackInit_)
                         FFISAN_WHEN(windowBits >= 8 && windowBits <= 15, FFISAN_OUT(1u << windowBits)),
                     const char *version FFISAN_CSTRING, int stream_size) FAILS_FOR_MEMORY;
int inflateBackEnd(z_streamp strm) FFISAN_SERIAL(strm);

/* ---- in one go ---- */

int compress(Bytef *dest FFISAN_OUT(*destLen), uLongf *destLen FFISAN_NONNULL FFISAN_INOUT(sizeof(uLongf)),
             const Bytef *source FFISAN_IN(sourceLen), uLong sourceLen) FFISAN_FAILS(ret != Z_OK, Z_BUF_ERROR);
int compress2(Bytef *dest FFISAN_OUT(*destLen), uLongf *destLen FFISAN_NONNULL FFISAN_INOUT(sizeof(uLongf)),
              const Bytef *source FFISAN_IN(sourceLen), uLong sourceLen, int level) FFISAN_FAILS(ret != Z_OK, Z_BUF_ERROR);
int uncompress(Bytef *dest FFISAN_OUT(*destLen), uLongf *destLen FFISAN_NONNULL FFISAN_INOUT(sizeof(uLongf)),
               const Bytef *source FFISAN_IN(sourceLen), uLong sourceLen) FFISAN_FAILS(ret != Z_OK, Z_DATA_ERROR);
int uncompress2(Bytef *dest FFISAN_OUT(*destLen), uLongf *destLen FFISAN_NONNULL FFISAN_INOUT(sizeof(uLongf)),
                const Bytef *source FFISAN_IN(*sourceLen), uLong *sourceLen FFISAN_NONNULL FFISAN_INOUT(sizeof(uLong)))
    FFISAN_FAILS(ret != Z_OK, Z_DATA_ERROR);

/* buf NULL asks for the initial value, whatever len is. */
uLong adler32(uLong adler, const Bytef *buf FFISAN_NULLABLE FFISAN_WHEN(buf != NULL, FFISAN_IN(len)), uInt len);
uLong adler32_z(uLong adler, const Bytef *buf FFISAN_NULLABLE FFISAN_WHEN(buf != NULL, FFISAN_IN(len)), z_size_t len);
uLong crc32(uLong crc, const Bytef *buf FFISAN_NULLABLE FFISAN_WHEN(buf != NULL, FFISAN_IN(len)), uInt len);
uLong crc32_z(uLong crc, const Bytef *buf FFISAN_NULLABLE FFISAN_WHEN(buf != NULL, FFISAN_IN(len)), z_size_t len);

/* ---- gzip files ---- */

gzFile gzopen(const char *path FFISAN_CSTRING, const char *mode FFISAN_CSTRING) FFISAN_OWNED(gzclose, gzclose_r, gzclose_w)
    FFISAN_FAILS(ret == NULL, NULL, ENOENT, ENOMEM);
gzFile gzopen64(const char *path FFISAN_CSTRING, const char *mode FFISAN_CSTRING) FFISAN_OWNED(gzclose, gzclose_r, gzclose_w)
    FFISAN_FAILS(ret == NULL, NULL, ENOENT, ENOMEM);
gzFile gzdopen(int fd, const char *mode FFISAN_CSTRING) FFISAN_OWNED(gzclose, gzclose_r, gzclose_w)
    FFISAN_FAILS(ret == NULL, NULL, ENOMEM);
int gzbuffer(gzFile file, unsigned size);
int gzsetparams(gzFile file, int level, int strategy) FFISAN_SERIAL(file);
int gzread(gzFile file, voidp buf FFISAN_OUT(len), unsigned len) FFISAN_SERIAL(file) FFISAN_FAILS(ret < 0, -1, EIO);
z_size_t gzfread(voidp buf FFISAN_OUT(size *nitems), z_size_t size, z_size_t nitems, gzFile file) FFISAN_SERIAL(file);
int gzwrite(gzFile file, voidpc buf FFISAN_IN(len), unsigned len) FFISAN_SERIAL(file) FFISAN_FAILS(ret == 0 && len != 0, 0, EIO);
z_size_t gzfwrite(voidpc buf FFISAN_IN(size *nitems), z_size_t size, z_size_t nitems, gzFile file) FFISAN_SERIAL(file);
int gzprintf(gzFile file, const char *format FFISAN_CSTRING, ...) FFISAN_SERIAL(file);
int gzvprintf(gzFile file, const char *format FFISAN_CSTRING, va_list va) FFISAN_SERIAL(file);
int gzputs(gzFile file, const char *s FFISAN_CSTRING) FFISAN_SERIAL(file) FFISAN_FAILS(ret < 0, -1, EIO);
char *gzgets(gzFile file, char *buf FFISAN_WHEN(len > 0, FFISAN_OUT(len)), int len) FFISAN_SERIAL(file);
int gzputc(gzFile file, int c) FFISAN_SERIAL(file) FFISAN_FAILS(ret < 0, -1, EIO);
int gzgetc(gzFile file) FFISAN_SERIAL(file);
int gzungetc(int c, gzFile file) FFISAN_SERIAL(file);
int gzflush(gzFile file, int flush) FFISAN_SERIAL(file);
off_t gzseek(gzFile file, off_t offset, int whence) FFISAN_SERIAL(file);
off_t gztell(gzFile file);
off_t gzoffset(gzFile file);
int gzrewind(gzFile file) FFISAN_SERIAL(file);
int gzeof(gzFile file);
int gzdirect(gzFile file);
/* They close it whatever they answer. */
int gzclose(gzFile file FFISAN_CONSUMED) FFISAN_SERIAL(file);
int gzclose_r(gzFile file FFISAN_CONSUMED) FFISAN_SERIAL(file);
int gzclose_w(gzFile file FFISAN_CONSUMED) FFISAN_SERIAL(file);
const char *gzerror(gzFile file, int *errnum FFISAN_NULLABLE) FFISAN_BORROWED(file, gzerror);
void gzclearerr(gzFile file);

#endif
