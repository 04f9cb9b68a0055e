/* SPDX-License-Identifier: Apache-2.0
 *
 * libbzip2, right and wrong.
 */
#include <bzlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cases.h"

static FILE *packed_file(void) {
    char packed[256];
    unsigned length = sizeof(packed);
    BZ2_bzBuffToBuffCompress(packed, &length, "greeting", 8, 1, 0, 0);
    FILE *file = fdopen(memfd_create("bzip2", 0), "w+b");
    fwrite(packed, 1, length, file);
    fwrite("behind", 1, 6, file);
    rewind(file);
    return file;
}

/* ---- streams ---- */

static void compress_all(unsigned said_in, unsigned said_out) {
    char *input = block_of(40, 'a'), *output = block_of(256, 0);
    bz_stream stream = {.next_in = input, .avail_in = said_in, .next_out = output, .avail_out = said_out};
    BZ2_bzCompressInit(&stream, 1, 0, 0);
    BZ2_bzCompress(&stream, BZ_FINISH);
    free(input);
    free(output);
    BZ2_bzCompressEnd(&stream);
}
RIGHT(buffers_as_said) {
    compress_all(40, 256);
}
WRONG(input_longer_than_its_block, "buffer-too-small", "BZ2_bzCompress") {
    compress_all(64, 256);
}
WRONG(output_smaller_than_said, "buffer-too-small", "BZ2_bzCompress") {
    compress_all(40, 4096);
}

/* ---- in one go ---- */

static void pack(unsigned room, unsigned length) {
    char *source = block_of(64, 'a'), *dest = block_of(256, 0);
    BZ2_bzBuffToBuffCompress(dest, &room, source, length, 1, 0, 0);
    free(source);
    free(dest);
}
RIGHT(pack_what_is_there) {
    pack(256, 64);
}
WRONG(pack_more_than_is_there, "buffer-too-small", "BZ2_bzBuffToBuffCompress") {
    pack(256, 80);
}
WRONG(pack_into_less_than_said, "buffer-too-small", "BZ2_bzBuffToBuffCompress") {
    pack(4096, 64);
}

/* ---- files ---- */

static void read_file(unsigned said) {
    int error, count;
    void *unused;
    char *text = block_of(16, 0);
    FILE *file = packed_file();
    BZFILE *packed = BZ2_bzReadOpen(&error, file, 0, 0, NULL, 0);
    BZ2_bzRead(&error, packed, text, said);
    BZ2_bzReadGetUnused(&error, packed, &unused, &count);
    BZ2_bzReadClose(&error, packed);
    fclose(file);
    free(text);
}
RIGHT(file_read_to_its_end) {
    read_file(16);
}
WRONG(file_read_into_less_than_said, "buffer-too-small", "BZ2_bzRead") {
    read_file(4096);
}
WRONG(what_was_unused_is_not_the_readers, "free-of-borrowed", "BZ2_bzReadGetUnused") {
    int error, count;
    void *unused;
    char text[16];
    FILE *file = packed_file();
    BZFILE *packed = BZ2_bzReadOpen(&error, file, 0, 0, NULL, 0);
    BZ2_bzRead(&error, packed, text, sizeof(text));
    BZ2_bzReadGetUnused(&error, packed, &unused, &count);
    free(unused);
    BZ2_bzReadClose(&error, packed);
    fclose(file);
}

RIGHT(file_written_and_closed) {
    int error;
    FILE *file = tmpfile();
    BZFILE *packed = BZ2_bzWriteOpen(&error, file, 1, 0, 0);
    BZ2_bzWrite(&error, packed, "greeting", 8);
    BZ2_bzWriteClose(&error, packed, 0, NULL, NULL);
    fclose(file);
}
WRONG(file_after_its_close, "use-after-close", "BZ2_bzflush") {
    BZFILE *file = BZ2_bzdopen(memfd_create("bzip2", 0), "w");
    BZ2_bzclose(file);
    BZ2_bzflush(file);
}
WRONG(file_over_a_closed_stream, "use-after-close", "BZ2_bzReadOpen") {
    int error;
    FILE *file = packed_file();
    fclose(file);
    BZFILE *packed = BZ2_bzReadOpen(&error, file, 5, 0, NULL, 0); /* a verbosity that it refuses */
}
WRONG(error_text_freed, "free-of-borrowed", "BZ2_bzerror") {
    int number;
    BZFILE *file = BZ2_bzdopen(memfd_create("bzip2", 0), "w");
    const char *text = BZ2_bzerror(file, &number);
    free((char *)text);
    BZ2_bzclose(file);
}
