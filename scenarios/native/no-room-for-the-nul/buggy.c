/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *copy_text(const char *text) {
    char *copy = malloc(strlen(text));
    strcpy(copy, text);
    return copy;
}

int main(void) {
    char *copy = copy_text("hello, wide world!!");
    puts(copy);
    free(copy);
    return 0;
}
