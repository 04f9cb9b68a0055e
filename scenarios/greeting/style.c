/* SPDX-License-Identifier: Apache-2.0 */
#include "greeting.h"

#include <stdio.h>
#include <string.h>

struct greeting_style greeting_style_default(void) {
    struct greeting_style style = {.width = 0, .fill = ' ', .volume = 1.0, .suffix = "!"};
    return style;
}

size_t greeting_measure(const char *name, const struct greeting_style *style) {
    const size_t length = strlen("hello, ") + strlen(name) + (style->suffix != NULL ? strlen(style->suffix) : 0);
    return style->width > 0 && length < (size_t)style->width ? (size_t)style->width : length;
}

int greeting_format(const char *name, const struct greeting_style *style, char *out, size_t *size) {
    const size_t needed = greeting_measure(name, style) + 1;
    if (*size < needed) {
        *size = needed;
        return -1;
    }
    *size = needed;
    memset(out, style->fill, needed - 1);
    out[needed - 1] = '\0';
    char text[256];
    const int length = snprintf(text, sizeof(text), "hello, %s%s", name, style->suffix != NULL ? style->suffix : "");
    memcpy(out, text, (size_t)length < needed ? (size_t)length : needed - 1);
    return 0;
}

double greeting_loudness(double volume, double distance) {
    return distance <= 0.0 ? volume : volume / (distance * distance);
}

int greeting_repeat(const char *name, int times, char *out, size_t size) {
    int written = 0;
    for (int i = 0; i < times; i++)
        written += snprintf(out + written, size - (size_t)written, "%s%s", i > 0 ? ", " : "", name);
    return written;
}
