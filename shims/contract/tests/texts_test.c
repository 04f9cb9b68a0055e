/* SPDX-License-Identifier: Apache-2.0
 *
 * What is UTF-8, byte by byte (RFC 3629, 4; Unicode 15, Table 3-7), and what is named when it is not.
 */
#include "contract/texts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "contract/objects.h"
#include "contract/report.h"
#include "contract/sizes.h"

/* What texts.c asks of its neighbours when a call is looked at; here only the pure part is. */
bool memory_behind(const struct registered_call *call, const struct ffisan_contract_term *term, uintptr_t address,
                   struct behind *behind) {
    (void)call;
    (void)term;
    (void)address;
    (void)behind;
    return false;
}
size_t contract_readable(uintptr_t address, size_t wanted) {
    return address ? wanted : 0;
}
bool object_is_over(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    (void)call;
    (void)term;
    return value == 0;
}
bool term_holds(const struct registered_call *call, const struct ffisan_contract_term *term) {
    (void)call;
    return !term->when;
}
void contract_report(struct finding *finding, const struct contract_part *parts, unsigned count) {
    (void)finding;
    (void)parts;
    (void)count;
}

static const struct {
    const char *text;
    size_t offset;
    enum ffisan_utf8_trouble trouble;
} wrong[] = {
    {"\x80", 0, FFISAN_UTF8_STRAY},
    {"gr\xfc\xdf", 2, FFISAN_UTF8_STRAY},
    {"gr\xe9 e", 2, FFISAN_UTF8_STRAY},
    {"\xc3\xa9\xe9", 2, FFISAN_UTF8_CUT},
    {"a\xc0\x80", 1, FFISAN_UTF8_NUL},
    {"a\xc1\xbf", 1, FFISAN_UTF8_OVERLONG},
    {"\xe0\x80\xaf", 0, FFISAN_UTF8_OVERLONG},
    {"\xf0\x8f\xbf\xbf", 0, FFISAN_UTF8_OVERLONG},
    {"x\xed\xa0\xbd\xed\xb8\x80", 1, FFISAN_UTF8_SURROGATE},
    {"\xf4\x90\x80\x80", 0, FFISAN_UTF8_TOO_LARGE},
    {"\xf5\x80\x80\x80", 0, FFISAN_UTF8_TOO_LARGE},
    {"abcdefgh\xe2\x82", 8, FFISAN_UTF8_CUT},
    {"\xff", 0, FFISAN_UTF8_STRAY},
    {"sixteen letters.\xe2\x28\xa1", 16, FFISAN_UTF8_STRAY},
};

static struct utf8_trouble check(const char *text) {
    return utf8_check((const unsigned char *)text, strlen(text));
}

static void first_wrong_byte_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct utf8_trouble found = check(wrong[i].text);
        assert_int_equal(found.offset, wrong[i].offset);
        assert_int_equal(found.trouble, wrong[i].trouble);
    }
}

static unsigned encode(uint32_t character, unsigned char *to) {
    if (character < 0x80)
        return to[0] = (unsigned char)character, 1;
    unsigned length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (unsigned i = length - 1; i > 0; i--, character >>= 6)
        to[i] = (unsigned char)(0x80 | (character & 0x3f));
    to[0] = (unsigned char)(0xf00 >> length | character);
    return length;
}

static void every_character_is_right_and_every_surrogate_is_not(void **state) {
    (void)state;
    for (uint32_t character = 1; character < 0x110000; character++) {
        unsigned char text[4];
        unsigned length = encode(character, text);
        struct utf8_trouble found = utf8_check(text, length);
        bool surrogate = character >= 0xd800 && character < 0xe000;
        assert_int_equal(found.offset, surrogate ? 0 : length);
    }
}

/* In memory of just that size, so that a checker sees a byte too many. */
static void nothing_behind_the_end_is_read(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        for (size_t size = 0; size <= strlen(wrong[i].text); size++) {
            unsigned char *copy = malloc(size ? size : 1);
            memcpy(copy, wrong[i].text, size);
            assert_true(utf8_check(copy, size).offset <= size);
            free(copy);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_wrong_byte_is_named),
        cmocka_unit_test(every_character_is_right_and_every_surrogate_is_not),
        cmocka_unit_test(nothing_behind_the_end_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
