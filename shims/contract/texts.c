/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/texts.h"

#include <string.h>

#include "contract/objects.h"
#include "contract/report.h"
#include "contract/sizes.h"

#define TEXT_MOST (64u << 10) /* looked at of one text */
#define PIECE     4096u

/* ---- UTF-8 ---- */

#define HIGH_BITS 0x8080808080808080u

/* How many bytes of ASCII there are first. */
static UNCHECKED_READS size_t ascii(const unsigned char *text, size_t size) {
    size_t done = 0;
    for (uint64_t word; done + sizeof word <= size; done += sizeof word) {
        memcpy(&word, text + done, sizeof word);
        if (word & HIGH_BITS)
            break;
    }
    while (done < size && text[done] < 0x80)
        done++;
    return done;
}

/* Bytes of a character, by its first one; 0: no character begins with it. */
static unsigned length_by(unsigned char first) {
    return first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;
}

static bool goes_on(const unsigned char *text, unsigned length) {
    for (unsigned i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return false;
    return true;
}

/* False: this character is sound. */
static bool is_wrong(const unsigned char *text, size_t size, unsigned length, enum ffisan_utf8_trouble *trouble) {
    if (!length)
        return *trouble = FFISAN_UTF8_STRAY, true;
    if (length > size || !goes_on(text, length))
        return *trouble = length > size && goes_on(text, (unsigned)size) ? FFISAN_UTF8_CUT : FFISAN_UTF8_STRAY, true;
    if (text[0] == 0xc0 && text[1] == 0x80)
        return *trouble = FFISAN_UTF8_NUL, true;
    if (text[0] < 0xc2 || (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xf0 && text[1] < 0x90))
        return *trouble = FFISAN_UTF8_OVERLONG, true;
    if (text[0] == 0xed && text[1] >= 0xa0)
        return *trouble = FFISAN_UTF8_SURROGATE, true;
    *trouble = FFISAN_UTF8_TOO_LARGE;
    return text[0] > 0xf4 || (text[0] == 0xf4 && text[1] >= 0x90);
}

UNCHECKED_READS struct utf8_trouble utf8_check(const unsigned char *text, size_t size) {
    struct utf8_trouble result = {0, FFISAN_UTF8_STRAY};
    while ((result.offset += ascii(text + result.offset, size - result.offset)) < size) {
        unsigned length = length_by(text[result.offset]);
        if (text[result.offset] >= 0x80 && is_wrong(text + result.offset, size - result.offset, length, &result.trouble))
            break;
        result.offset += length;
    }
    return result;
}

/* ---- reports ---- */

static RARE void report(struct registered_call *call, const struct ffisan_contract_term *term, enum ffisan_rule rule,
                        uint64_t address, uint64_t wanted, uint64_t given, uint8_t byte) {
    struct contract_part part = {.role = FFISAN_ROLE_DETECTED,
                                 .registered = call->registered,
                                 .term = term,
                                 .argument = term->place,
                                 .wanted = wanted,
                                 .given = given};
    struct finding finding = {.rule = rule, .origin = &call->origin, .address = address, .byte = byte};
    contract_report(&finding, &part, 1);
}

/* ---- checks ---- */

/* The call says how long it is: the NUL does not count. */
static bool has_length(const struct registered_call *call, const struct ffisan_contract_term *text) {
    for (uint32_t i = 0; i < call->registered->function->count; i++) {
        const struct ffisan_contract_term *term = &call->registered->terms[i];
        bool size = term->word == FFISAN_WORD_IN || term->word == FFISAN_WORD_INOUT || term->word == FFISAN_WORD_OUT;
        if (size && term->place == text->place && term->value == text->value && term_holds(call, term))
            return true;
    }
    return false;
}

typedef char lanes __attribute__((vector_size(16), aligned(1), may_alias));

/* Like memchr, which is a plain loop in here (hooks/text.c): NULL: there is none. */
static UNCHECKED_READS const char *find_nul(const char *text, size_t size) {
    size_t done = 0;
    for (; done + sizeof(lanes) <= size; done += sizeof(lanes)) {
        int ends = __builtin_ia32_pmovmskb128((lanes)(*(const lanes *)(text + done) == 0));
        if (UNLIKELY(ends))
            return text + done + __builtin_ctz((unsigned)ends);
    }
    for (; done < size; done++)
        if (!text[done])
            return text + done;
    return NULL;
}

/* How many bytes of text can be looked at without a NUL among them; *ended: a NUL comes then. `most`: that there are; `known`: they
 * are there for certain. */
static UNCHECKED_READS size_t text_length(uintptr_t text, size_t most, bool known, bool *ended) {
    size_t done = 0;
    *ended = false;
    while (done < most && done < TEXT_MOST) {
        size_t wanted = most - done < PIECE ? most - done : PIECE,
               piece = known ? wanted : contract_readable(text + done, wanted);
        const char *end = piece ? find_nul((const char *)text + done, piece) : NULL;
        *ended = end != NULL;
        done = end ? (uintptr_t)end - text : done + piece;
        if (end || piece < wanted)
            break;
    }
    return done;
}

/* b"name\0": the host has put the end there itself, or filled the text up. */
static UNCHECKED_READS bool only_nuls(uintptr_t from, uintptr_t end) {
    if (contract_readable(from, end - from) < end - from)
        return false;
    while (from < end && !*(const char *)from)
        from++;
    return from == end;
}

/* Length of the text; 0 where it is not to be looked at further. */
static size_t check_end(struct registered_call *call, const struct ffisan_contract_term *term, uintptr_t text,
                        bool wants_length) {
    struct behind behind;
    bool ended, known = memory_behind(call, term, text, &behind);
    if (!known && !wants_length)
        return 0;
    size_t most = wants_length ? TEXT_MOST : PIECE; /* long ones are seldom names, and looking is what they cost */
    size_t length = text_length(text, known && behind.size < most ? behind.size : most, known, &ended);
    if (LIKELY(!known || (ended && !(behind.text && length + 1 < behind.size))))
        return length;
    if (has_length(call, term))
        return 0;
    if (ended && only_nuls(text + length, text + behind.size))
        return length;
    if (ended)
        report(call, term, FFISAN_RULE_EMBEDDED_NUL, text, behind.size - 1, length, 0);
    else if (length == behind.size)
        report(call, term, FFISAN_RULE_UNTERMINATED_STRING, text, 0, length, 0);
    return ended ? length : 0;
}

void text_check(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    if (value && !object_is_over(call, term, value))
        check_end(call, term, value, false);
}

UNCHECKED_READS void text_check_utf8(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    const unsigned char *text = (const unsigned char *)value;
    size_t length = value && !object_is_over(call, term, value) ? check_end(call, term, value, true) : 0;
    struct utf8_trouble found = length ? utf8_check(text, length) : (struct utf8_trouble){0};
    /* What is cut off where we stop looking is not cut in truth. */
    if (LIKELY(found.offset == length) || (found.trouble == FFISAN_UTF8_CUT && length % PIECE == 0))
        return;
    report(call, term, FFISAN_RULE_INVALID_UTF8, value, found.trouble, found.offset, text[found.offset]);
}
