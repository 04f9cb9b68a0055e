/* SPDX-License-Identifier: Apache-2.0
 *
 * Short texts put together piece by piece, without stdio. What does not fit is cut.
 */
#ifndef FFISAN_CPYTHON_PHRASES_H
#define FFISAN_CPYTHON_PHRASES_H

#include "core/types.h"

struct phrase {
    char *at, *end; /* the terminating NUL stands at `at`; `end`: the last place for it */
};

static inline struct phrase phrase_begin(char *to, size_t size) {
    to[0] = 0;
    return (struct phrase){to, to + size - 1};
}
static inline void phrase_add(struct phrase *phrase, const char *text) {
    while (*text && phrase->at < phrase->end)
        *phrase->at++ = *text++;
    *phrase->at = 0;
}
static inline void phrase_add_number(struct phrase *phrase, uint64_t number) {
    char digits[24], *at = digits + sizeof digits;
    *--at = 0;
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    phrase_add(phrase, at);
}

#endif
