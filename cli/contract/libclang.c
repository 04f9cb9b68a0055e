/* SPDX-License-Identifier: Apache-2.0 */
#include "libclang.h"

#include <clang-c/Index.h>
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* What was opened. */
static struct {
#define FUNCTION(result, name, parameters, arguments) result(*name) parameters;
#define PROCEDURE(name, parameters, arguments)        void(*name) parameters;
#include "libclang.def"
#undef FUNCTION
#undef PROCEDURE
} opened;

#define FUNCTION(result, name, parameters, arguments)                                                                            \
    result name parameters {                                                                                                     \
        return opened.name arguments;                                                                                            \
    }
#define PROCEDURE(name, parameters, arguments)                                                                                   \
    void name parameters {                                                                                                       \
        opened.name arguments;                                                                                                   \
    }
#include "libclang.def"
#undef FUNCTION
#undef PROCEDURE

static const struct {
    const char *name;
    size_t at; /* in `opened` */
} functions[] = {
#define FUNCTION(result, name, parameters, arguments) {#name, offsetof(__typeof__(opened), name)},
#define PROCEDURE(name, parameters, arguments)        {#name, offsetof(__typeof__(opened), name)},
#include "libclang.def"
#undef FUNCTION
#undef PROCEDURE
};

#define OLDEST 14
#define NEWEST 30

/* Debian and Ubuntu have libclang-14.so.1 and libclang-14.so.14; others libclang.so.14, and libclang.so with the headers. */
static void *library_find(void) {
    static const struct {
        const char *before, *behind;
        bool twice; /* the version stands behind it all once more */
    } names[] = {{"libclang-", ".so.1", false},
                 {"libclang-", ".so.", true},
                 {"libclang", ".so.", true},
                 {"/usr/lib/llvm-", "/lib/libclang.so.1", false},
                 {"/usr/lib64/llvm", "/lib/libclang.so.", true}};
    char name[64];
    for (int version = OLDEST; version <= NEWEST; version++)
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            bool plain = names[i].before[sizeof("libclang") - 1] == '\0'; /* libclang.so.14 */
            int length = plain ? snprintf(name, sizeof(name), "%s%s", names[i].before, names[i].behind)
                               : snprintf(name, sizeof(name), "%s%d%s", names[i].before, version, names[i].behind);
            if (names[i].twice)
                snprintf(name + length, sizeof(name) - (size_t)length, "%d", version);
            void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
            if (library)
                return library;
        }
    void *library = dlopen("libclang.so.1", RTLD_NOW | RTLD_LOCAL);
    return library ? library : dlopen("libclang.so", RTLD_NOW | RTLD_LOCAL);
}

bool libclang_open(const char **why) {
    static char lack[160];
    const char *named = getenv("FFISAN_LIBCLANG");
    void *library = named && *named ? dlopen(named, RTLD_NOW | RTLD_LOCAL) : library_find();
    *why = lack;
    snprintf(lack, sizeof(lack), "libclang is not installed");
    if (!library && named && *named)
        snprintf(lack, sizeof(lack), "%s", dlerror());
    for (size_t i = 0; library && i < sizeof(functions) / sizeof(functions[0]); i++) {
        void *function = dlsym(library, functions[i].name);
        if (!function)
            snprintf(lack, sizeof(lack), "the libclang that is installed is older than %d: it has no %s", OLDEST,
                     functions[i].name);
        if (!function)
            return false;
        *(void **)((char *)&opened + functions[i].at) = function;
    }
    return library;
}
