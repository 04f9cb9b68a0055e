/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *lookup(const char *key) {
    return strcmp(key, "name") == 0 ? "world" : NULL;
}

static size_t count_vowels(const char *text) {
    size_t vowels = 0;
    for (; *text != '\0'; text++)
        vowels += strchr("aeiou", *text) != NULL;
    return vowels;
}

int main(void) {
    printf("%zu\n", count_vowels(lookup("name")));
    fflush(stdout);
    const char *colour = lookup("colour");
    printf("%zu\n", count_vowels(colour));
    return 0;
}
