/* SPDX-License-Identifier: Apache-2.0
 *
 * Formats are taken apart into the arguments that are texts and buffers; each case writes down what is found as "argument[/size]".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>

#include "cpython/formats.h"

static void found(char *to, size_t size, enum format_language language, const char *text) {
    struct format format = {.language = language, .at = text};
    struct format_unit unit;
    size_t used = 0;
    to[0] = 0;
    while (format_next(&format, &unit)) {
        used += (size_t)snprintf(to + used, size - used, "%s%u%s%s", used ? " " : "", unit.argument,
                                 unit.kind == FORMAT_BUFFER ? "b" : "", unit.optional ? "?" : "");
        if (unit.size != FORMAT_NO_SIZE)
            used += (size_t)snprintf(to + used, size - used, "/%u", unit.size);
        if (language == FORMAT_PARSE)
            used += (size_t)snprintf(to + used, size - used, "%s%u", unit.inner ? "in" : "of", unit.item);
    }
}

static void expect(enum format_language language, const char *text, const char *wanted) {
    char got[200];
    found(got, sizeof got, language, text);
    if (strcmp(got, wanted) != 0)
        fail_msg("%s: %s, not %s", text, got, wanted);
}

static void parsing(void **state) {
    (void)state;
    expect(FORMAT_PARSE, "s", "0of0");
    expect(FORMAT_PARSE, "iis#y", "2of2 4of3");
    expect(FORMAT_PARSE, "y*", "0bof0");
    expect(FORMAT_PARSE, "O!y*O&|s*w*z*:name", "2bof1 5b?of3 6b?of4 7b?of5");
    expect(FORMAT_PARSE, "etes#s*", "5bof2");
    expect(FORMAT_PARSE, "O(sy*)z", "1in1 2bin1 3of2");
    expect(FORMAT_PARSE, "((ii)i)s", "3of1");
    expect(FORMAT_PARSE, "|$s;message s", "0?of0");
    expect(FORMAT_PARSE, "u#Z#SYUs", "7of5");
    expect(FORMAT_PARSE, "w#s", "0of0 2of1");
    expect(FORMAT_PARSE, "i?s", "");
    expect(FORMAT_PARSE, "", "");
}

static void building(void **state) {
    (void)state;
    expect(FORMAT_BUILD, "s", "0");
    expect(FORMAT_BUILD, "(s#iy)", "0/1 3");
    expect(FORMAT_BUILD, "{s:i, s:O&, s:z#}", "0 2 5 6/7");
    expect(FORMAT_BUILD, "dDs", "1");
    expect(FORMAT_BUILD, "ddddddddds", "");
    expect(FORMAT_BUILD, "i?s", "");
}

static void printing(void **state) {
    (void)state;
    expect(FORMAT_PRINT, "%s", "0");
    expect(FORMAT_PRINT, "100%% of %d %s", "1");
    expect(FORMAT_PRINT, "%-20s|%.*s|%.0s|%.s|%s", "0 2/1 5");
    expect(FORMAT_PRINT, "%*.*s", "2/1");
    expect(FORMAT_PRINT, "%lld %zu %#lx %s %f %s", "3 4");
    expect(FORMAT_PRINT, "%A %s", "0");
    expect(FORMAT_PRINT, "%Lf %s", "");
    expect(FORMAT_PRINT, "%2$s %1$s", "");
    expect(FORMAT_PRINT, "%m %s", "0");
    expect(FORMAT_PRINT, "%", "");
    expect(FORMAT_OBJECTS, "%A %R %U %V %s %T", "5");
    expect(FORMAT_OBJECTS, "%.200s: %S", "0");
    expect(FORMAT_OBJECTS, "%f %s", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(parsing), cmocka_unit_test(building), cmocka_unit_test(printing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
