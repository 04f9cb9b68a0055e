/* SPDX-License-Identifier: Apache-2.0
 *
 * Zstandard, right and wrong.
 */
#include <zstd.h>

#include "cases.h"

/* ---- in one go ---- */

static void pack(size_t length, size_t room) {
    char *source = block_of(64, 'a'), *dest = block_of(128, 0);
    ZSTD_compress(dest, room, source, length, 1);
    free(source);
    free(dest);
}
RIGHT(pack_what_is_there) {
    pack(64, 128);
}
WRONG(pack_more_than_is_there, "buffer-too-small", "ZSTD_compress") {
    pack(80, 128);
}
WRONG(pack_into_less_than_said, "buffer-too-small", "ZSTD_compress") {
    pack(64, 4096);
}

/* ---- streams ---- */

static void stream_all(size_t said_in, size_t said_out) {
    char *source = block_of(64, 'a'), *dest = block_of(128, 0);
    ZSTD_inBuffer input = {source, said_in, 0};
    ZSTD_outBuffer output = {dest, said_out, 0};
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_compressStream2(context, &output, &input, ZSTD_e_end);
    free(source);
    free(dest);
    ZSTD_freeCCtx(context);
}
RIGHT(buffers_as_said) {
    stream_all(64, 128);
}
WRONG(input_longer_than_its_block, "buffer-too-small", "ZSTD_compressStream2") {
    stream_all(80, 128);
}
WRONG(output_smaller_than_said, "buffer-too-small", "ZSTD_compressStream2") {
    stream_all(64, 4096);
}
RIGHT(context_freed_as_the_stream_that_it_is) {
    ZSTD_freeCStream(ZSTD_createCCtx());
    ZSTD_freeDCtx(ZSTD_createDStream());
    ZSTD_freeCCtx(NULL);
}
WRONG(context_after_its_end, "use-after-close", "ZSTD_CCtx_setParameter") {
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_freeCCtx(context);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
}
WRONG(context_freed_as_memory, "mismatched-deallocator", "ZSTD_createDCtx") {
    free(ZSTD_createDCtx());
}

/* ---- dictionaries ---- */

/* The two may go in any order when nobody uses them any more. */
RIGHT(dictionary_before_its_context) {
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CDict *dictionary = ZSTD_createCDict("greeting greeting greeting", 26, 1);
    ZSTD_CCtx_refCDict(context, dictionary);
    ZSTD_freeCDict(dictionary);
    ZSTD_freeCCtx(context);
}
WRONG(dictionary_after_its_end, "use-after-close", "ZSTD_sizeof_CDict") {
    ZSTD_CDict *dictionary = ZSTD_createCDict("greeting greeting greeting", 26, 1);
    ZSTD_freeCDict(dictionary);
    ZSTD_sizeof_CDict(dictionary);
}
RIGHT(prefix_until_it_is_used) {
    char packed[256], *prefix = block_of(64, 'p');
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_refPrefix(context, prefix, 64);
    ZSTD_compress2(context, packed, sizeof(packed), "greeting", 8);
    free(prefix);
    ZSTD_freeCCtx(context);
}
WRONG(error_name_freed, "free-of-borrowed", "ZSTD_getErrorName") {
    free((char *)ZSTD_getErrorName((size_t)-1));
}
