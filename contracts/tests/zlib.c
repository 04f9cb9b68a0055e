/* SPDX-License-Identifier: Apache-2.0
 *
 * zlib, right and wrong.
 */
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "cases.h"

static gzFile file_of(const char *text) {
    int fd = memfd_create("gzip", 0);
    write(fd, text, strlen(text));
    lseek(fd, 0, SEEK_SET);
    return gzdopen(fd, "rb");
}

/* ---- streams ---- */

static void deflate_all(Bytef *input, uInt said) {
    Bytef *output = block_of(256, 0);
    z_stream stream = {.next_in = input, .avail_in = said, .next_out = output, .avail_out = 256};
    deflateInit(&stream, 6);
    deflate(&stream, Z_FINISH);
    deflateEnd(&stream);
    free(output);
}

RIGHT(input_all_of_the_block) {
    Bytef *input = block_of(40, 'a');
    deflate_all(input, 40);
    deflate_all(NULL, 0);
    free(input);
}
WRONG(input_longer_than_its_block, "buffer-too-small", "deflate") {
    Bytef *input = block_of(40, 'a');
    deflate_all(input, 64);
    free(input);
}

/* What stands in a stream that is only being made or ended is nobody's business. */
RIGHT(stream_with_leftovers) {
    Bytef *input = block_of(40, 'a');
    z_stream stream = {.next_in = input, .avail_in = 4000, .next_out = input, .avail_out = 4000};
    deflateInit(&stream, 6);
    deflateReset(&stream);
    free(input);
    deflateEnd(&stream);
}

static void inflate_into(uInt block, uInt said) {
    Bytef packed[64], *output = block_of(block, 0);
    uLong length = sizeof(packed);
    compress(packed, &length, (const Bytef *)"greeting", 8);
    z_stream stream = {.next_in = packed, .avail_in = length, .next_out = output, .avail_out = said};
    inflateInit(&stream);
    inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    free(output);
}
RIGHT(output_as_said) {
    inflate_into(16, 16);
}
WRONG(output_smaller_than_said, "buffer-too-small", "inflate") {
    inflate_into(16, 4096);
}

static void with_dictionary(uInt said) {
    Bytef *dictionary = block_of(32, 'd');
    z_stream stream = {0};
    deflateInit(&stream, 6);
    deflateSetDictionary(&stream, dictionary, said);
    free(dictionary);
    deflateEnd(&stream);
}
RIGHT(dictionary_is_copied) {
    with_dictionary(32);
}
WRONG(dictionary_shorter_than_said, "buffer-too-small", "deflateSetDictionary") {
    with_dictionary(64);
}

RIGHT(header_until_it_is_written) {
    Bytef input[] = "text", output[256];
    gz_header *header = calloc(1, sizeof(*header));
    z_stream stream = {.next_in = input, .avail_in = 4, .next_out = output, .avail_out = sizeof(output)};
    deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
    deflateSetHeader(&stream, header);
    deflate(&stream, Z_FINISH);
    free(header);
    deflateEnd(&stream);
}

static void with_window(int early) {
    unsigned char *window = block_of(1 << 15, 0);
    z_stream stream = {0};
    inflateBackInit(&stream, 15, window);
    if (early) {
        free(window);
        inflateReset(&stream);
    }
    inflateBackEnd(&stream);
    if (!early)
        free(window);
}
RIGHT(window_until_the_end) {
    with_window(0);
}
WRONG(window_freed_before_the_stream_is_used, "freed-while-retained", "") {
    with_window(1);
}

/* ---- in one go ---- */

static void compress_into(uLong said_room, uLong said_source) {
    Bytef *source = block_of(64, 'a'), *dest = block_of(128, 0);
    compress(dest, &said_room, source, said_source);
    free(source);
    free(dest);
}
RIGHT(compress_what_is_there) {
    compress_into(128, 64);
}
WRONG(compress_more_than_is_there, "buffer-too-small", "compress") {
    compress_into(128, 80);
}
WRONG(compress_into_less_than_said, "buffer-too-small", "compress") {
    compress_into(4096, 64);
}

RIGHT(checksum_of_nothing) {
    CALLED(crc32)(0, NULL, 12);
    CALLED(adler32)(0, NULL, 12);
}
WRONG(checksum_of_more_than_there_is, "buffer-too-small", "crc32") {
    Bytef *block = block_of(16, 1);
    CALLED(crc32)(0, block, 24);
    free(block);
}

/* ---- gzip files ---- */

RIGHT(file_read_and_closed) {
    char *text = block_of(16, 0);
    gzFile file = file_of("greeting");
    gzread(file, text, 16);
    gzerror(file, NULL);
    gzclose(file);
    free(text);
}
WRONG(file_after_its_close, "use-after-close", "gzdirect") {
    gzFile file = file_of("greeting");
    gzclose(file);
    gzdirect(file);
}
WRONG(file_read_into_less_than_said, "buffer-too-small", "gzread") {
    char *text = block_of(16, 0);
    gzFile file = file_of("greeting");
    gzread(file, text, 4096);
    gzclose(file);
    free(text);
}
WRONG(error_text_freed, "free-of-borrowed", "zError") {
    free((char *)zError(Z_DATA_ERROR));
}
