/* SPDX-License-Identifier: Apache-2.0
 *
 * Text that a function takes up to its NUL: unterminated-string, embedded-nul and invalid-utf8.
 *
 *   unterminated-string   the memory behind the pointer is known, and no NUL is in it
 *   embedded-nul          the host knows how long its text is, and a NUL is in front of that; where the function is told a length beside the
 *                         text, it is not cut
 *   invalid-utf8          RFC 3629; what Java's modified UTF-8 and CESU-8 write is named as such. Of long texts the beginning is looked at
 */
#ifndef FFISAN_CONTRACT_TEXTS_H
#define FFISAN_CONTRACT_TEXTS_H

#include "contract/words.h"

extern word_step text_check, text_check_utf8;

/* The first byte of [text, text + size) that is no UTF-8, and what is wrong with it; size: there is none. Pure. */
struct utf8_trouble {
    size_t offset;
    enum ffisan_utf8_trouble trouble;
};
struct utf8_trouble utf8_check(const unsigned char *text, size_t size);

#endif
