/* SPDX-License-Identifier: Apache-2.0
 *
 * A library to preload whose constructor allocates, and makes dlsym allocate (the text of a failure is kept on the heap).
 */
#include <dlfcn.h>
#include <stdlib.h>

static void *kept;

__attribute__((constructor)) static void construct(void) {
    kept = malloc(100);
    for (int i = 0; i < 20; i++) {
        if (dlsym(RTLD_NEXT, "no_such_function") || !dlerror())
            abort();
    }
    void *(*real)(size_t) = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    void *block = real ? real(10) : NULL;
    free(block);
}

__attribute__((destructor)) static void destruct(void) {
    free(kept);
}
