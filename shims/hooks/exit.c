/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of the process, as far as it can be seen coming: exit, quick_exit, _exit and the return from main. The search for leaks
 * runs there, before destructors and atexit handlers take down what they own; what is found after that is still recorded. Not
 * seen: death by a signal, exec, a raw exit_group (Go), and the end of the last thread (glibc then calls its own exit).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contract/losses.h"
#include "contract/memory.h"
#include "contract/revoke.h"
#include "core/confined.h"
#include "core/crossings.h"
#include "core/leaks.h"
#include "core/modules.h"
#include "core/options.h"
#include "core/profile.h"
#include "core/records.h"
#include "core/thread.h"
#include "hooks/hooks.h"
#include "hooks/with.h"

static bool reached;
static int (*real_main)(int, char **, char **);

static bool watching(void) {
    return !__atomic_load_n(&hooks_off, __ATOMIC_RELAXED) && process_is_ours();
}

void exit_status_known(int status) {
    if (!watching())
        return;
    struct inside inside = inside_enter();
    records_own();
    struct ffisan_record_header *header = records_header();
    header->exit_status = status & 0xff; /* what wait() will tell */
    __atomic_store_n(&header->end, FFISAN_END_EXIT, __ATOMIC_RELEASE);
    crossings_tell();
    inside_leave(inside);
}

static void look_for_runtime(const struct module *module, void *context) {
    if ((module->kind & MODULE_RUNTIME) || strncmp(module_name(module), "libffi.so", sizeof "libffi.so" - 1) == 0)
        *(bool *)context = true;
}

/* A compiler, a linker, a pager that the command has started: what it has not freed when it ends is nobody's concern. */
static bool is_helper(void) {
    if (confined() || !options.command || options.only_library[0] || (unsigned)getpid() == options.command ||
        records_header()->forked)
        return false;
    bool runtime = false;
    modules_each(look_for_runtime, &runtime);
    return !runtime;
}

/* With `busy` held already, a signal handler ends the process in the middle of our own work: the books may be half written. */
void exit_reached(const struct origin *origin) {
    if (self.busy || !watching() || __atomic_exchange_n(&reached, true, __ATOMIC_ACQ_REL))
        return;
    struct inside inside = inside_enter();
    records_own();
    bool helper = is_helper();
    if (!helper)
        losses_end();
    memory_quiet();
    if (helper)
        leaks_forgo(FFISAN_LEAKS_HELPER);
    else if (managed_runtime.taken_apart && managed_runtime.taken_apart())
        leaks_forgo(FFISAN_LEAKS_TAKEN_APART);
    revoke_end();
    leaks_check(origin);
    profile_write();
    if (with_memory.end)
        with_memory.end();
    records_shrink(0);
    inside_leave(inside);
}

bool exit_under_way(void) {
    return __atomic_load_n(&reached, __ATOMIC_RELAXED);
}

static void end_seen(const struct origin *origin, int status) {
    exit_status_known(status);
    exit_reached(origin);
}

EXPORT void exit(int status) {
    const struct origin origin = ORIGIN_HERE();
    end_seen(&origin, status);
    NEXT(exit)(status);
    __builtin_unreachable();
}

EXPORT void quick_exit(int status) {
    const struct origin origin = ORIGIN_HERE();
    end_seen(&origin, status);
    NEXT(quick_exit)(status);
    __builtin_unreachable();
}

EXPORT void _exit(int status) {
    const struct origin origin = ORIGIN_HERE();
    end_seen(&origin, status);
    NEXT(_exit)(status);
    __builtin_unreachable();
}

EXPORT void _Exit(int status) {
    const struct origin origin = ORIGIN_HERE();
    end_seen(&origin, status);
    NEXT(_Exit)(status);
    __builtin_unreachable();
}

/* main's frame is gone when its result is here: what only its variables led to is lost from now on. */
static int watched_main(int argc, char **argv, char **environment) {
    const struct origin origin = ORIGIN_HERE();
    int status = real_main(argc, argv, environment);
    end_seen(&origin, status);
    return status;
}

/* Programs linked before glibc 2.34 pass `init` and `fini`, later ones NULL; one function behind both versions of the symbol
 * takes either. */
int __libc_start_main(int (*main_)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*loader_fini)(void), void *stack_end);
EXPORT int __libc_start_main(int (*main_)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void),
                             void (*loader_fini)(void), void *stack_end) {
    if (!__atomic_load_n(&hooks_off, __ATOMIC_RELAXED)) {
        real_main = main_;
        main_ = watched_main;
    }
    return NEXT(__libc_start_main)(main_, argc, argv, init, fini, loader_fini, stack_end);
}

static void in_child(bool had_threads) {
    (void)had_threads;
    reached = false;
}

/* The last thread's end, after main's by pthread_exit, leads to an exit inside libc. Registered first, this runs last of all handlers: too
 * late for leaks, in time for the status. */
#pragma weak on_exit /* other libcs have none: start.c */
static void libc_exits(int status, void *unused) {
    (void)unused;
    if (!__atomic_load_n(&reached, __ATOMIC_ACQUIRE))
        exit_status_known(status);
}

void exit_start(void) {
    on_exit(libc_exits, NULL);
    process_after_fork(in_child);
}
