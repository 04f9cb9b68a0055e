/* SPDX-License-Identifier: Apache-2.0 */
#include "contract_compile.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract/compiler.h"
#include "contract_cache.h"
#include "contract_files.h"
#include "pool.h"
#include "trouble.h"

#define PROGRAM "ffisan/ffisan-contract-compiler"

extern char **environ;

struct arguments {
    struct pool *pool;
    char **items;
    size_t count;
};

static void argument_add(struct arguments *arguments, const char *text) {
    *(char **)pool_append(arguments->pool, &arguments->items, &arguments->count, sizeof(*arguments->items)) =
        text ? pool_copy(arguments->pool, text) : NULL;
}

static void arguments_make(struct arguments *arguments, const char *compiler, const struct contract_source *source,
                           const char *output, const char *files) {
    argument_add(arguments, compiler);
    for (size_t i = 0; i < source->flag_count; i++)
        argument_add(arguments, source->flags[i]);
    for (size_t i = 0; i < source->against_count; i++) {
        argument_add(arguments, "--against");
        argument_add(arguments, source->against[i]);
    }
    if (output) {
        argument_add(arguments, "-o");
        argument_add(arguments, output);
    }
    if (files) {
        argument_add(arguments, "--files");
        argument_add(arguments, files);
    }
    argument_add(arguments, "--");
    argument_add(arguments, source->path);
    argument_add(arguments, NULL);
}

/* The launcher may hold signals, which the compiler is not to. */
static int process_run(char *const *arguments, int *status) {
    posix_spawnattr_t attributes;
    sigset_t none;
    pid_t child;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int error = posix_spawn(&child, arguments[0], NULL, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    while (!error && waitpid(child, status, 0) < 0)
        if (errno != EINTR)
            error = errno;
    return error;
}

static struct trouble *trouble_of(const struct contract_source *source, int status, bool *wrong) {
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
        return trouble_new(
            "%s: it takes too long to compile: more than 20 seconds of processor time, or what FFISAN_CONTRACT_SECONDS says",
            source->path);
    if (WIFSIGNALED(status))
        return trouble_new("%s: libclang ended with signal %d while it was being compiled, or ran out of memory (2 GiB)",
                           source->path, WTERMSIG(status));
    *wrong = WEXITSTATUS(status) == CONTRACT_COMPILER_ERRORS;
    switch (WEXITSTATUS(status)) {
    case CONTRACT_COMPILER_NO_LIBCLANG:
        return trouble_new(
            "%s: a contract's header is read with libclang (14 or newer), and there is none here. Install it (Debian, Ubuntu: "
            "libclang1-14; Fedora: clang-libs), or compile the contract on another machine with 'ffisan contract check "
            "-o FILE.ffc %s' and use FILE.ffc",
            source->path, source->path);
    case EXIT_SUCCESS:
    case CONTRACT_COMPILER_ERRORS:
        return NULL;
    default:
        return trouble_new("%s: it cannot be compiled", source->path);
    }
}

static struct trouble *compile(struct pool *pool, const char *compiler, const struct contract_source *source, const char *output,
                               const char *files, bool *wrong) {
    struct arguments arguments = {.pool = pool};
    int status = 0;
    arguments_make(&arguments, compiler, source, output, files);
    int error = process_run(arguments.items, &status);
    return error ? trouble_new("%s cannot be started: %s", compiler, strerror(error)) : trouble_of(source, status, wrong);
}

static struct trouble *compile_and_keep(struct pool *pool, const char *compiler, const struct contract_source *source,
                                        const char *output, bool *wrong) {
    const char *key = cache_key(pool, source, compiler), *known = source->fresh ? NULL : cache_find(pool, key);
    const char *files = pool_text(pool, "%s.files", output);
    if (known && file_copy(known, output))
        return NULL;
    struct trouble *trouble = compile(pool, compiler, source, output, files, wrong);
    if (!trouble && !*wrong)
        cache_keep(pool, key, output, files);
    unlink(files);
    return trouble;
}

struct trouble *contract_compile(struct pool *pool, const struct contract_source *source, const char *output, bool *wrong) {
    const char *compiler = installed_program(pool, PROGRAM);
    *wrong = false;
    if (access(source->path, R_OK) != 0)
        return trouble_new("%s: %s", source->path, strerror(errno));
    if (!compiler)
        return trouble_new("ffisan-contract-compiler is not where it belongs (libexec/ffisan); install FFISan again");
    fflush(NULL);
    return output ? compile_and_keep(pool, compiler, source, output, wrong) : compile(pool, compiler, source, NULL, NULL, wrong);
}
