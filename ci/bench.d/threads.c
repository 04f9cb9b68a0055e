/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that do nothing but allocate: `threads COUNT PAIRS`. Each keeps 1,000 blocks of mixed sizes and replaces one at a time.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEPT = 1000 };
static long pairs;

static void *allocate(void *argument) {
    void *kept[KEPT] = {NULL};
    uint32_t random = 1u + (uint32_t)(uintptr_t)argument;
    for (long i = 0; i < pairs; i++) {
        random = random * 1664525u + 1013904223u;
        unsigned slot = (random >> 8) % KEPT;
        free(kept[slot]);
        kept[slot] = malloc(16 + (random >> 20) % 500);
        *(volatile char *)kept[slot] = 1;
    }
    for (int i = 0; i < KEPT; i++)
        free(kept[i]);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    int count = atoi(argv[1]);
    pairs = atol(argv[2]);
    pthread_t *threads = calloc((size_t)count, sizeof(*threads));
    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, allocate, (void *)(intptr_t)i) != 0)
            return 1;
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    return 0;
}
