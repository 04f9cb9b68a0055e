/* SPDX-License-Identifier: Apache-2.0
 *
 * Registered calls that are left without returning: what they leave on the stack looks as it did while they were under way, since frames with
 * room that nobody writes to lie over it. Then another thread uses what they were handed, or the same thread does. `registered_left WAY [bug]`.
 */
extern "C" {
#include "registered.h"
}

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define APART     __attribute__((noinline))
#define LEAVE(at) __asm__ volatile("" ::"r"(at) : "memory")

static item *shared;
static char *room;
static sem_t left, done;
static jmp_buf out;

static long jump(void *) {
    longjmp(out, 1);
}
static long fail(void *) {
    throw 1;
}
static long stop(void *) {
    sem_post(&left);
    for (;;)
        pause();
}
static long quit(void *) {
    pthread_exit(NULL);
}
static long nothing(void *) {
    return 0;
}

/* Some way further in than what comes later. */
APART static long work(long (*callback)(void *)) {
    char deep[400];
    LEAVE(deep);
    long result = item_work(shared, room, 100, callback, NULL);
    LEAVE(deep);
    return result;
}

static void wait_outside() {
    sem_post(&left);
    sem_wait(&done);
}
APART static void over_it(void (*run)()) {
    char untouched[16384];
    LEAVE(untouched);
    run();
    LEAVE(untouched);
}
static void use() {
    item_use(shared);
}
static void clean(void *) {
    over_it(wait_outside);
}

static void *jumped(void *) {
    if (setjmp(out) == 0)
        work(jump);
    over_it(wait_outside);
    return NULL;
}
static void *thrown(void *) {
    try {
        work(fail);
    } catch (int) {
    }
    over_it(wait_outside);
    return NULL;
}
static void *cancelled(void *) {
    pthread_cleanup_push(clean, NULL);
    work(stop);
    pthread_cleanup_pop(0);
    return NULL;
}
static void *exited(void *) {
    pthread_cleanup_push(clean, NULL);
    work(quit);
    pthread_cleanup_pop(0);
    return NULL;
}
static void *cleaned_up(void *) {
    struct guard {
        ~guard() {
            over_it(use);
            over_it(wait_outside);
        }
    };
    try {
        guard at_end;
        work(fail);
    } catch (int) {
    }
    return NULL;
}

static void beside(void *(*run)(void *)) {
    pthread_t thread;
    pthread_create(&thread, NULL, run, NULL);
    sem_wait(&left);
    if (run == cancelled) {
        pthread_cancel(thread);
        sem_wait(&left);
    }
    item_use(shared);
    free(room);
    item_close(shared);
    room = (char *)malloc(100);
    shared = item_open();
    sem_post(&done);
    pthread_join(thread, NULL);
}

static void alone(long (*callback)(void *)) {
    try {
        if (setjmp(out) == 0)
            work(callback);
    } catch (int) {
    }
    over_it(use);
}

/* The child runs on its parent's memory, and has descriptors of its own. */
static int port;
static int close_port(void *) {
    port_close(port);
    return 0;
}
static void shared_with_child() {
    static char stack[1 << 16];
    port = port_open();
    pid_t pid = vfork();
    if (pid == 0) {
        port_close(port);
        execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
    port_use(port);
    pid = clone(close_port, stack + sizeof(stack), CLONE_VM | CLONE_VFORK, NULL);
    waitpid(pid, NULL, __WCLONE);
    port_use(port);
    port_close(port);
}

static void run(const char *way) {
    static const struct {
        const char *name;
        void *(*run)(void *);
    } ways[] = {{"jumped", jumped}, {"thrown", thrown}, {"cancelled", cancelled}, {"exited", exited}, {"cleaned-up", cleaned_up}};
    for (const auto &it : ways)
        if (strcmp(it.name, way) == 0)
            beside(it.run);
    if (strcmp(way, "jumped-alone") == 0)
        alone(jump);
    else if (strcmp(way, "thrown-alone") == 0)
        alone(fail);
    else if (strcmp(way, "shared-with-child") == 0)
        shared_with_child();
}

int main(int argc, char **argv) {
    if (argc < 2)
        return 2;
    shared = item_open();
    room = (char *)malloc(100);
    sem_init(&left, 0, 0);
    sem_init(&done, 0, 0);
    work(nothing);
    run(argv[1]);
    item_close(shared);
    if (argc > 2 && strcmp(argv[2], "bug") == 0)
        item_use(shared);
    puts("done");
    return 0;
}
