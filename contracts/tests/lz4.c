/* SPDX-License-Identifier: Apache-2.0
 *
 * LZ4, right and wrong.
 */
#include <lz4.h>
#include <lz4frame.h>
#include <lz4hc.h>

#include "cases.h"

/* ---- blocks ---- */

static void pack(int length, int room) {
    char *source = block_of(64, 'a'), *dest = block_of(128, 0);
    LZ4_compress_default(source, dest, length, room);
    free(source);
    free(dest);
}
RIGHT(pack_what_is_there) {
    pack(64, 128);
}
WRONG(pack_more_than_is_there, "buffer-too-small", "LZ4_compress_default") {
    pack(80, 128);
}
WRONG(pack_into_less_than_said, "buffer-too-small", "LZ4_compress_default") {
    pack(64, 4096);
}
RIGHT(sizes_that_are_none) {
    char *source = block_of(16, 'a'), *dest = block_of(16, 0);
    LZ4_decompress_safe(source, dest, 16, -1);
    LZ4_decompress_safe(source, dest, -1, 16);
    free(source);
    free(dest);
}

/* ---- streams of blocks ---- */

RIGHT(dictionary_until_it_is_used) {
    char *dictionary = block_of(64, 'd'), packed[128];
    LZ4_stream_t *stream = LZ4_createStream();
    LZ4_loadDict(stream, dictionary, 64);
    LZ4_compress_fast_continue(stream, "greeting", packed, 8, sizeof(packed), 1);
    free(dictionary);
    LZ4_freeStream(stream);
}
/* Each block is the next one's dictionary; nobody knows which is the last. */
RIGHT(blocks_freed_one_after_the_other) {
    char packed[128], *first = block_of(64, 'a'), *second = block_of(64, 'a');
    LZ4_stream_t *stream = LZ4_createStream();
    LZ4_compress_fast_continue(stream, first, packed, 64, sizeof(packed), 1);
    LZ4_compress_fast_continue(stream, second, packed, 64, sizeof(packed), 1);
    free(first);
    LZ4_saveDict(stream, packed, 32);
    free(second);
    LZ4_freeStream(stream);
}
/* As python-lz4 does: nobody says that such a stream is over, and the next one has its address. */
static void pack_on_the_stack(char filled) {
    LZ4_stream_t stream;
    LZ4_streamHC_t slow;
    char packed[128], *source = block_of(64, filled);
    LZ4_resetStream(&stream);
    LZ4_compress_fast_continue(&stream, source, packed, 64, sizeof(packed), 1);
    LZ4_resetStreamHC(&slow, 9);
    LZ4_compress_HC_continue(&slow, source, packed, 64, sizeof(packed));
    free(source);
}
RIGHT(streams_on_the_stack_one_after_the_other) {
    pack_on_the_stack('a');
    pack_on_the_stack('b');
}
RIGHT(stream_on_the_stack) {
    LZ4_stream_t stream;
    char packed[128];
    LZ4_initStream(&stream, sizeof(stream));
    LZ4_compress_fast_continue(&stream, "greeting", packed, 8, sizeof(packed), 1);
    LZ4_resetStream_fast(&stream);
}
WRONG(stream_after_its_end, "use-after-close", "LZ4_resetStream_fast") {
    LZ4_stream_t *stream = LZ4_createStream();
    LZ4_freeStream(stream);
    LZ4_resetStream_fast(stream);
}
WRONG(stream_freed_as_another, "mismatched-deallocator", "LZ4_freeStreamDecode") {
    LZ4_stream_t *stream = LZ4_createStream();
    LZ4_freeStreamDecode((LZ4_streamDecode_t *)stream);
}

/* ---- frames ---- */

static void read_frame(size_t said) {
    char packed[128], *text = block_of(32, 0);
    size_t length = LZ4F_compressFrame(packed, sizeof(packed), "greeting", 8, NULL);
    LZ4F_dctx *context;
    LZ4F_createDecompressionContext(&context, LZ4F_VERSION);
    LZ4F_decompress(context, text, &said, packed, &length, NULL);
    LZ4F_freeDecompressionContext(context);
    free(text);
}
RIGHT(frame_read) {
    read_frame(32);
}
WRONG(frame_read_into_less_than_said, "buffer-too-small", "LZ4F_decompress") {
    read_frame(4096);
}
WRONG(frame_context_after_its_end, "use-after-close", "LZ4F_resetDecompressionContext") {
    LZ4F_dctx *context;
    LZ4F_createDecompressionContext(&context, LZ4F_VERSION);
    LZ4F_freeDecompressionContext(context);
    LZ4F_resetDecompressionContext(context);
}
WRONG(error_name_freed, "free-of-borrowed", "LZ4F_getErrorName") {
    free((char *)LZ4F_getErrorName((size_t)-1));
}
