/* SPDX-License-Identifier: Apache-2.0
 *
 * The shim's own copies of libc's memory and string functions. They are hidden, so every call in the shim is bound to them, also
 * those that the compiler makes up. libc's would be reached through symbols that others interpose: AddressSanitizer's strcmp,
 * called by us from inside its own start, jumps to an address that it has not looked up yet; a program's memcpy may allocate, or
 * count.
 *
 * Compiled without link-time optimization and without recognition of these very functions in their own loops.
 */
#include <stddef.h>
#include <stdint.h>

/* clang knows no such option, and does as much for -fno-builtin. */
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma GCC optimize("no-tree-loop-distribute-patterns")

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *left, const void *right, size_t size);
void *memchr(const void *start, int byte, size_t size);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t most);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t most);
char *strchr(const char *text, int c);
char *strrchr(const char *text, int c);
size_t strspn(const char *text, const char *set);
size_t strcspn(const char *text, const char *set);
char *strstr(const char *text, const char *part);

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    void *at = to;
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t size) {
    if ((uintptr_t)to - (uintptr_t)from >= size)
        return memcpy(to, from, size);
    for (size_t i = size; i-- > 0;)
        ((char *)to)[i] = ((const char *)from)[i];
    return to;
}

void *memset(void *to, int byte, size_t size) {
    void *at = to;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(byte) : "memory");
    return to;
}

int memcmp(const void *left, const void *right, size_t size) {
    const unsigned char *a = left, *b = right;
    for (size_t i = 0; i < size; i++)
        if (a[i] != b[i])
            return a[i] - b[i];
    return 0;
}

void *memchr(const void *start, int byte, size_t size) {
    const unsigned char *at = start;
    for (size_t i = 0; i < size; i++)
        if (at[i] == (unsigned char)byte)
            return (void *)(uintptr_t)(at + i);
    return NULL;
}

size_t strnlen(const char *text, size_t most) {
    size_t length = 0;
    while (length < most && text[length])
        length++;
    return length;
}

size_t strlen(const char *text) {
    return strnlen(text, SIZE_MAX);
}

int strncmp(const char *left, const char *right, size_t most) {
    for (size_t i = 0; i < most; i++) {
        if (left[i] != right[i])
            return (unsigned char)left[i] - (unsigned char)right[i];
        if (!left[i])
            break;
    }
    return 0;
}

int strcmp(const char *left, const char *right) {
    return strncmp(left, right, SIZE_MAX);
}

char *strchr(const char *text, int c) {
    for (; *text != (char)c; text++)
        if (!*text)
            return NULL;
    return (char *)(uintptr_t)text;
}

char *strrchr(const char *text, int c) {
    const char *found = NULL;
    do
        found = *text == (char)c ? text : found;
    while (*text++);
    return (char *)(uintptr_t)found;
}

static size_t span(const char *text, const char *set, int inside) {
    size_t length = 0;
    while (text[length] && (strchr(set, text[length]) != NULL) == inside)
        length++;
    return length;
}

size_t strspn(const char *text, const char *set) {
    return span(text, set, 1);
}

size_t strcspn(const char *text, const char *set) {
    return span(text, set, 0);
}

char *strstr(const char *text, const char *part) {
    size_t length = strlen(part);
    for (; strncmp(text, part, length) != 0; text++)
        if (!*text)
            return NULL;
    return (char *)(uintptr_t)text;
}
