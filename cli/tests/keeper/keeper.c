/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper.h"

#include <stdlib.h>
#include <string.h>

static const char *kept_text;
static unsigned char *kept_bytes;

void keeper_look(const char *text) {
    kept_text = text;
}

void keeper_hold(const char *text) {
    kept_text = text;
}

void keeper_fill(unsigned char *bytes, size_t size) {
    memset(bytes, 7, size);
    kept_bytes = bytes;
}

int keeper_late_read(void) {
    return kept_text ? kept_text[1] : -1;
}

void keeper_late_write(void) {
    kept_bytes[1] = 9;
}

void keeper_take(char *text) {
    free(text);
}

long keeper_sum(const unsigned char *bytes, size_t size) {
    long sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += bytes[i];
    return sum;
}

size_t keeper_read(unsigned char *bytes, size_t size) {
    memset(bytes, 5, size / 2);
    return size / 2;
}

const char *keeper_find(const char *text, int character) {
    return strchr(text, character);
}

long keeper_number(const char *text, char **end) {
    return strtol(text, end, 10);
}

void keeper_mix(unsigned char *to, const unsigned char *from, size_t size) {
    for (size_t i = 0; i < size; i++)
        to[i] ^= from[i];
}

long keeper_between(const unsigned char *begin, const unsigned char *end) {
    long sum = 0;
    for (; begin != end; begin++)
        sum += *begin;
    return sum;
}

void keeper_terminate(char *text, size_t size) {
    memset(text, 'a', size);
    text[size] = '\0';
}

int keeper_each(const unsigned char *bytes, size_t size, int (*visit)(const unsigned char *at)) {
    for (size_t i = 0; i < size; i++)
        if (visit(bytes + i))
            return (int)i;
    return -1;
}
