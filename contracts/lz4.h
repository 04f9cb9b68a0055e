/* SPDX-License-Identifier: Apache-2.0
 *
 * LZ4: blocks, streams of blocks, frames.
 *
 * Where the rules are from: lz4.h, lz4hc.h and lz4frame.h, https://github.com/lz4/lz4/tree/dev/lib: "Simple Functions" and "Advanced Functions"
 * (what srcSize and dstCapacity mean), "Streaming Compression Functions" (LZ4_loadDict and LZ4_setStreamDecode: the dictionary stays where it is
 * until it has been used), LZ4F_isError (which values are errors), LZ4F_decompress (*dstSizePtr and *srcSizePtr).
 *
 * A block of a stream is held to until the next one is worked on, which may look back into it. Not said: how much
 * LZ4_decompress_fast reads. Negative sizes are answered with an error, and say nothing of a buffer.
 */
#ifndef FFISAN_CONTRACTS_LZ4_H
#define FFISAN_CONTRACTS_LZ4_H

#include <stddef.h>

#include <ffisan/contract.h>

/* Python wheels carry copies with a hash in their names. */
FFISAN_LIBRARY("liblz4.so.1", "liblz4-????????.so.1*")

/* They may lie anywhere when LZ4_initStream has made them; those that LZ4_createStream made are given back. */
typedef union LZ4_stream_u LZ4_stream_t;
typedef union LZ4_streamHC_u LZ4_streamHC_t;
typedef union LZ4_streamDecode_u LZ4_streamDecode_t;

#define IN_SIZED(size)  FFISAN_WHEN(size > 0, FFISAN_IN(size))
#define OUT_SIZED(size) FFISAN_WHEN(size > 0, FFISAN_OUT(size))

const char *LZ4_versionString(void) FFISAN_STATIC;

/* ---- blocks ---- */

int LZ4_compress_default(const char *src IN_SIZED(srcSize), char *dst OUT_SIZED(dstCapacity), int srcSize, int dstCapacity)
    FFISAN_FAILS(ret <= 0, 0);
int LZ4_compress_fast(const char *src IN_SIZED(srcSize), char *dst OUT_SIZED(dstCapacity), int srcSize, int dstCapacity,
                      int acceleration) FFISAN_FAILS(ret <= 0, 0);
int LZ4_compress_fast_extState(void *state, const char *src IN_SIZED(srcSize), char *dst OUT_SIZED(dstCapacity), int srcSize,
                               int dstCapacity, int acceleration) FFISAN_FAILS(ret <= 0, 0);
int LZ4_compress_destSize(const char *src IN_SIZED(*srcSizePtr), char *dst OUT_SIZED(targetDstSize),
                          int *srcSizePtr FFISAN_INOUT(sizeof(int)), int targetDstSize) FFISAN_FAILS(ret <= 0, 0);
int LZ4_compress_HC(const char *src IN_SIZED(srcSize), char *dst OUT_SIZED(dstCapacity), int srcSize, int dstCapacity,
                    int compressionLevel) FFISAN_FAILS(ret <= 0, 0);
int LZ4_compress_HC_extStateHC(void *stateHC, const char *src IN_SIZED(srcSize), char *dst OUT_SIZED(maxDstSize), int srcSize,
                               int maxDstSize, int compressionLevel) FFISAN_FAILS(ret <= 0, 0);
int LZ4_decompress_safe(const char *src IN_SIZED(compressedSize), char *dst OUT_SIZED(dstCapacity), int compressedSize,
                        int dstCapacity) FFISAN_FAILS(ret < 0, -1);
int LZ4_decompress_safe_partial(const char *src IN_SIZED(srcSize), char *dst OUT_SIZED(dstCapacity), int srcSize,
                                int targetOutputSize, int dstCapacity) FFISAN_FAILS(ret < 0, -1);
int LZ4_decompress_safe_usingDict(const char *src IN_SIZED(srcSize), char *dst OUT_SIZED(dstCapacity), int srcSize,
                                  int dstCapacity, const char *dictStart IN_SIZED(dictSize), int dictSize)
    FFISAN_FAILS(ret < 0, -1);

/* ---- streams of blocks ---- */

LZ4_stream_t *LZ4_createStream(void) FFISAN_HANDLE(LZ4_stream_t) FFISAN_OWNED(LZ4_freeStream) FFISAN_FAILS(ret == NULL, NULL);
int LZ4_freeStream(LZ4_stream_t *streamPtr FFISAN_HANDLE(LZ4_stream_t) FFISAN_CONSUMED FFISAN_NULLABLE);
void LZ4_resetStream(LZ4_stream_t *streamPtr FFISAN_HANDLE(LZ4_stream_t));
void LZ4_resetStream_fast(LZ4_stream_t *streamPtr FFISAN_HANDLE(LZ4_stream_t));
/* Only the last 64 KiB count; of a longer one the beginning is not asked for again. */
int LZ4_loadDict(LZ4_stream_t *streamPtr FFISAN_HANDLE(LZ4_stream_t),
                 const char *dictionary IN_SIZED(dictSize)
                     FFISAN_NULLABLE FFISAN_RETAINED(streamPtr, LZ4_loadDict, LZ4_compress_fast_continue, LZ4_saveDict,
                                                     LZ4_resetStream, LZ4_resetStream_fast, LZ4_freeStream),
                 int dictSize);
