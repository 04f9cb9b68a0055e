/* SPDX-License-Identifier: Apache-2.0
 *
 * liblzma: the coders' streams, one-shot calls, indexes.
 *
 * Where the rules are from: its headers, which are its manual, https://tukaani.org/xz/liblzma-api/: base.h (lzma_stream: what next_in and its like
 * mean), container.h and block.h (out_size is the size of the whole of `out`, in_size of `in`), stream_flags.h (LZMA_STREAM_HEADER_SIZE), index.h
 * (whom an index belongs to; lzma_index_cat takes its second one over when it succeeds; the decoder puts its index where the caller said, later).
 *
 * Not said: that a stream must be ended (the leak of its memory says that). The place where a decoder is to put its index is held to
 * until the first lzma_code only: when the decoder is through with it depends on what it finds.
 */
#ifndef FFISAN_CONTRACTS_XZ_H
#define FFISAN_CONTRACTS_XZ_H

#include <stddef.h>
#include <stdint.h>

#include <ffisan/contract.h>

/* Python wheels carry copies with a hash in their names. */
FFISAN_LIBRARY("liblzma.so.5", "liblzma-????????.so.5*")

typedef unsigned char lzma_bool;
typedef uint64_t lzma_vli;
typedef enum {
    LZMA_OK = 0,
    LZMA_STREAM_END = 1,
    LZMA_MEM_ERROR = 5,
    LZMA_DATA_ERROR = 9,
    LZMA_BUF_ERROR = 10,
    LZMA_PROG_ERROR = 11
} lzma_ret;
typedef enum { LZMA_RUN = 0 } lzma_action;
typedef enum { LZMA_CHECK_NONE = 0 } lzma_check;
typedef enum { LZMA_RESERVED_ENUM = 0 } lzma_reserved_enum;

#define LZMA_STREAM_HEADER_SIZE 12
#define LZMA_FILTERS_MAX        4

typedef struct {
    void *(*alloc)(void *opaque, size_t nmemb, size_t size);
    void (*free)(void *opaque, void *ptr);
    void *opaque;
} lzma_allocator;

typedef struct lzma_internal_s lzma_internal;
#define STREAM(reads, writes)                                                                                                    \
    const uint8_t *next_in reads;                                                                                                \
    size_t avail_in;                                                                                                             \
    uint64_t total_in;                                                                                                           \
    uint8_t *next_out writes;                                                                                                    \
    size_t avail_out;                                                                                                            \
    uint64_t total_out;                                                                                                          \
    const lzma_allocator *allocator;                                                                                             \
    lzma_internal *internal;                                                                                                     \
    void *reserved_ptr1, *reserved_ptr2, *reserved_ptr3, *reserved_ptr4;                                                         \
    uint64_t seek_pos, reserved_int2;                                                                                            \
    size_t reserved_int3, reserved_int4;                                                                                         \
    lzma_reserved_enum reserved_enum1, reserved_enum2;
typedef struct {
    STREAM(, )
} lzma_stream;
/* The same as it is seen by what works on its two buffers. Elsewhere they may hold anything. */
typedef struct {
    STREAM(FFISAN_IN(avail_in), FFISAN_OUT(avail_out))
} lzma_stream_at_work;

typedef struct {
    lzma_vli id;
    void *options;
} lzma_filter;

typedef struct lzma_index_s lzma_index;
typedef struct lzma_index_hash_s lzma_index_hash;

/* LZMA_BUF_ERROR is no failure where coding goes on: there was no room, or nothing to do. The values between LZMA_OK and LZMA_MEM_ERROR are news. */
#define CODER_FAILS      FFISAN_FAILS(ret >= LZMA_MEM_ERROR && ret <= LZMA_PROG_ERROR && ret != LZMA_BUF_ERROR, LZMA_DATA_ERROR)
#define FAILS_FOR_MEMORY FFISAN_FAILS(ret != LZMA_OK, LZMA_MEM_ERROR)
#define FAILS_ON_DATA    FFISAN_FAILS(ret != LZMA_OK, LZMA_DATA_ERROR)

