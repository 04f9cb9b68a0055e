/* SPDX-License-Identifier: Apache-2.0
 *
 * A program with an allocator of its own, which comes before everybody's: also libc's and the library's blocks are this one's.
 */
#include "giver.h"

static _Alignas(16) char memory[8 << 20];
static size_t used;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_mine(const void *block) {
    return (const char *)block >= memory && (const char *)block < memory + sizeof memory;
}

void *malloc(size_t size) {
    pthread_mutex_lock(&lock);
    size_t whole = (size + 31) & ~(size_t)15;
    char *block = used + whole <= sizeof memory ? memory + used : NULL;
    if (block) {
        used += whole;
        *(size_t *)block = size;
        block += 16;
    }
    pthread_mutex_unlock(&lock);
    return block;
}

void free(void *block) {
    if (block && !is_mine(block))
        _exit(71);
}

void *calloc(size_t count, size_t size) {
    return malloc(count * size);
}

void *realloc(void *block, size_t size) {
    char *fresh = malloc(size);
    if (fresh && block) {
        size_t old = ((size_t *)block)[-2];
        memcpy(fresh, block, old < size ? old : size);
    }
    return fresh;
}

int main(int argc, char **argv) {
    MUST(argc > 1);
    struct giver giver = giver_open(argv[1], RTLD_NOW);
    char *block = giver.grow(giver.give(10), 100), *copy = strdup("text");
    MUST(is_mine(block) && is_mine(copy));
    giver.take(copy);
    free(block);
    churn(1, 500);
    dlclose(giver.handle);
    puts("mine");
    return 0;
}
