/* SPDX-License-Identifier: Apache-2.0 */
#include "greeting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct greeting {
    long renamed;
    long rendered;
    char name[48];
};

struct greeting *greeting_new(const char *name) {
    if (name[0] == '\0')
        return NULL;
    struct greeting *greeting = calloc(1, sizeof(*greeting));
    if (greeting != NULL)
        greeting_rename(greeting, name);
    return greeting;
}

void greeting_rename(struct greeting *greeting, const char *name) {
    snprintf(greeting->name, sizeof(greeting->name), "%s", name);
}

const char *greeting_name(const struct greeting *greeting) {
    return greeting->name;
}

void greeting_free(struct greeting *greeting) {
    free(greeting);
}

char *greeting_render(const struct greeting *greeting) {
    char *text = malloc(strlen(greeting->name) + sizeof("hello, "));
    if (text != NULL)
        greeting_write(greeting->name, text);
    return text;
}

void greeting_string_free(char *text) {
    free(text);
}

void greeting_write(const char *name, char *out) {
    sprintf(out, "hello, %s", name);
}
