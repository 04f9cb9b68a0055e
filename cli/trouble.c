/* SPDX-License-Identifier: Apache-2.0 */
#include "trouble.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct trouble {
    char *text;
};

static struct trouble out_of_memory; /* without a text of its own: it must not need memory */

struct trouble *trouble_new(const char *format, ...) {
    struct trouble *trouble = calloc(1, sizeof(*trouble));
    if (!trouble)
        return &out_of_memory;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&trouble->text, format, arguments) < 0)
        trouble->text = NULL;
    va_end(arguments);
    return trouble;
}

const char *trouble_text(const struct trouble *trouble) {
    return trouble->text ? trouble->text : "out of memory";
}

void trouble_free(struct trouble *trouble) {
    if (!trouble || trouble == &out_of_memory)
        return;
    free(trouble->text);
    free(trouble);
}
