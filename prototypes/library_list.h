/* SPDX-License-Identifier: Apache-2.0
 *
 * libraries.txt, read (its head says what stands in it).
 */
#ifndef FFISAN_PROTOTYPES_LIBRARY_LIST_H
#define FFISAN_PROTOTYPES_LIBRARY_LIST_H

#include <stddef.h>

struct pool;

struct words {
    const char **items;
    size_t count;
};

/* Headers that are read as one source, and how. */
struct unit_wanted {
    struct words headers, flags;
};

struct library_wanted {
    const char *package;
    struct words sonames; /* the first one is the file whose functions count */
    struct unit_wanted *units;
    size_t unit_count;
};

/* Ends the program with a sentence when the list cannot be read. */
void library_list_read(struct pool *pool, const char *path, struct library_wanted **libraries, size_t *count);
/* What a program says on its standard output, as one line; "": nothing. */
const char *output_of(struct pool *pool, const char *command);

#endif
