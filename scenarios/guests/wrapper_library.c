/* SPDX-License-Identifier: Apache-2.0
 *
 * A library to preload that wraps malloc's family as many do: the real one is looked up by dlsym at the first call, in the middle
 * of it.
 */
#include <dlfcn.h>
#include <stddef.h>

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);

static void find(void) {
    real_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
    real_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
    real_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
    real_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
}

void *malloc(size_t size) {
    if (!real_malloc)
        find();
    return real_malloc(size);
}

void *calloc(size_t count, size_t size) {
    if (!real_calloc)
        find();
    return real_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    if (!real_realloc)
        find();
    return real_realloc(block, size);
}

void free(void *block) {
    if (!real_free)
        find();
    real_free(block);
}
