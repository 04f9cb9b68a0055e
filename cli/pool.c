/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One malloc a piece: the judge is not in a hurry, and AddressSanitizer sees every overrun. */
struct piece {
    struct piece *next;
    max_align_t bytes[];
};
struct pool {
    struct piece *pieces;
};

static void end_with_125(void) {
    static const char sentence[] = "ffisan: out of memory\n";
    ssize_t written = write(STDERR_FILENO, sentence, sizeof(sentence) - 1);
    (void)written;
    _exit(125);
}

void (*pool_exhausted)(void) = end_with_125;

struct pool *pool_new(void) {
    struct pool *pool = calloc(1, sizeof(*pool));
    if (!pool)
        pool_exhausted();
    return pool;
}

void pool_free(struct pool *pool) {
    if (!pool)
        return;
    while (pool->pieces) {
        struct piece *piece = pool->pieces;
        pool->pieces = piece->next;
        free(piece);
    }
    free(pool);
}

void *pool_get(struct pool *pool, size_t size) {
    struct piece *piece = size < SIZE_MAX / 2 ? calloc(1, sizeof(*piece) + size) : NULL;
    if (!piece) {
        pool_exhausted();
        abort();
    }
    piece->next = pool->pieces;
    pool->pieces = piece;
    return piece->bytes;
}

char *pool_copy(struct pool *pool, const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(pool_get(pool, size), text, size);
}

char *pool_text(struct pool *pool, const char *format, ...) {
    char *made = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&made, format, arguments);
    va_end(arguments);
    if (length < 0) {
        pool_exhausted();
        abort();
    }
    char *text = pool_copy(pool, made);
    free(made);
    return text;
}

void *pool_append(struct pool *pool, void *array, size_t *count, size_t item_size) {
    char *items;
    memcpy(&items, array, sizeof(items));
    if ((*count & (*count - 1)) == 0) { /* 0 or a power of two: full */
        size_t capacity = *count ? *count * 2 : 1;
        char *moved = capacity <= SIZE_MAX / 4 / item_size ? pool_get(pool, capacity * item_size) : pool_get(pool, SIZE_MAX);
        if (*count)
            memcpy(moved, items, *count * item_size);
        items = moved;
        memcpy(array, &items, sizeof(items));
    }
    return items + (*count)++ * item_size;
}

/* Bytes of the well-formed sequence at `bytes` (Unicode 15, table 3-7), 0 when there is none. */
static size_t sequence_length(const unsigned char *bytes, size_t limit) {
    unsigned char first = bytes[0];
    size_t length = first < 0x80 ? 1 : first >= 0xc2 && first <= 0xdf ? 2 : (first & 0xf0) == 0xe0 ? 3 : 4;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || length > limit)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (first == 0xe0 && bytes[1] < 0xa0) || (first == 0xf0 && bytes[1] < 0x90);
    bool surrogate = first == 0xed && bytes[1] > 0x9f;
    bool too_far = first == 0xf4 && bytes[1] > 0x8f;
    return overlong || surrogate || too_far ? 0 : length;
}

/* C0, DEL and C1: a terminal obeys them. */
static bool is_control(const unsigned char *bytes, size_t length) {
    return (length == 1 && (bytes[0] < 0x20 || bytes[0] == 0x7f)) || (length == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0);
}

char *pool_clean(struct pool *pool, const char *text, size_t limit) {
    const unsigned char *bytes = (const unsigned char *)text;
    size_t size = strnlen(text, limit);
    char *clean = pool_get(pool, size * 3 + 1), *to = clean;
    for (size_t at = 0; at < size;) {
        size_t length = sequence_length(bytes + at, size - at);
        if (length == 0)
            to = stpcpy(to, "\xef\xbf\xbd");
        else if (is_control(bytes + at, length))
            *to++ = '?';
        else
            to = mempcpy(to, bytes + at, length);
        at += length ? length : 1;
    }
    *to = 0;
    return clean;
}
