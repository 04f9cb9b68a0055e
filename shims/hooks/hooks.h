/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of hooks/ share: the way on to the function that an interposed one stands for, and the moments of a process's
 * life.
 *
 * Rules for whoever edits a file here:
 *  - the first thing that an interposed function does is to test `self.busy` and `hooks_off`; either means: straight on to the
 *    real one;
 *  - anything beyond the fast path keeps errno, runs with `busy` held, and may be interrupted by a signal whose handler calls it
 *    again;
 *  - before hooks_start has run (and inside the loader) nothing of ours exists yet: only NEXT() works;
 *  - in a child of vfork everything written is the parent's memory: write nothing but what belongs to the parent's record.
 */
#ifndef FFISAN_HOOKS_HOOKS_H
#define FFISAN_HOOKS_HOOKS_H

#include <errno.h>

#include "core/thread.h"
#include "core/types.h"

/* 1 until the shim is ready, for ever when it has nothing to do (no record folder, stood aside), and again after its end. */
extern int hooks_off;

/* The definition that comes after the shim's in the search order of the main namespace, found without the loader's help (no lock,
 * no allocation). 0: there is none. */
uintptr_t next_symbol(const char *name);
/* The head of the loader's list of objects. */
struct link_map;
const struct link_map *first_loaded(void);
/* The definition that the program itself gets; *module: whose it is, NULL: the shim's. */
uintptr_t first_symbol(const char *name, const char **module);
/* NEXT(dlclose)(handle): resolved at first use. */
#define NEXT(function)                                                                                                           \
    (*({                                                                                                                         \
        static uintptr_t next_;                                                                                                  \
        uintptr_t found_ = __atomic_load_n(&next_, __ATOMIC_RELAXED);                                                            \
        if (UNLIKELY(!found_))                                                                                                   \
            __atomic_store_n(&next_, found_ = next_symbol(#function), __ATOMIC_RELAXED);                                         \
        (__typeof__(&function))found_;                                                                                           \
    }))

/* One step into the shim and out of it again, for everything beyond the fast path. */
struct inside {
    int error;
};
static inline struct inside inside_enter(void) {
    self.busy++;
    return (struct inside){*__errno_location()};
}
static inline void inside_leave(struct inside inside) {
    *__errno_location() = inside.error;
    self.busy--;
}

/* What the hooks ask the checker of a managed runtime; hooks_start says whom. The hooks themselves know no runtime. */
struct module;
struct managed_runtime {
    bool (*is)(const struct module *module); /* the module is the runtime itself */
    bool (*taken_apart)(void);               /* it has begun to tear its heap down, unseen by us */
};
extern struct managed_runtime managed_runtime;

/* Called in hooks_start, before any other thread exists. */
void signals_start(void); /* signals.c: crash handlers where nobody has one; sigaction's family told from then on */
void process_start(void); /* process.c: follows fork */
void exit_start(void);
void escapes_start(void);   /* escapes.c: longjmp and exceptions, when the rule is on; likewise */
void unmap_start(void);     /* unmap.c: munmap, where there are contracts; likewise */
void creations_start(void); /* creations.c: pthread_create, where a rule asks who made a thread; likewise */
void creations_thread_end(void);
void watch_start(void);  /* watch.c: the functions that the user named; before the first module is looked at */
void libffi_start(void); /* libffi.c: ffi_call is looked for in every module; before the first one is looked at */

/* signals.c */
/* `changing` is called before the program sets what is done at a signal, with the address that the call came from; in signal handlers too. */
void signals_on_change(void (*changing)(int signal, uintptr_t caller, uintptr_t stack));
/* Who is asked first at each memory fault that nobody else handles; true: it is dealt with, try the access again. */
void signals_on_fault(bool (*guard)(uintptr_t address, const void *context));
/* Ends the process as abort() does, core included, without the program's own handler of SIGABRT. Comes back when the process is
 * dying of a crash already, which then says what it dies of. */
void signals_die_of_abort(void);

/* The program is about to confine itself: the default actions that the crash handler stands for are given back, since after the
 * report it would have to ask the kernel for the process's end. And it was refused: as before. */
void signals_step_aside(void);
void signals_step_back(void);

/* dl.c: `callback` is called when a module has looked a function up in a handle (dlsym), with `busy` not held and nothing locked: it
 * may do what the module itself might have done then. errno is kept. */
void loader_on_lookup(void (*callback)(const struct module *caller));
/* `callback` is asked what a module that looked `name` up is to be given instead of `address`, which is the answer when it does not care;
 * with `busy` held, not under the loader's lock. One only. */
void loader_on_answer(uintptr_t (*callback)(const char *name, uintptr_t address, const struct module *caller));

/* process.c */
void process_watch_children(void);                        /* before the first module is looked at */
void process_after_fork(void (*child)(bool had_threads)); /* registers one more thing for the child to do; before threads exist */
/* False in a child of vfork or of a raw clone, whose memory or records are its parent's. In a confined process nobody can tell,
 * and it is taken for true: such a child then says in the header how it ends, and its parent says better at its own end. */
bool process_is_ours(void);
/* In a child of vfork, or of a clone that shares the memory: what is written down of calls would be the parent's. For who found ATTENTION_CHILD; clears
 * it in the parent, which goes on when the child has gone. */
bool process_is_guest(void);
uint32_t process_id(void); /* in what descends from a confined process its id */

/* exit.c */
/* Somebody saw the end of the process coming: looks for leaks. Once; later calls do nothing. Not in a child of vfork. */
void exit_reached(const struct origin *origin);
/* That was called: destructors and atexit handlers run now, or soon. */
bool exit_under_way(void);
/* It will end with this status, unless somebody changes it once more. */
void exit_status_known(int status);

/* malloc.c: `tick` is called on every thread every thousand allocations or so, with `busy` held: for what has to look at the
 * process now and then. `attached` stays false until it answers true; then it is called no more. */
typedef bool hooks_tick(void);
void hooks_on_tick(hooks_tick *tick);

#endif
