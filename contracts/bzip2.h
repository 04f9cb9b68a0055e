/* SPDX-License-Identifier: Apache-2.0
 *
 * libbzip2: streams, files over stdio, one-shot calls.
 *
 * Where the rules are from: the manual, https://sourceware.org/bzip2/manual/manual.html, chapter 3: 3.3 (low-level: next_in and its like, and
 * whom the stream's memory belongs to), 3.4 (BZ2_bzReadOpen: `unused`, nUnused up to BZ_MAX_UNUSED; BZ2_bzReadGetUnused: the pointer leads
 * into the file's own buffer; after BZ2_bzReadClose it is gone), 3.5 (utility functions: 3.5.1 and 3.5.2 on *destLen).
 *
 * Not said: that a bz_stream must be ended (the leak of its memory says that); that FILE must stay open (the low-level calls do not ask).
 */
#ifndef FFISAN_CONTRACTS_BZIP2_H
#define FFISAN_CONTRACTS_BZIP2_H

#include <stddef.h>

#include <ffisan/contract.h>

/* Debian and bzip2's own Makefile say 1.0, Fedora and SUSE 1. Python wheels carry copies with a hash in their names. */
FFISAN_LIBRARY("libbz2.so.1", "libbz2.so.1.0", "libbz2-????????.so.1*")

typedef struct _IO_FILE FILE;
typedef void BZFILE;
#define STREAM(reads, writes)                                                                                                    \
    char *next_in reads;                                                                                                         \
    unsigned int avail_in, total_in_lo32, total_in_hi32;                                                                         \
    char *next_out writes;                                                                                                       \
    unsigned int avail_out, total_out_lo32, total_out_hi32;                                                                      \
    void *state;                                                                                                                 \
    void *(*bzalloc)(void *opaque, int items, int size);                                                                         \
    void (*bzfree)(void *opaque, void *address);                                                                                 \
    void *opaque;
typedef struct {
    STREAM(, )
} bz_stream;
/* The same as it is seen by what works on its two buffers. Elsewhere they may hold anything. */
typedef struct {
    STREAM(FFISAN_IN(avail_in), FFISAN_OUT(avail_out))
} bz_stream_at_work;

#define BZ_OK             0
#define BZ_SEQUENCE_ERROR (-1)
#define BZ_MEM_ERROR      (-3)
#define BZ_DATA_ERROR     (-4)
#define BZ_IO_ERROR       (-6)
#define BZ_OUTBUFF_FULL   (-8)
#define BZ_MAX_UNUSED     5000

const char *BZ2_bzlibVersion(void) FFISAN_STATIC;

/* ---- streams ---- */

int BZ2_bzCompressInit(bz_stream *strm, int blockSize100k, int verbosity, int workFactor)
    FFISAN_FAILS(ret != BZ_OK, BZ_MEM_ERROR);
int BZ2_bzCompress(bz_stream_at_work *strm, int action) FFISAN_SERIAL(strm) FFISAN_FAILS(ret < 0, BZ_SEQUENCE_ERROR);
int BZ2_bzCompressEnd(bz_stream *strm) FFISAN_SERIAL(strm);
/* `small` is a word of its own under Windows; the name says the same. */
int BZ2_bzDecompressInit(bz_stream *strm, int verbosity, int small) FFISAN_FAILS(ret != BZ_OK, BZ_MEM_ERROR);
int BZ2_bzDecompress(bz_stream_at_work *strm) FFISAN_SERIAL(strm) FFISAN_FAILS(ret < 0, BZ_DATA_ERROR);
int BZ2_bzDecompressEnd(bz_stream *strm) FFISAN_SERIAL(strm);

/* ---- in one go ---- */

int BZ2_bzBuffToBuffCompress(char *dest FFISAN_OUT(*destLen), unsigned int *destLen FFISAN_INOUT(sizeof(unsigned int)),
                             char *source FFISAN_IN(sourceLen), unsigned int sourceLen, int blockSize100k, int verbosity,
                             int workFactor) FFISAN_FAILS(ret != BZ_OK, BZ_OUTBUFF_FULL);
int BZ2_bzBuffToBuffDecompress(char *dest FFISAN_OUT(*destLen), unsigned int *destLen FFISAN_INOUT(sizeof(unsigned int)),
                               char *source FFISAN_IN(sourceLen), unsigned int sourceLen, int small, int verbosity)
    FFISAN_FAILS(ret != BZ_OK, BZ_DATA_ERROR);

/* ---- files over stdio ---- */

