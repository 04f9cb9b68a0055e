/* SPDX-License-Identifier: Apache-2.0 */
#include "registered.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

struct item {
    long uses, spare[7];
};

item *item_open(void) {
    return calloc(1, sizeof(item));
}

void item_close(item *it) {
    free(it);
}

long item_use(item *it) {
    return it ? it->uses : 0;
}

long item_work(item *it, char *room, size_t size, long (*callback)(void *), void *data) {
    memset(room, 1, size);
    return ++it->uses + callback(data);
}

int port_open(void) {
    return dup(1);
}

void port_close(int port) {
    close(port);
}

long port_use(int port) {
    return lseek(port, 0, SEEK_CUR);
}