const char *lzma_version_string(void) FFISAN_STATIC;
uint32_t lzma_crc32(const uint8_t *buf FFISAN_IN(size), size_t size, uint32_t crc);
uint64_t lzma_crc64(const uint8_t *buf FFISAN_IN(size), size_t size, uint64_t crc);

/* ---- streams ---- */

lzma_ret lzma_code(lzma_stream_at_work *strm, lzma_action action) CODER_FAILS;
lzma_ret lzma_easy_encoder(lzma_stream *strm, uint32_t preset, lzma_check check) FAILS_FOR_MEMORY;
lzma_ret lzma_stream_encoder(lzma_stream *strm, const lzma_filter *filters, lzma_check check) FAILS_FOR_MEMORY;
lzma_ret lzma_raw_encoder(lzma_stream *strm, const lzma_filter *filters) FAILS_FOR_MEMORY;
lzma_ret lzma_raw_decoder(lzma_stream *strm, const lzma_filter *filters) FAILS_FOR_MEMORY;
lzma_ret lzma_stream_decoder(lzma_stream *strm, uint64_t memlimit, uint32_t flags) FAILS_FOR_MEMORY;
lzma_ret lzma_auto_decoder(lzma_stream *strm, uint64_t memlimit, uint32_t flags) FAILS_FOR_MEMORY;
lzma_ret lzma_alone_decoder(lzma_stream *strm, uint64_t memlimit) FAILS_FOR_MEMORY;

/* ---- in one go ---- */

lzma_ret lzma_easy_buffer_encode(uint32_t preset, lzma_check check, const lzma_allocator *allocator FFISAN_NULLABLE,
                                 const uint8_t *in FFISAN_IN(in_size), size_t in_size, uint8_t *out FFISAN_OUT(out_size),
                                 size_t *out_pos FFISAN_INOUT(sizeof(size_t)), size_t out_size) FAILS_ON_DATA;
lzma_ret lzma_stream_buffer_encode(lzma_filter *filters, lzma_check check, const lzma_allocator *allocator FFISAN_NULLABLE,
                                   const uint8_t *in FFISAN_IN(in_size), size_t in_size, uint8_t *out FFISAN_OUT(out_size),
                                   size_t *out_pos FFISAN_INOUT(sizeof(size_t)), size_t out_size) FAILS_ON_DATA;
lzma_ret lzma_stream_buffer_decode(uint64_t *memlimit FFISAN_INOUT(sizeof(uint64_t)), uint32_t flags,
                                   const lzma_allocator *allocator FFISAN_NULLABLE, const uint8_t *in FFISAN_IN(in_size),
                                   size_t *in_pos FFISAN_INOUT(sizeof(size_t)), size_t in_size, uint8_t *out FFISAN_OUT(out_size),
                                   size_t *out_pos FFISAN_INOUT(sizeof(size_t)), size_t out_size) FAILS_ON_DATA;
lzma_ret lzma_raw_buffer_encode(const lzma_filter *filters, const lzma_allocator *allocator FFISAN_NULLABLE,
                                const uint8_t *in FFISAN_IN(in_size), size_t in_size, uint8_t *out FFISAN_OUT(out_size),
                                size_t *out_pos FFISAN_INOUT(sizeof(size_t)), size_t out_size) FAILS_ON_DATA;
lzma_ret lzma_raw_buffer_decode(const lzma_filter *filters, const lzma_allocator *allocator FFISAN_NULLABLE,
                                const uint8_t *in FFISAN_IN(in_size), size_t *in_pos FFISAN_INOUT(sizeof(size_t)), size_t in_size,
                                uint8_t *out FFISAN_OUT(out_size), size_t *out_pos FFISAN_INOUT(sizeof(size_t)),
                                size_t out_size) FAILS_ON_DATA;

/* ---- headers and footers ---- */

typedef struct lzma_stream_flags lzma_stream_flags;
lzma_ret lzma_properties_decode(lzma_filter *filter, const lzma_allocator *allocator FFISAN_NULLABLE,
                                const uint8_t *props FFISAN_IN(props_size), size_t props_size) FAILS_ON_DATA;
lzma_ret lzma_vli_encode(lzma_vli vli, size_t *vli_pos FFISAN_NULLABLE, uint8_t *out FFISAN_OUT(out_size),
                         size_t *out_pos FFISAN_INOUT(sizeof(size_t)), size_t out_size);