/* `unused` is copied. */
BZFILE *BZ2_bzReadOpen(int *bzerror, FILE *f, int verbosity, int small,
                       void *unused FFISAN_NULLABLE FFISAN_WHEN(nUnused > 0 && nUnused <= BZ_MAX_UNUSED, FFISAN_IN(nUnused)),
                       int nUnused) FFISAN_HANDLE(BZFILE) FFISAN_OWNED(BZ2_bzReadClose) FFISAN_FAILS(ret == NULL, NULL);
void BZ2_bzReadClose(int *bzerror, BZFILE *b FFISAN_HANDLE(BZFILE) FFISAN_CONSUMED FFISAN_NULLABLE);
void BZ2_bzReadGetUnused(int *bzerror, BZFILE *b FFISAN_HANDLE(BZFILE), void **unused FFISAN_BORROWED(b, BZ2_bzRead),
                         int *nUnused);
int BZ2_bzRead(int *bzerror, BZFILE *b FFISAN_HANDLE(BZFILE), void *buf FFISAN_WHEN(len > 0, FFISAN_OUT(len)), int len)
    FFISAN_SERIAL(b);
BZFILE *BZ2_bzWriteOpen(int *bzerror, FILE *f, int blockSize100k, int verbosity, int workFactor) FFISAN_HANDLE(BZFILE)
    FFISAN_OWNED(BZ2_bzWriteClose, BZ2_bzWriteClose64) FFISAN_FAILS(ret == NULL, NULL);
void BZ2_bzWrite(int *bzerror, BZFILE *b FFISAN_HANDLE(BZFILE), void *buf FFISAN_WHEN(len > 0, FFISAN_IN(len)), int len)
    FFISAN_SERIAL(b);

/* They leave the file open when writing its end fails. Who asks for no error number is believed to have closed it. */
#define CLOSED_UNLESS_IO_ERROR FFISAN_WHEN(bzerror == NULL || *bzerror == BZ_OK, FFISAN_CONSUMED)
void BZ2_bzWriteClose(int *bzerror FFISAN_OUT(sizeof(int)),
                      BZFILE *b FFISAN_HANDLE(BZFILE) FFISAN_NULLABLE CLOSED_UNLESS_IO_ERROR, int abandon,
                      unsigned int *nbytes_in FFISAN_NULLABLE, unsigned int *nbytes_out FFISAN_NULLABLE);
void BZ2_bzWriteClose64(int *bzerror FFISAN_OUT(sizeof(int)),
                        BZFILE *b FFISAN_HANDLE(BZFILE) FFISAN_NULLABLE CLOSED_UNLESS_IO_ERROR, int abandon,
                        unsigned int *nbytes_in_lo32 FFISAN_NULLABLE, unsigned int *nbytes_in_hi32 FFISAN_NULLABLE,
                        unsigned int *nbytes_out_lo32 FFISAN_NULLABLE, unsigned int *nbytes_out_hi32 FFISAN_NULLABLE);

/* ---- as zlib's gzip files ---- */

BZFILE *BZ2_bzopen(const char *path FFISAN_CSTRING, const char *mode FFISAN_CSTRING) FFISAN_HANDLE(BZFILE)
    FFISAN_OWNED(BZ2_bzclose) FFISAN_FAILS(ret == NULL, NULL);
BZFILE *BZ2_bzdopen(int fd, const char *mode FFISAN_CSTRING) FFISAN_HANDLE(BZFILE) FFISAN_OWNED(BZ2_bzclose)
    FFISAN_FAILS(ret == NULL, NULL);
int BZ2_bzread(BZFILE *b FFISAN_HANDLE(BZFILE), void *buf FFISAN_WHEN(len > 0, FFISAN_OUT(len)), int len) FFISAN_SERIAL(b)
    FFISAN_FAILS(ret < 0, -1);
int BZ2_bzwrite(BZFILE *b FFISAN_HANDLE(BZFILE), void *buf FFISAN_WHEN(len > 0, FFISAN_IN(len)), int len) FFISAN_SERIAL(b)
    FFISAN_FAILS(ret < 0, -1);
int BZ2_bzflush(BZFILE *b FFISAN_HANDLE(BZFILE));
void BZ2_bzclose(BZFILE *b FFISAN_HANDLE(BZFILE) FFISAN_CONSUMED FFISAN_NULLABLE);
const char *BZ2_bzerror(BZFILE *b FFISAN_HANDLE(BZFILE), int *errnum) FFISAN_STATIC;

#endif
