/* SPDX-License-Identifier: Apache-2.0
 *
 * liblzma, right and wrong.
 */
#include <lzma.h>

#include "cases.h"

/* ---- streams ---- */

static void code_all(size_t said_in, size_t said_out) {
    uint8_t *input = block_of(40, 'a'), *output = block_of(512, 0);
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_easy_encoder(&stream, 0, LZMA_CHECK_CRC32);
    stream.next_in = input;
    stream.avail_in = said_in;
    stream.next_out = output;
    stream.avail_out = said_out;
    lzma_code(&stream, LZMA_FINISH);
    free(input);
    free(output);
    lzma_end(&stream);
}
RIGHT(buffers_as_said) {
    code_all(40, 512);
}
WRONG(input_longer_than_its_block, "buffer-too-small", "lzma_code") {
    code_all(64, 512);
}
WRONG(output_smaller_than_said, "buffer-too-small", "lzma_code") {
    code_all(40, 4096);
}

/* ---- in one go ---- */

static void pack(size_t length, size_t room) {
    uint8_t *input = block_of(40, 'a'), *output = block_of(512, 0);
    size_t at = 0;
    lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, input, length, output, &at, room);
    free(input);
    free(output);
}
RIGHT(pack_what_is_there) {
    pack(40, 512);
}
WRONG(pack_more_than_is_there, "buffer-too-small", "lzma_easy_buffer_encode") {
    pack(64, 512);
}
WRONG(pack_into_less_than_said, "buffer-too-small", "lzma_easy_buffer_encode") {
    pack(40, 4096);
}
WRONG(checksum_of_more_than_there_is, "buffer-too-small", "lzma_crc32") {
    uint8_t *block = block_of(16, 1);
    CALLED(lzma_crc32)(block, 24, 0);
    free(block);
}

/* ---- indexes ---- */

RIGHT(index_joined_to_another) {
    lzma_index *first = lzma_index_init(NULL), *second = lzma_index_init(NULL);
    lzma_index_append(first, NULL, 24, 100);
    if (lzma_index_cat(first, second, NULL) != LZMA_OK)
        lzma_index_end(second, NULL);
    volatile lzma_vli blocks = lzma_index_block_count(first);
    lzma_index_end(first, NULL);
}
WRONG(index_used_when_joined, "use-after-close", "lzma_index_block_count") {
    lzma_index *first = lzma_index_init(NULL), *second = lzma_index_init(NULL);
    lzma_index_cat(first, second, NULL);
    volatile lzma_vli blocks = lzma_index_block_count(second); /* a pure function: else nobody calls it */
    lzma_index_end(first, NULL);
}
RIGHT(index_from_a_buffer) {
    lzma_index *index = lzma_index_init(NULL), *read;
    uint8_t packed[64];
    size_t length = 0, at = 0;
    uint64_t limit = UINT64_MAX;
    lzma_index_buffer_encode(index, packed, &length, sizeof(packed));
    lzma_index_buffer_decode(&read, &limit, NULL, packed, &at, length);
    lzma_index_end(read, NULL);
    lzma_index_end(index, NULL);
}
WRONG(index_freed_as_memory, "mismatched-deallocator", "lzma_index_dup") {
    lzma_index *index = lzma_index_init(NULL);
    lzma_index *copy = lzma_index_dup(index, NULL);
    free(copy);
    lzma_index_end(index, NULL);
}
RIGHT(place_of_the_index_until_it_is_decoded) {
    uint8_t packed[] = {0};
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_index **place = calloc(1, sizeof(*place));
    lzma_index_decoder(&stream, place, UINT64_MAX);
    stream.next_in = packed;
    stream.avail_in = sizeof(packed);
    lzma_code(&stream, LZMA_RUN);
    free(place);
    lzma_end(&stream);
}
