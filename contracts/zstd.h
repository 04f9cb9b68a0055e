/* SPDX-License-Identifier: Apache-2.0
 *
 * Zstandard: contexts, streams, dictionaries, the trainer.
 *
 * Where the rules are from: the manual, https://facebook.github.io/zstd/zstd_manual.html, chapters "Simple API" (dstCapacity, compressedSize),
 * "Explicit context" (one context in one thread at a time; what frees which), "Streaming compression" and "Streaming decompression"
 * (ZSTD_inBuffer, ZSTD_outBuffer: size is of the whole), "Bulk processing dictionary API" (dictionaries are copied by ZSTD_createCDict), "Advanced
 * dictionary and prefix API" (a prefix is referenced, for one frame); zdict.h for the trainer.
 *
 * Not said: that a CDict or DDict outlives the contexts that refer to it. It has to outlive their use only, and who lets both go at once may
 * free them in any order. A prefix is held to until the first call that makes use of it, for the same reason.
 */
#ifndef FFISAN_CONTRACTS_ZSTD_H
#define FFISAN_CONTRACTS_ZSTD_H

#include <stddef.h>

#include <ffisan/contract.h>

/* Python wheels carry copies with a hash in their names. */
FFISAN_LIBRARY("libzstd.so.1", "libzstd-????????.so.1*")

typedef struct ZSTD_CCtx_s ZSTD_CCtx;
typedef ZSTD_CCtx ZSTD_CStream;
typedef struct ZSTD_DCtx_s ZSTD_DCtx;
typedef ZSTD_DCtx ZSTD_DStream;
typedef struct ZSTD_CDict_s ZSTD_CDict;
typedef struct ZSTD_DDict_s ZSTD_DDict;
typedef struct ZSTD_CCtx_params_s ZSTD_CCtx_params;
typedef enum { ZSTD_e_continue = 0 } ZSTD_EndDirective;
typedef enum { ZSTD_reset_session_only = 1 } ZSTD_ResetDirective;
typedef enum { ZSTD_c_compressionLevel = 100 } ZSTD_cParameter;
typedef enum { ZSTD_d_windowLogMax = 100 } ZSTD_dParameter;

typedef struct ZSTD_inBuffer_s {
    const void *src FFISAN_IN(size);
    size_t size;
    size_t pos;
} ZSTD_inBuffer;

typedef struct ZSTD_outBuffer_s {
    void *dst FFISAN_OUT(size);
    size_t size;
    size_t pos;
} ZSTD_outBuffer;

/* ZSTD_isError's rule: errors are the topmost values of size_t; ZSTD_error_maxCode is 120, and how many are in use depends on the version. */
#define ZSTD_FAILS FFISAN_FAILS(ret > (size_t)-120, (size_t)-64)
#define NO_MEMORY  FFISAN_FAILS(ret == NULL, NULL)

const char *ZSTD_versionString(void) FFISAN_STATIC;
const char *ZSTD_getErrorName(size_t code) FFISAN_STATIC;

/* ---- in one go ---- */

size_t ZSTD_compress(void *dst FFISAN_OUT(dstCapacity), size_t dstCapacity, const void *src FFISAN_IN(srcSize), size_t srcSize,
                     int compressionLevel) ZSTD_FAILS;
size_t ZSTD_decompress(void *dst FFISAN_OUT(dstCapacity), size_t dstCapacity, const void *src FFISAN_IN(compressedSize),
                       size_t compressedSize) ZSTD_FAILS;
unsigned long long ZSTD_getFrameContentSize(const void *src FFISAN_IN(srcSize), size_t srcSize);
unsigned long long ZSTD_getDecompressedSize(const void *src FFISAN_IN(srcSize), size_t srcSize);
size_t ZSTD_findFrameCompressedSize(const void *src FFISAN_IN(srcSize), size_t srcSize) ZSTD_FAILS;

/* ---- contexts; streams are the same ---- */

ZSTD_CCtx *ZSTD_createCCtx(void) FFISAN_OWNED(ZSTD_freeCCtx, ZSTD_freeCStream) NO_MEMORY;
ZSTD_CStream *ZSTD_createCStream(void) FFISAN_OWNED(ZSTD_freeCStream, ZSTD_freeCCtx) NO_MEMORY;
size_t ZSTD_freeCCtx(ZSTD_CCtx *cctx FFISAN_CONSUMED FFISAN_NULLABLE) ZSTD_FAILS;
size_t ZSTD_freeCStream(ZSTD_CStream *zcs FFISAN_CONSUMED FFISAN_NULLABLE) ZSTD_FAILS;
ZSTD_DCtx *ZSTD_createDCtx(void) FFISAN_OWNED(ZSTD_freeDCtx, ZSTD_freeDStream) NO_MEMORY;
ZSTD_DStream *ZSTD_createDStream(void) FFISAN_OWNED(ZSTD_freeDStream, ZSTD_freeDCtx) NO_MEMORY;
size_t ZSTD_freeDCtx(ZSTD_DCtx *dctx FFISAN_CONSUMED FFISAN_NULLABLE) ZSTD_FAILS;
size_t ZSTD_freeDStream(ZSTD_DStream *zds FFISAN_CONSUMED FFISAN_NULLABLE) ZSTD_FAILS;
size_t ZSTD_sizeof_CCtx(const ZSTD_CCtx *cctx FFISAN_NULLABLE);
size_t ZSTD_sizeof_DCtx(const ZSTD_DCtx *dctx FFISAN_NULLABLE);

