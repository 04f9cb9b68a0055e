/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that lives as long as one thing (a report, a plan): got piece by piece, given back all at once. What the judge makes of
 * records points every which way, and this way nobody has to ask who owns a name.
 *
 * Running out of memory ends the process through `pool_exhausted`, the one place where this half of the launcher may do so; a
 * test replaces it.
 */
#ifndef FFISAN_CLI_POOL_H
#define FFISAN_CLI_POOL_H

#include <stdarg.h>
#include <stddef.h>

struct pool;

extern void (*pool_exhausted)(void); /* must not return */

struct pool *pool_new(void);
void pool_free(struct pool *pool); /* NULL is fine */

void *pool_get(struct pool *pool, size_t size); /* zeroed */
char *pool_copy(struct pool *pool, const char *text);
char *pool_text(struct pool *pool, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for one more item, zeroed, at the end of an array that has grown only by this function. `array` is the address of the
 * pointer to the first item; it moves. */
void *pool_append(struct pool *pool, void *array, size_t *count, size_t item_size);

/* Text from outside (records, symbol tables, the command line), fit for a terminal and for JSON: bytes that are not UTF-8 become
 * U+FFFD, control characters '?'. Ends at NUL or after `limit` bytes. */
char *pool_clean(struct pool *pool, const char *bytes, size_t limit);
#define POOL_CLEAN_ALL ((size_t)-1)

#endif
