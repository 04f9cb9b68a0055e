/* SPDX-License-Identifier: Apache-2.0 */
#include "registered.h"

#include <stdarg.h>
#include <string.h>

size_t take(const char *text) {
    return text ? strlen(text) : 77;
}

size_t take_inside(void) {
    return take(NULL);
}

size_t take_late(double a, long b, struct pair c, float d, long e, long f, long g, const char *text) {
    return (size_t)(a + (double)d) + (size_t)(b + c.first + c.second + e + f + g) + take(text);
}

size_t take_any(int way, ...) {
    va_list list;
    va_start(list, way);
    size_t result = way == 1 ? take(va_arg(list, const char *)) : (size_t)va_arg(list, long);
    va_end(list);
    return result;
}

long take_callback(long (*callback)(void *), void *data) {
    return callback(data) + 1;
}

long fill(char *to, size_t size) {
    if (size > 0)
        to[0] = 1;
    return (long)size;
}
