/* SPDX-License-Identifier: Apache-2.0
 *
 * What the guests share. A guest checks itself: what does not hold is said on standard error and ends it with status 70. What it
 * prints must be the same with and without the shim, and it frees what it allocates.
 */
#ifndef GUEST_H
#define GUEST_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MUST(condition)                                                                                                          \
    do {                                                                                                                         \
        if (!(condition)) {                                                                                                      \
            fprintf(stderr, "%s:%d: not so: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);                            \
            _exit(70);                                                                                                           \
        }                                                                                                                        \
    } while (0)

/* The bug that guests plant: only with the word "bug" among the arguments. */
static inline void maybe_double_free(int argc, char **argv) {
    bool planted = argc > 1 && strcmp(argv[argc - 1], "bug") == 0;
    char *volatile block = (char *)malloc(24);
    if (!block)
        return;
    free(block);
    if (planted)
        free(block);
}

/* A page's worth of allocation work; the same blocks whatever the seed's caller. */
static inline void churn(unsigned seed, unsigned rounds) {
    char *volatile kept[16] = {0};
    for (unsigned i = 0; i < rounds; i++) {
        unsigned at = (seed + i * 7) % 16;
        free(kept[at]);
        size_t size = 1 + (seed * 31 + i * 37) % 3000;
        kept[at] = (char *)malloc(size);
        MUST(kept[at]);
        memset(kept[at], (int)i, size);
    }
    for (unsigned i = 0; i < 16; i++)
        free(kept[i]);
}

#endif
