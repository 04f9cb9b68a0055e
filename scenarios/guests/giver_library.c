/* SPDX-License-Identifier: Apache-2.0
 *
 * A library that allocates: in its constructor, for others, and by a table of functions that it hands out. Built in several ways
 * (lazily bound, bound at once, without a PLT), opened in several ways, and copied many times.
 */
#include <stdlib.h>
#include <string.h>

struct allocators {
    void *(*allocate)(size_t);
    void *(*resize)(void *, size_t);
    void (*release)(void *);
};

static char *built;
/* Addresses that the loader fills in as data. */
static const struct allocators own_table = {malloc, realloc, free};

__attribute__((constructor)) static void construct(void) {
    for (size_t i = 1; i < 20; i++)
        free(malloc(i * 100));
    built = realloc(strdup("built by the constructor"), 200);
}

__attribute__((destructor)) static void destruct(void) {
    free(built);
    built = NULL;
}

void *give(size_t size) {
    return memset(malloc(size), 'g', size);
}

void *grow(void *block, size_t size) {
    return realloc(block, size);
}

void take(void *block) {
    free(block);
}

char *give_built(void) {
    char *block = built;
    built = NULL;
    return block;
}

const struct allocators *table(void) {
    return &own_table;
}

void (*address_of_free(void))(void *) {
    return free;
}
