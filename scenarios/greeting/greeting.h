/* SPDX-License-Identifier: Apache-2.0
 *
 * A small C library, as bindings meet them: objects with a constructor and a destructor, and strings that the caller must give
 * back.
 */
#ifndef GREETING_H
#define GREETING_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct greeting;

/* NULL when the name is empty. */
struct greeting *greeting_new(const char *name);
void greeting_rename(struct greeting *greeting, const char *name);
const char *greeting_name(const struct greeting *greeting); /* belongs to the greeting */
void greeting_free(struct greeting *greeting);

/* A new string; give it back with greeting_string_free. */
char *greeting_render(const struct greeting *greeting);
void greeting_string_free(char *text);

/* A new string made by C++; give it back with greeting_banner_free. */
char *greeting_banner(const char *name);
/* The same, when the name is at most `width` long; else it throws std::length_error, which no C caller can catch. */
char *greeting_banner_in(const char *name, int width);
void greeting_banner_free(char *text);

/* Writes "hello, NAME" and a NUL to `out`: strlen(name) + 8 bytes. */
void greeting_write(const char *name, char *out);

/* How a greeting looks and sounds. */
struct greeting_style {
    int width; /* columns; 0: as many as the text has */
    char fill; /* what stands in the columns that are left over */
    double volume;
    const char *suffix; /* may be NULL */
};
struct greeting_style greeting_style_default(void);
/* Columns, without the NUL. */
size_t greeting_measure(const char *name, const struct greeting_style *style);
/* Writes to `out`, which has *size bytes; *size becomes what is needed, NUL included. 0: written; -1: there is too little room. */
int greeting_format(const char *name, const struct greeting_style *style, char *out, size_t *size);
double greeting_loudness(double volume, double distance);
/* The name several times, with commas; answers the length. */
int greeting_repeat(const char *name, int times, char *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
