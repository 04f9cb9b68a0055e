/* SPDX-License-Identifier: Apache-2.0
 *
 * Which process this is. fork() is followed through atfork handlers, so that the child starts with records and sound state of its
 * own, at the price of one stat in the parent and nothing on disk: most children exec or leave at once (records.h). What shares
 * or copies our memory without running those handlers (vfork, raw clone, _Fork, posix_spawn's helper) keeps the parent's books
 * and is told from it by its pid.
 *
 * The handlers are registered with no module handle: glibc takes back those of a module when its destructors run, and programs
 * fork later than that. Registered first, ours run last in the parent before the fork and first in the child, when other handlers
 * may already allocate.
 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/confined.h"
#include "core/options.h"
#include "core/thread.h"
#include "hooks/gates.h"
#include "hooks/hooks.h"

#define CHILD_HOOKS 16

/* glibc's own, behind pthread_atfork, since 2.3.2. */
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *module);
#pragma weak __register_atfork /* other libcs have none: start.c */

static uint32_t own_pid;
static bool had_threads; /* at the last fork; the forking thread's child is the only one to read it */
static void (*child_hooks[CHILD_HOOKS])(bool had_threads);
static unsigned child_hook_count;

bool process_is_ours(void) {
    return confined() || own_pid == (uint32_t)getpid();
}

bool process_is_guest(void) {
    if (confined() || !process_is_ours())
        return true;
    self.attention &= ~(unsigned)ATTENTION_CHILD;
    return false;
}

/* clone(function, stack, flags...): with CLONE_THREAD it is no process. */
static void lends_memory(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    uint64_t flags = strcmp(gate_name(gate), "clone") == 0 ? registers->integer[2] : CLONE_VM;
    (void)origin;
    if (flags & CLONE_VM && !(flags & CLONE_THREAD))
        self.attention |= ATTENTION_CHILD;
}

/* Contracts keep books of what calls do to things; what a child does with its copies of descriptors, say, is another matter. */
void process_watch_children(void) {
    static const char *const names[] = {"vfork", "__vfork", "clone", "__clone", NULL};
    static const struct gate_hooks hooks = {lends_memory, NULL};
    static const struct gate_plan plan = {.names = names, .hooks = &hooks};
    if (options.contracts[0])
        gates_register(&plan);
}

uint32_t process_id(void) {
    return confined() ? own_pid : (uint32_t)getpid();
}

void process_after_fork(void (*child)(bool had_threads)) {
    if (child_hook_count < CHILD_HOOKS)
        child_hooks[child_hook_count++] = child;
}

/* The links of a process's task folder are its threads and two more. Without /proc nothing is known, and threads are assumed. By
 * system call: stat() itself is a newer symbol than glibc 2.28 has. */
static bool has_threads(void) {
    struct stat status;
    return syscall(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &status, 0) != 0 || status.st_nlink != 3;
}

static void before_fork(void) {
    struct inside inside = inside_enter();
    had_threads = confined() || has_threads();
    inside_leave(inside);
}

static void in_child(void) {
    struct inside inside = inside_enter();
    own_pid = process_id();
    self.tid = 0;
    for (unsigned i = 0; i < child_hook_count; i++)
        child_hooks[i](had_threads);
    inside_leave(inside);
}

void process_start(void) {
    own_pid = (uint32_t)getpid();
    __register_atfork(before_fork, NULL, in_child, NULL);
}
