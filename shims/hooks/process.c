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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/confined.h"
#include "core/thread.h"
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