size_t ZSTD_compressCCtx(ZSTD_CCtx *cctx, void *dst FFISAN_OUT(dstCapacity), size_t dstCapacity,
                         const void *src FFISAN_IN(srcSize), size_t srcSize, int compressionLevel) FFISAN_SERIAL(cctx) ZSTD_FAILS;
size_t ZSTD_compress2(ZSTD_CCtx *cctx, void *dst FFISAN_OUT(dstCapacity), size_t dstCapacity, const void *src FFISAN_IN(srcSize),
                      size_t srcSize) FFISAN_SERIAL(cctx) ZSTD_FAILS;
size_t ZSTD_decompressDCtx(ZSTD_DCtx *dctx, void *dst FFISAN_OUT(dstCapacity), size_t dstCapacity,
                           const void *src FFISAN_IN(srcSize), size_t srcSize) FFISAN_SERIAL(dctx) ZSTD_FAILS;
size_t ZSTD_CCtx_setParameter(ZSTD_CCtx *cctx, ZSTD_cParameter param, int value) ZSTD_FAILS;
size_t ZSTD_CCtx_setPledgedSrcSize(ZSTD_CCtx *cctx, unsigned long long pledgedSrcSize) ZSTD_FAILS;
size_t ZSTD_CCtx_reset(ZSTD_CCtx *cctx, ZSTD_ResetDirective reset) ZSTD_FAILS;
size_t ZSTD_DCtx_setParameter(ZSTD_DCtx *dctx, ZSTD_dParameter param, int value) ZSTD_FAILS;
size_t ZSTD_DCtx_reset(ZSTD_DCtx *dctx, ZSTD_ResetDirective reset) ZSTD_FAILS;
ZSTD_CCtx_params *ZSTD_createCCtxParams(void) FFISAN_OWNED(ZSTD_freeCCtxParams) NO_MEMORY;
size_t ZSTD_freeCCtxParams(ZSTD_CCtx_params *params FFISAN_CONSUMED FFISAN_NULLABLE);
size_t ZSTD_CCtxParams_setParameter(ZSTD_CCtx_params *params, ZSTD_cParameter param, int value) ZSTD_FAILS;
size_t ZSTD_CCtx_setParametersUsingCCtxParams(ZSTD_CCtx *cctx, const ZSTD_CCtx_params *params) ZSTD_FAILS;

size_t ZSTD_initCStream(ZSTD_CStream *zcs, int compressionLevel) ZSTD_FAILS;
size_t ZSTD_compressStream(ZSTD_CStream *zcs, ZSTD_outBuffer *output, ZSTD_inBuffer *input) FFISAN_SERIAL(zcs) ZSTD_FAILS;
size_t ZSTD_compressStream2(ZSTD_CCtx *cctx, ZSTD_outBuffer *output, ZSTD_inBuffer *input, ZSTD_EndDirective endOp)
    FFISAN_SERIAL(cctx) ZSTD_FAILS;
size_t ZSTD_flushStream(ZSTD_CStream *zcs, ZSTD_outBuffer *output) FFISAN_SERIAL(zcs) ZSTD_FAILS;
size_t ZSTD_endStream(ZSTD_CStream *zcs, ZSTD_outBuffer *output) FFISAN_SERIAL(zcs) ZSTD_FAILS;
size_t ZSTD_initDStream(ZSTD_DStream *zds) ZSTD_FAILS;
size_t ZSTD_decompressStream(ZSTD_DStream *zds, ZSTD_outBuffer *output, ZSTD_inBuffer *input) FFISAN_SERIAL(zds) ZSTD_FAILS;

/* ---- dictionaries ---- */

size_t ZSTD_compress_usingDict(ZSTD_CCtx *ctx, void *dst FFISAN_OUT(dstCapacity), size_t dstCapacity,
                               const void *src FFISAN_IN(srcSize), size_t srcSize, const void *dict FFISAN_IN(dictSize),
                               size_t dictSize, int compressionLevel) FFISAN_SERIAL(ctx) ZSTD_FAILS;
size_t ZSTD_decompress_usingDict(ZSTD_DCtx *dctx, void *dst FFISAN_OUT(dstCapacity), size_t dstCapacity,
                                 const void *src FFISAN_IN(srcSize), size_t srcSize, const void *dict FFISAN_IN(dictSize),
                                 size_t dictSize) FFISAN_SERIAL(dctx) ZSTD_FAILS;
ZSTD_CDict *ZSTD_createCDict(const void *dictBuffer FFISAN_IN(dictSize), size_t dictSize, int compressionLevel)
    FFISAN_OWNED(ZSTD_freeCDict) NO_MEMORY;
ZSTD_CDict *ZSTD_createCDict_byReference(const void *dictBuffer FFISAN_IN(dictSize), size_t dictSize, int compressionLevel)
    FFISAN_OWNED(ZSTD_freeCDict) NO_MEMORY;
