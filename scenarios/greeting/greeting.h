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
void greeting_banner_free(char *text);

/* Writes "hello, NAME" and a NUL to `out`: strlen(name) + 8 bytes. */
void greeting_write(const char *name, char *out);

#ifdef __cplusplus
}
#endif
#endif