lzma_ret lzma_vli_decode(lzma_vli *vli FFISAN_OUT(sizeof(lzma_vli)), size_t *vli_pos FFISAN_NULLABLE,
                         const uint8_t *in FFISAN_IN(in_size), size_t *in_pos FFISAN_INOUT(sizeof(size_t)), size_t in_size);

/* ---- indexes ---- */

lzma_index *lzma_index_init(const lzma_allocator *allocator FFISAN_NULLABLE) FFISAN_OWNED(lzma_index_end, lzma_index_cat)
    FFISAN_FAILS(ret == NULL, NULL);
void lzma_index_end(lzma_index *i FFISAN_CONSUMED FFISAN_NULLABLE, const lzma_allocator *allocator FFISAN_NULLABLE);
lzma_index *lzma_index_dup(const lzma_index *i, const lzma_allocator *allocator FFISAN_NULLABLE)
    FFISAN_OWNED(lzma_index_end, lzma_index_cat) FFISAN_FAILS(ret == NULL, NULL);
lzma_ret lzma_index_append(lzma_index *i, const lzma_allocator *allocator FFISAN_NULLABLE, lzma_vli unpadded_size,
                           lzma_vli uncompressed_size) FAILS_FOR_MEMORY;
lzma_ret lzma_index_cat(lzma_index *dest, lzma_index *src FFISAN_CONSUMED,
                        const lzma_allocator *allocator FFISAN_NULLABLE) FAILS_FOR_MEMORY;
lzma_vli lzma_index_stream_count(const lzma_index *i);
lzma_vli lzma_index_block_count(const lzma_index *i);
lzma_vli lzma_index_size(const lzma_index *i);
lzma_vli lzma_index_stream_size(const lzma_index *i);
lzma_vli lzma_index_total_size(const lzma_index *i);
lzma_vli lzma_index_file_size(const lzma_index *i);
lzma_vli lzma_index_uncompressed_size(const lzma_index *i);
uint64_t lzma_index_memused(const lzma_index *i);
uint32_t lzma_index_checks(const lzma_index *i);
lzma_ret lzma_index_encoder(lzma_stream *strm, const lzma_index *i) FAILS_FOR_MEMORY;
lzma_ret lzma_index_decoder(lzma_stream *strm, lzma_index **i FFISAN_RETAINED(strm, lzma_code, lzma_end),
                            uint64_t memlimit) FAILS_FOR_MEMORY;
void lzma_end(lzma_stream *strm);
lzma_ret lzma_index_buffer_encode(const lzma_index *i, uint8_t *out FFISAN_OUT(out_size),
                                  size_t *out_pos FFISAN_INOUT(sizeof(size_t)), size_t out_size) FAILS_ON_DATA;
lzma_ret lzma_index_buffer_decode(lzma_index **i FFISAN_OUT_OWNED(lzma_index_end, lzma_index_cat),
                                  uint64_t *memlimit FFISAN_INOUT(sizeof(uint64_t)),
                                  const lzma_allocator *allocator FFISAN_NULLABLE, const uint8_t *in FFISAN_IN(in_size),
                                  size_t *in_pos FFISAN_INOUT(sizeof(size_t)), size_t in_size) FAILS_ON_DATA;
/* One that was made of the caller's old one is the old one. */
lzma_index_hash *lzma_index_hash_init(lzma_index_hash *index_hash FFISAN_NULLABLE,
                                      const lzma_allocator *allocator FFISAN_NULLABLE) FFISAN_OWNED(lzma_index_hash_end)
    FFISAN_FAILS(ret == NULL, NULL);
void lzma_index_hash_end(lzma_index_hash *index_hash FFISAN_CONSUMED FFISAN_NULLABLE,
                         const lzma_allocator *allocator FFISAN_NULLABLE);
lzma_ret lzma_index_hash_append(lzma_index_hash *index_hash, lzma_vli unpadded_size, lzma_vli uncompressed_size) FAILS_ON_DATA;
lzma_vli lzma_index_hash_size(const lzma_index_hash *index_hash);

#endif