int LZ4_compress_fast_continue(LZ4_stream_t *streamPtr FFISAN_HANDLE(LZ4_stream_t),
                               const char *src IN_SIZED(srcSize)
                                   FFISAN_RETAINED(streamPtr, LZ4_compress_fast_continue, LZ4_loadDict, LZ4_saveDict,
                                                   LZ4_resetStream, LZ4_resetStream_fast, LZ4_freeStream),
                               char *dst OUT_SIZED(dstCapacity), int srcSize, int dstCapacity, int acceleration)
    FFISAN_FAILS(ret <= 0, 0);
int LZ4_saveDict(LZ4_stream_t *streamPtr FFISAN_HANDLE(LZ4_stream_t), char *safeBuffer, int maxDictSize);

LZ4_streamHC_t *LZ4_createStreamHC(void) FFISAN_HANDLE(LZ4_streamHC_t) FFISAN_OWNED(LZ4_freeStreamHC)
    FFISAN_FAILS(ret == NULL, NULL);
int LZ4_freeStreamHC(LZ4_streamHC_t *streamHCPtr FFISAN_HANDLE(LZ4_streamHC_t) FFISAN_CONSUMED FFISAN_NULLABLE);
void LZ4_resetStreamHC(LZ4_streamHC_t *streamHCPtr FFISAN_HANDLE(LZ4_streamHC_t), int compressionLevel);
void LZ4_resetStreamHC_fast(LZ4_streamHC_t *streamHCPtr FFISAN_HANDLE(LZ4_streamHC_t), int compressionLevel);
int LZ4_loadDictHC(LZ4_streamHC_t *streamHCPtr FFISAN_HANDLE(LZ4_streamHC_t),
                   const char *dictionary IN_SIZED(dictSize)
                       FFISAN_NULLABLE FFISAN_RETAINED(streamHCPtr, LZ4_loadDictHC, LZ4_compress_HC_continue, LZ4_saveDictHC,
                                                       LZ4_resetStreamHC, LZ4_resetStreamHC_fast, LZ4_freeStreamHC),
                   int dictSize);
int LZ4_compress_HC_continue(LZ4_streamHC_t *streamHCPtr FFISAN_HANDLE(LZ4_streamHC_t),
                             const char *src IN_SIZED(srcSize)
                                 FFISAN_RETAINED(streamHCPtr, LZ4_compress_HC_continue, LZ4_loadDictHC, LZ4_saveDictHC,
                                                 LZ4_resetStreamHC, LZ4_resetStreamHC_fast, LZ4_freeStreamHC),
                             char *dst OUT_SIZED(maxDstSize), int srcSize, int maxDstSize) FFISAN_FAILS(ret <= 0, 0);
int LZ4_saveDictHC(LZ4_streamHC_t *streamHCPtr FFISAN_HANDLE(LZ4_streamHC_t), char *safeBuffer, int maxDictSize);

LZ4_streamDecode_t *LZ4_createStreamDecode(void) FFISAN_HANDLE(LZ4_streamDecode_t) FFISAN_OWNED(LZ4_freeStreamDecode)
    FFISAN_FAILS(ret == NULL, NULL);
int LZ4_freeStreamDecode(LZ4_streamDecode_t *LZ4_stream FFISAN_HANDLE(LZ4_streamDecode_t) FFISAN_CONSUMED FFISAN_NULLABLE);
int LZ4_setStreamDecode(LZ4_streamDecode_t *LZ4_streamDecode FFISAN_HANDLE(LZ4_streamDecode_t),
                        const char *dictionary IN_SIZED(dictSize)
                            FFISAN_NULLABLE FFISAN_RETAINED(LZ4_streamDecode, LZ4_setStreamDecode, LZ4_decompress_safe_continue,
                                                            LZ4_freeStreamDecode),
                        int dictSize);
int LZ4_decompress_safe_continue(LZ4_streamDecode_t *LZ4_streamDecode FFISAN_HANDLE(LZ4_streamDecode_t),
                                 const char *src IN_SIZED(srcSize),
                                 char *dst OUT_SIZED(dstCapacity) FFISAN_RETAINED(LZ4_streamDecode, LZ4_decompress_safe_continue,
                                                                                  LZ4_setStreamDecode, LZ4_freeStreamDecode),
                                 int srcSize, int dstCapacity) FFISAN_FAILS(ret < 0, -1);

/* ---- frames ---- */

