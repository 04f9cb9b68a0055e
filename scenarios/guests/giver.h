/* SPDX-License-Identifier: Apache-2.0
 *
 * giver_library.c as its users see it, after dlopen.
 */
#ifndef GIVER_H
#define GIVER_H

#include <dlfcn.h>

#include "guest.h"

struct allocators {
    void *(*allocate)(size_t);
    void *(*resize)(void *, size_t);
    void (*release)(void *);
};

struct giver {
    void *handle;
    void *(*give)(size_t);
    void *(*grow)(void *, size_t);
    void (*take)(void *);
    char *(*give_built)(void);
    const struct allocators *(*table)(void);
    void (*(*address_of_free)(void))(void *);
};

static inline struct giver giver_of(void *handle) {
    MUST(handle);
    return (struct giver){handle,
                          (void *(*)(size_t))dlsym(handle, "give"),
                          (void *(*)(void *, size_t))dlsym(handle, "grow"),
                          (void (*)(void *))dlsym(handle, "take"),
                          (char *(*)(void))dlsym(handle, "give_built"),
                          (const struct allocators *(*)(void))dlsym(handle, "table"),
                          (void (*(*)(void))(void *))dlsym(handle, "address_of_free")};
}

static inline struct giver giver_open(const char *path, int mode) {
    return giver_of(dlopen(path, mode));
}

#endif
