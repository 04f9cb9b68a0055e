/* SPDX-License-Identifier: Apache-2.0 */
#include "environment.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pool.h"
#include "shim_options.h"
#include "trouble.h"

#define LIBRARY "libffisan.so"

/* Seen from the folder of the executable: as installed here, as others install it, as built. */
static const char *const places[] = {
    "../" FFISAN_INSTALL_LIBDIR "/ffisan/" LIBRARY,
    "../lib/ffisan/" LIBRARY,
    "../lib/x86_64-linux-gnu/ffisan/" LIBRARY,
    "../lib64/ffisan/" LIBRARY,
    "../shims/" LIBRARY,
};

/* ld.so cuts LD_PRELOAD at each of these, and has no way to quote one. */
static struct trouble *check_preloadable(const char *path) {
    if (path[strcspn(path, " :")])
        return trouble_new("%s cannot be preloaded, since its path has a space or ':' in it; install FFISan elsewhere", path);
    return NULL;
}

static struct trouble *library_named(struct pool *pool, const char *name, const char **path) {
    char absolute[PATH_MAX];
    if (!realpath(name, absolute) || access(absolute, R_OK) != 0)
        return trouble_new("FFISAN_LIBRARY=%s: %s", name, strerror(errno));
    *path = pool_copy(pool, absolute);
    return check_preloadable(*path);
}

struct trouble *environment_library(struct pool *pool, const char **path) {
    const char *named = getenv("FFISAN_LIBRARY");
    if (named && *named)
        return library_named(pool, named, path);
    char self[PATH_MAX] = "", absolute[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash = length > 0 ? strrchr(self, '/') : NULL;
    if (!slash)
        return trouble_new("cannot read /proc/self/exe (%s), so " LIBRARY " is not found; set FFISAN_LIBRARY to its path",
                           strerror(errno));
    *slash = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (realpath(pool_text(pool, "%s/%s", self, places[i]), absolute) && access(absolute, R_OK) == 0) {
            *path = pool_copy(pool, absolute);
            return check_preloadable(*path);
        }
    return trouble_new(LIBRARY " is not where it belongs, %s/%s; install FFISan again, or set FFISAN_LIBRARY to its path", self,
                       places[0]);
}

bool environment_is_asan_runtime(const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return strncmp(name, "libasan.so", 10) == 0 || strncmp(name, "libclang_rt.asan", 16) == 0;
}

const char *environment_preload(struct pool *pool, const char *library, const char *existing) {
    const char *before = "", *behind = "";
    char *rest = pool_copy(pool, existing ? existing : ""), *state = NULL;
    for (char *path = strtok_r(rest, " :", &state); path; path = strtok_r(NULL, " :", &state)) {
        if (strcmp(path, library) == 0)
            continue; /* a run inside a run */
        behind = pool_text(pool, "%s:%s", behind, path);
        if (environment_is_asan_runtime(path)) {
            before = pool_text(pool, "%s%s", before, behind);
            behind = "";
        }
    }
    return pool_text(pool, "%s%s%s%s", *before ? before + 1 : "", *before ? ":" : "", library, behind);
}

/* A program built with gcc's or clang's shared AddressSanitizer runtime ends at once when another library stands before that one
 * in the link order, as a preloaded one does. It shall run as without us, and so shall those that the command starts. */
static const char *asan_options(struct pool *pool) {
    static const char lenient[] = "verify_asan_link_order=0";
    const char *existing = getenv("ASAN_OPTIONS");
    if (!existing || !*existing)
        return lenient;
    return strstr(existing, "verify_asan_link_order=") ? NULL : pool_text(pool, "%s:%s", existing, lenient);
}

struct trouble *environment_compose(struct environment *environment, struct pool *pool, const struct shim_settings *settings) {
    const char *library = "", *memory = settings->values[SHIM_OPTION_python_memory];
    struct trouble *trouble = environment_library(pool, &library);
    if (trouble)
        return trouble;
    environment->preload = environment_preload(pool, library, getenv("LD_PRELOAD"));
    environment->options = shim_settings_text(settings);
    environment->asan_options = asan_options(pool);
    environment->python_malloc = memory && strcmp(memory, "full") == 0 ? "malloc" : NULL;
    return NULL;
}

static void apply(const char *name, const char *value) {
    if (value)
        setenv(name, value, 1);
}

/* With the id that only the new process knows: its own. */
static void apply_options(const char *options) {
    char *with_command;
    if (!options || asprintf(&with_command, "%s:command=%d", options, (int)getpid()) < 0)
        return;
    apply("FFISAN_OPTIONS", with_command);
    free(with_command);
}

void environment_apply(const struct environment *environment) {
    apply("LD_PRELOAD", environment->preload);
    apply_options(environment->options);
    apply("ASAN_OPTIONS", environment->asan_options);
    apply("PYTHONMALLOC", environment->python_malloc);
}
