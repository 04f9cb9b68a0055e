/* SPDX-License-Identifier: Apache-2.0 */
#include "with.h"

#include <glob.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "environment.h"
#include "pool.h"
#include "program.h"
#include "shim_options.h"
#include "trouble.h"

enum ffisan_with with_chosen(const struct shim_settings *settings) {
    static const char *const names[] = {CHOICES_with};
    const char *value = settings->values[SHIM_OPTION_with];
    for (unsigned i = 0; value && i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(names[i], value) == 0)
            return (enum ffisan_with)i;
    return FFISAN_WITH_NATIVE;
}

/* Small objects of Python's own would lie in arenas, of which no checker sees more than the whole. */
struct trouble *with_settings(struct shim_settings *settings) {
    if (with_chosen(settings) == FFISAN_WITH_NATIVE)
        return NULL;
    return shim_setting(settings, SHIM_OPTION_python_memory, "--python-memory", "full");
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* --- AddressSanitizer: its runtime --- */

/* GCC's is installed as a library of the system; clang's lies in a folder of each version (clang --print-resource-dir), under
 * one of two names. */
static const char *const gcc_places[] = {"/usr/lib/x86_64-linux-gnu/libasan.so.[0-9]*", "/usr/lib64/libasan.so.[0-9]*",
                                         "/usr/lib/libasan.so.[0-9]*", "/usr/local/lib64/libasan.so.[0-9]*",
                                         "/lib/x86_64-linux-gnu/libasan.so.[0-9]*"};
static const char *const clang_places[] = {
    "/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.asan-x86_64.so",
    "/usr/lib/llvm-*/lib/clang/*/lib/x86_64*-linux-gnu/libclang_rt.asan.so",
    "/usr/lib/clang/*/lib/linux/libclang_rt.asan-x86_64.so",
    "/usr/lib64/clang/*/lib/linux/libclang_rt.asan-x86_64.so",
    "/usr/lib/clang/*/lib/x86_64*-linux-gnu/libclang_rt.asan.so",
    "/usr/local/lib/clang/*/lib/linux/libclang_rt.asan-x86_64.so",
};

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The newest by name; with `name` only files of that name count. NULL: none. */
static const char *newest(struct pool *pool, const char *const *places, size_t count, const char *name) {
    const char *best = NULL;
    for (size_t i = 0; i < count && !best; i++) {
        glob_t found;
        if (glob(places[i], 0, NULL, &found) != 0)
            continue;
        for (size_t j = 0; j < found.gl_pathc; j++) {
            const char *path = found.gl_pathv[j];
            if ((!name || strcmp(last_part(path), name) == 0) && (!best || strverscmp(path, best) > 0))
                best = pool_copy(pool, path);
        }
        globfree(&found);
    }
    return best;
}

static const char *find_runtime(struct pool *pool, const char *name) {
    const char *path = NULL;
    if (!name || starts_with(name, "libasan"))
        path = newest(pool, gcc_places, sizeof(gcc_places) / sizeof(*gcc_places), name);
    if (!path && (!name || starts_with(name, "libclang_rt")))
        path = newest(pool, clang_places, sizeof(clang_places) / sizeof(*clang_places), name);
    return path;
}

/* As the program names it; NULL: it names none. */
static const char *runtime_needed(const struct program *program) {
    for (size_t i = 0; program && i < program->needed_count; i++)
        if (environment_is_asan_runtime(program->needed[i]))
            return program->needed[i];
    return NULL;
}

static const char *runtime_preloaded(struct pool *pool) {
    const char *list = getenv("LD_PRELOAD");
    char *rest = pool_copy(pool, list ? list : ""), *state = NULL;
    for (char *path = strtok_r(rest, " :", &state); path; path = strtok_r(NULL, " :", &state))
        if (environment_is_asan_runtime(path))
            return path;
    return NULL;
}

struct trouble *with_asan_runtime(struct pool *pool, const struct program *program, const char **path) {
    const char *needed = runtime_needed(program);
    *path = NULL;
    if (runtime_preloaded(pool) || (program && program->has_asan && !needed))
        return NULL; /* the user has chosen; or it is linked into the program */
    if (needed && strchr(needed, '/'))
        *path = needed;
    else
        *path = find_runtime(pool, needed);
    if (*path)
        return NULL;
    if (needed && program)
        return trouble_new("--with asan: %s needs %s, which is not on this machine; install the compiler that it was built with, "
                           "or set LD_PRELOAD to the file",
                           program->path, needed);
    return trouble_new(
        "--with asan: AddressSanitizer's runtime is not on this machine; install it (Debian: libasan8, or a clang), "
        "or set LD_PRELOAD to the one that your libraries were built with");
}

/* --- AddressSanitizer: its options --- */

/* The user's own win over these, but not over what the reports depend on. Leaks are looked for only in programs that are built with it: of
 * others the shim does. A huge request is refused as malloc would. Crashes are the shim's, too: AddressSanitizer writes a word on standard error
 * before anything else. Frames are named by us. */
static const char *asan_options(struct pool *pool, const struct program *program, const char *folder) {
    const char *user = getenv("ASAN_OPTIONS"), *leaks = getenv("LSAN_OPTIONS");
    bool suppresses = (user && strstr(user, "suppressions=")) || (leaks && strstr(leaks, "suppressions="));
    return pool_text(
        pool,
        "verify_asan_link_order=0:allocator_may_return_null=1:detect_leaks=%d:symbolize=%d:handle_segv=0:handle_sigbus=0:"
        "handle_sigfpe=0:handle_sigill=0:%s%s"
        "log_path=\"%s/asan\":log_exe_name=1:log_to_syslog=0:color=never:stack_trace_format=DEFAULT",
        program->has_asan, suppresses, user ? user : "", user && *user ? ":" : "", folder);
}

static struct trouble *apply_asan(struct pool *pool, const struct program *program, const char *folder,
                                  struct environment *environment) {
    const char *runtime;
    struct trouble *trouble = with_asan_runtime(pool, program, &runtime);
    if (trouble)
        return trouble;
    if (runtime)
        environment->preload = pool_text(pool, "%s:%s", runtime, environment->preload);
    environment->asan_options = asan_options(pool, program, folder);
    return NULL;
}

/* --- Valgrind --- */

const char *with_valgrind(struct pool *pool) {
    bool denied;
    return program_find(pool, "valgrind", &denied);
}

static bool user_says(const char *option) {
    const char *options = getenv("VALGRIND_OPTS");
    return options && strstr(options, option);
}

static void add(struct pool *pool, const char ***argv, size_t *count, const char *argument) {
    *(const char **)pool_append(pool, argv, count, sizeof(**argv)) = argument;
}

/* Uses of undefined values are no rule of ours, and looking for them doubles the time. nouserintercepts: the shim's malloc stays in force, and
 * libc's behind it is Valgrind's. */
static void add_valgrind(struct pool *pool, const char ***argv, size_t *count, const char *valgrind, const char *folder) {
    static const char *const fixed[] = {"--tool=memcheck", "--xml=yes", "--trace-children=yes", "--child-silent-after-fork=no",
                                        "--soname-synonyms=somalloc=nouserintercepts"};
    add(pool, argv, count, valgrind);
    for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
        add(pool, argv, count, fixed[i]);
    add(pool, argv, count, pool_text(pool, "--xml-file=%s/valgrind.%%p.xml", folder));
    add(pool, argv, count, pool_text(pool, "--log-file=%s/valgrind.%%p.log", folder));
    if (!user_says("--undef-value-errors"))
        add(pool, argv, count, "--undef-value-errors=no");
    if (!user_says("--num-callers"))
        add(pool, argv, count, "--num-callers=40");
    if (!user_says("--error-limit"))
        add(pool, argv, count, "--error-limit=no");
    if (!user_says("--vgdb"))
        add(pool, argv, count, "--vgdb=no");
}

static struct trouble *apply_valgrind(struct pool *pool, const char *folder, char *const **command) {
    const char *valgrind = with_valgrind(pool), **argv = NULL;
    size_t count = 0;
    if (!valgrind)
        return trouble_new("--with valgrind: there is no valgrind in PATH; install it (Debian: valgrind)");
    if (strchr(folder, '%'))
        return trouble_new(
            "--with valgrind: the record folder's path, %s, has a '%%' in it, which Valgrind would take for its own; "
            "set TMPDIR to another place",
            folder);
    add_valgrind(pool, &argv, &count, valgrind, folder);
    for (char *const *argument = *command; *argument; argument++)
        add(pool, &argv, &count, *argument);
    add(pool, &argv, &count, NULL);
    *command = (char *const *)argv;
    return NULL;
}

struct trouble *with_apply(struct pool *pool, enum ffisan_with with, const struct program *program, const char *folder,
                           struct environment *environment, char *const **command) {
    if (with == FFISAN_WITH_ASAN)
        return apply_asan(pool, program, folder, environment);
    return with == FFISAN_WITH_VALGRIND ? apply_valgrind(pool, folder, command) : NULL;
}
