/* SPDX-License-Identifier: Apache-2.0
 *
 * The three line tables, by hand-made examples, and what the decoders do with tables that are cut or nonsense. Against the real
 * ones: interpreters.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
/* after what it needs */
#include <cmocka.h>

#include "core/peek.h"
#include "cpython/cpython.h"

static const uint8_t *readable_end; /* peek fails from here on; NULL: nowhere */

bool peek(void *to, uintptr_t address, size_t size) {
    if (readable_end && address + size > (uintptr_t)readable_end)
        return false;
    memcpy(to, (const void *)address, size);
    return true;
}

#define LINE(format, first, lasti, ...)                                                                                          \
    line_of(CPYTHON_LINES_##format, (uintptr_t)(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), first,    \
            lasti)

static void lnotab(void **state) {
    (void)state;
    /* the example of Objects/lnotab_notes.txt: (0, 1), (6, 1), (44, 5), (300, 200), (11, 1), the larger steps in pieces */
#define EXAMPLE 0, 1, 6, 1, 44, 5, 255, 0, 45, 127, 0, 73, 11, 1
    assert_int_equal(LINE(LNOTAB, 1, 0, EXAMPLE), 2);
    assert_int_equal(LINE(LNOTAB, 1, 5, EXAMPLE), 2);
    assert_int_equal(LINE(LNOTAB, 1, 6, EXAMPLE), 3);
    assert_int_equal(LINE(LNOTAB, 1, 50, EXAMPLE), 8);
    assert_int_equal(LINE(LNOTAB, 1, 349, EXAMPLE), 8);
    assert_int_equal(LINE(LNOTAB, 1, 350, EXAMPLE), 208);
    assert_int_equal(LINE(LNOTAB, 1, 100000, EXAMPLE), 209);
    assert_int_equal(LINE(LNOTAB, 10, 4, 2, 0xfe), 8); /* two lines back */
    assert_int_equal(LINE(LNOTAB, 10, -1, 0, 5), 10);  /* not started */
    assert_int_equal(LINE(LNOTAB, 10, 4, 2), 10);      /* half a pair */
}

static void ranges(void **state) {
    (void)state;
    assert_int_equal(LINE(RANGES, 5, 0, 4, 1, 2, 0x80, 6, 0xff), 6);
    assert_int_equal(LINE(RANGES, 5, 3, 4, 1, 2, 0x80, 6, 0xff), 6);
    assert_int_equal(LINE(RANGES, 5, 4, 4, 1, 2, 0x80, 6, 0xff), 0); /* none */
    assert_int_equal(LINE(RANGES, 5, 6, 4, 1, 2, 0x80, 6, 0xff), 5);
    assert_int_equal(LINE(RANGES, 5, 12, 4, 1, 2, 0x80, 6, 0xff), 0); /* behind the end */
    assert_int_equal(LINE(RANGES, 5, 1, 0, 127, 0, 127, 2, 1), 260);  /* a large step in pieces */
}

static void locations(void **state) {
    (void)state;
    /* one line and columns (kind 11: +1), short (kind 2: +0), long (+70, 3 more bytes), none */
#define KIND(kind, units) (0x80 | (kind) << 3 | ((units)-1))
#undef EXAMPLE
#define EXAMPLE KIND(11, 1), 4, 9, KIND(2, 2), 0x12, KIND(14, 1), 0x40 | 12, 2, 0, 1, 1, KIND(15, 8), KIND(13, 1), 3
    assert_int_equal(LINE(LOCATIONS, 100, 0, EXAMPLE), 101);
    assert_int_equal(LINE(LOCATIONS, 100, 2, EXAMPLE), 101);
    assert_int_equal(LINE(LOCATIONS, 100, 5, EXAMPLE), 101);
    assert_int_equal(LINE(LOCATIONS, 100, 6, EXAMPLE), 171);
    assert_int_equal(LINE(LOCATIONS, 100, 8, EXAMPLE), 0);
    assert_int_equal(LINE(LOCATIONS, 100, 24, EXAMPLE), 170); /* -1 */
    assert_int_equal(LINE(LOCATIONS, 100, 26, EXAMPLE), 0);   /* behind the end */
    assert_int_equal(LINE(LOCATIONS, 100, -2, EXAMPLE), 100);
    assert_int_equal(LINE(LOCATIONS, 100, 0, KIND(14, 1), 0x40), 0); /* a number without an end */
}

/* Whatever a table holds, the decoder ends and answers a line that fits. */
static void nonsense(void **state) {
    (void)state;
    uint8_t table[2000];
    uint32_t seed = 1;
    for (unsigned round = 0; round < 20000; round++) {
        size_t size = round % sizeof table;
        for (size_t i = 0; i < size; i++)
            table[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
        readable_end = table + (round % 3 ? sizeof table : size / 2);
        for (enum cpython_lines format = CPYTHON_LINES_LNOTAB; format <= CPYTHON_LINES_LOCATIONS; format++)
            assert_true(line_of(format, (uintptr_t)table, size, (int)seed, (int)(seed >> 8)) <= INT32_MAX);
    }
    readable_end = NULL;
}

static void unreadable(void **state) {
    (void)state;
    static const uint8_t table[600] = {[0] = 2, [1] = 1};
    readable_end = table;
    assert_int_equal(line_of(CPYTHON_LINES_RANGES, (uintptr_t)table, sizeof table, 7, 0), 0);
    readable_end = table + 256; /* the first piece alone */
    assert_int_equal(line_of(CPYTHON_LINES_RANGES, (uintptr_t)table, sizeof table, 7, 0), 8);
    assert_int_equal(line_of(CPYTHON_LINES_RANGES, (uintptr_t)table, sizeof table, 7, 400), 0);
    readable_end = NULL;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lnotab),   cmocka_unit_test(ranges),     cmocka_unit_test(locations),
        cmocka_unit_test(nonsense), cmocka_unit_test(unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