size_t ZSTD_freeCDict(ZSTD_CDict *CDict FFISAN_CONSUMED FFISAN_NULLABLE);
size_t ZSTD_compress_usingCDict(ZSTD_CCtx *cctx, void *dst FFISAN_OUT(dstCapacity), size_t dstCapacity,
                                const void *src FFISAN_IN(srcSize), size_t srcSize, const ZSTD_CDict *cdict)
    FFISAN_SERIAL(cctx) ZSTD_FAILS;
ZSTD_DDict *ZSTD_createDDict(const void *dictBuffer FFISAN_IN(dictSize), size_t dictSize) FFISAN_OWNED(ZSTD_freeDDict) NO_MEMORY;
ZSTD_DDict *ZSTD_createDDict_byReference(const void *dictBuffer FFISAN_IN(dictSize), size_t dictSize)
    FFISAN_OWNED(ZSTD_freeDDict) NO_MEMORY;
size_t ZSTD_freeDDict(ZSTD_DDict *ddict FFISAN_CONSUMED FFISAN_NULLABLE);
size_t ZSTD_decompress_usingDDict(ZSTD_DCtx *dctx, void *dst FFISAN_OUT(dstCapacity), size_t dstCapacity,
                                  const void *src FFISAN_IN(srcSize), size_t srcSize, const ZSTD_DDict *ddict)
    FFISAN_SERIAL(dctx) ZSTD_FAILS;
unsigned ZSTD_getDictID_fromDict(const void *dict FFISAN_IN(dictSize), size_t dictSize);
unsigned ZSTD_getDictID_fromCDict(const ZSTD_CDict *cdict);
unsigned ZSTD_getDictID_fromDDict(const ZSTD_DDict *ddict);
unsigned ZSTD_getDictID_fromFrame(const void *src FFISAN_IN(srcSize), size_t srcSize);
size_t ZSTD_sizeof_CDict(const ZSTD_CDict *cdict FFISAN_NULLABLE);
size_t ZSTD_sizeof_DDict(const ZSTD_DDict *ddict FFISAN_NULLABLE);

size_t ZSTD_CCtx_loadDictionary(ZSTD_CCtx *cctx, const void *dict FFISAN_NULLABLE FFISAN_IN(dictSize),
                                size_t dictSize) ZSTD_FAILS;
size_t ZSTD_CCtx_refCDict(ZSTD_CCtx *cctx, const ZSTD_CDict *cdict FFISAN_NULLABLE) ZSTD_FAILS;
size_t ZSTD_CCtx_refPrefix(ZSTD_CCtx *cctx,
                           const void *prefix FFISAN_NULLABLE FFISAN_IN(prefixSize)
                               FFISAN_RETAINED(cctx, ZSTD_CCtx_refPrefix, ZSTD_CCtx_loadDictionary, ZSTD_CCtx_refCDict,
                                               ZSTD_CCtx_reset, ZSTD_compressCCtx, ZSTD_compress2, ZSTD_compressStream,
                                               ZSTD_compressStream2, ZSTD_endStream, ZSTD_flushStream, ZSTD_initCStream,
                                               ZSTD_compress_usingDict, ZSTD_compress_usingCDict, ZSTD_freeCCtx,
                                               ZSTD_freeCStream),
                           size_t prefixSize) ZSTD_FAILS;
size_t ZSTD_DCtx_loadDictionary(ZSTD_DCtx *dctx, const void *dict FFISAN_NULLABLE FFISAN_IN(dictSize),
                                size_t dictSize) ZSTD_FAILS;
size_t ZSTD_DCtx_refDDict(ZSTD_DCtx *dctx, const ZSTD_DDict *ddict FFISAN_NULLABLE) ZSTD_FAILS;
size_t ZSTD_DCtx_refPrefix(ZSTD_DCtx *dctx,
                           const void *prefix FFISAN_NULLABLE FFISAN_IN(prefixSize)
                               FFISAN_RETAINED(dctx, ZSTD_DCtx_refPrefix, ZSTD_DCtx_loadDictionary, ZSTD_DCtx_refDDict,
                                               ZSTD_DCtx_reset, ZSTD_decompressDCtx, ZSTD_decompressStream, ZSTD_initDStream,
                                               ZSTD_decompress_usingDict, ZSTD_decompress_usingDDict, ZSTD_freeDCtx,
                                               ZSTD_freeDStream),
                           size_t prefixSize) ZSTD_FAILS;

/* ---- the trainer; how long the samples are together stands in samplesSizes ---- */

size_t ZDICT_trainFromBuffer(void *dictBuffer FFISAN_OUT(dictBufferCapacity), size_t dictBufferCapacity,
                             const void *samplesBuffer, const size_t *samplesSizes FFISAN_IN_N(nbSamples),
                             unsigned nbSamples) ZSTD_FAILS;
unsigned ZDICT_getDictID(const void *dictBuffer FFISAN_IN(dictSize), size_t dictSize);
const char *ZDICT_getErrorName(size_t errorCode) FFISAN_STATIC;

#endif
