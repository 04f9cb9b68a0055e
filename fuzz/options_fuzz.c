/* SPDX-License-Identifier: Apache-2.0
 *
 * FFISAN_OPTIONS with any bytes at all: every option ends up within its limits, every text is terminated and nothing
 * depends on what was there before.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/options.h"

#define REQUIRE(condition) ((condition) ? (void)0 : __builtin_trap())

static void complaint(const char *piece, size_t length, void *context) {
    const size_t *size = context;
    REQUIRE(length > 0 && length <= *size && !memchr(piece, 0, length));
}

#define CHECK_TEXT(value, minimum, maximum)   REQUIRE(memchr(value, 0, sizeof(value)))
#define CHECK_NUMBER(value, minimum, maximum) REQUIRE((value) - (minimum) <= (maximum) - (minimum))
#define CHECK_FLAG(value, minimum, maximum)   REQUIRE((value) <= 1)
#define CHECK_CHOICE(value, minimum, maximum) REQUIRE((value) < 3)

static void check(const struct options *parsed) {
#define OPTION(field, key, type, default_, minimum, maximum, help) CHECK_##type(parsed->field, minimum, maximum);
#include "ffisan/options.def"
#undef OPTION
    REQUIRE(parsed->rules_on >> FFISAN_RULES == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct options parsed, again;
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    options_parse(&parsed, text, complaint, &size);
    check(&parsed);
    memset(&again, 0xa5, sizeof again);
    options_parse(&again, text, NULL, NULL);
    REQUIRE(memcmp((const char *)&parsed, (const char *)&again, sizeof parsed) == 0);
    free(text);
    return 0;
}