typedef size_t LZ4F_errorCode_t;
typedef struct LZ4F_cctx_s LZ4F_cctx;
typedef struct LZ4F_dctx_s LZ4F_dctx;
typedef struct {
    int blockSizeID, blockMode, contentChecksumFlag, frameType;
    unsigned long long contentSize;
    unsigned dictID;
    int blockChecksumFlag;
} LZ4F_frameInfo_t;
typedef struct {
    LZ4F_frameInfo_t frameInfo;
    int compressionLevel;
    unsigned autoFlush, favorDecSpeed, reserved[3];
} LZ4F_preferences_t;
typedef struct {
    unsigned stableSrc, reserved[3];
} LZ4F_compressOptions_t;
typedef struct {
    unsigned stableDst, skipChecksums, reserved1, reserved0;
} LZ4F_decompressOptions_t;

/* Errors are the topmost values of size_t; how many there are depends on the version, no size comes near. */
#define LZ4F_FAILS FFISAN_FAILS(ret > (size_t)-256, (size_t)-1)

const char *LZ4F_getErrorName(LZ4F_errorCode_t code) FFISAN_STATIC;
size_t LZ4F_compressFrame(void *dstBuffer FFISAN_OUT(dstCapacity), size_t dstCapacity, const void *srcBuffer FFISAN_IN(srcSize),
                          size_t srcSize, const LZ4F_preferences_t *preferencesPtr FFISAN_NULLABLE) LZ4F_FAILS;
LZ4F_errorCode_t LZ4F_createCompressionContext(LZ4F_cctx **cctxPtr FFISAN_OUT_OWNED(LZ4F_freeCompressionContext),
                                               unsigned version) LZ4F_FAILS;
LZ4F_errorCode_t LZ4F_freeCompressionContext(LZ4F_cctx *cctx FFISAN_CONSUMED FFISAN_NULLABLE);
size_t LZ4F_compressBegin(LZ4F_cctx *cctx, void *dstBuffer FFISAN_OUT(dstCapacity), size_t dstCapacity,
                          const LZ4F_preferences_t *prefsPtr FFISAN_NULLABLE) LZ4F_FAILS;
size_t
LZ4F_compressUpdate(LZ4F_cctx *cctx, void *dstBuffer FFISAN_OUT(dstCapacity), size_t dstCapacity,
                    const void *srcBuffer FFISAN_IN(srcSize)
                        FFISAN_WHEN(cOptPtr != NULL && cOptPtr->stableSrc,
                                    FFISAN_RETAINED(cctx, LZ4F_compressUpdate, LZ4F_flush, LZ4F_compressEnd, LZ4F_compressBegin)),
                    size_t srcSize, const LZ4F_compressOptions_t *cOptPtr FFISAN_NULLABLE) LZ4F_FAILS;
size_t LZ4F_flush(LZ4F_cctx *cctx, void *dstBuffer FFISAN_OUT(dstCapacity), size_t dstCapacity,
                  const LZ4F_compressOptions_t *cOptPtr FFISAN_NULLABLE) LZ4F_FAILS;
size_t LZ4F_compressEnd(LZ4F_cctx *cctx, void *dstBuffer FFISAN_OUT(dstCapacity), size_t dstCapacity,
                        const LZ4F_compressOptions_t *cOptPtr FFISAN_NULLABLE) LZ4F_FAILS;
LZ4F_errorCode_t LZ4F_createDecompressionContext(LZ4F_dctx **dctxPtr FFISAN_OUT_OWNED(LZ4F_freeDecompressionContext),
                                                 unsigned version) LZ4F_FAILS;
/* What it answers is how far the frame had come: no error. */
LZ4F_errorCode_t LZ4F_freeDecompressionContext(LZ4F_dctx *dctx FFISAN_CONSUMED FFISAN_NULLABLE);
void LZ4F_resetDecompressionContext(LZ4F_dctx *dctx);
size_t LZ4F_headerSize(const void *src FFISAN_IN(srcSize), size_t srcSize) LZ4F_FAILS;
size_t LZ4F_getFrameInfo(LZ4F_dctx *dctx, LZ4F_frameInfo_t *frameInfoPtr FFISAN_OUT(sizeof(LZ4F_frameInfo_t)),
                         const void *srcBuffer FFISAN_IN(*srcSizePtr),
                         size_t *srcSizePtr FFISAN_INOUT(sizeof(size_t))) LZ4F_FAILS;
size_t LZ4F_decompress(LZ4F_dctx *dctx,
                       void *dstBuffer FFISAN_OUT(*dstSizePtr)
                           FFISAN_WHEN(dOptPtr != NULL && dOptPtr->stableDst,
                                       FFISAN_RETAINED(dctx, LZ4F_decompress, LZ4F_resetDecompressionContext)),
                       size_t *dstSizePtr FFISAN_INOUT(sizeof(size_t)), const void *srcBuffer FFISAN_IN(*srcSizePtr),
                       size_t *srcSizePtr FFISAN_INOUT(sizeof(size_t)),
                       const LZ4F_decompressOptions_t *dOptPtr FFISAN_NULLABLE) LZ4F_FAILS;

#endif
