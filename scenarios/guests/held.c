/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that is still held when the process ends, each block by another kind of holder: none of it is lost.
 */
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "guest.h"

struct list {
    struct list *next;
    char rest[40];
};

static struct list *by_static;
static __thread void *by_thread_local;
static pthread_key_t key;
static char *by_interior;
static ucontext_t inside, outside;

static void coroutine(void) {
    void *volatile by_coroutine = malloc(333);
    swapcontext(&inside, &outside);
    free(by_coroutine);
}

static void *blocked(void *barrier) {
    sigset_t all;
    void *volatile by_stack = malloc(444);
    by_thread_local = malloc(445);
    pthread_setspecific(key, malloc(446));
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    pthread_barrier_wait(barrier);
    pause();
    free(by_stack);
    return NULL;
}

int main(void) {
    static pthread_barrier_t barrier;
    static char stack[65536];
    pthread_t thread;
    for (int i = 0; i < 50; i++) {
        struct list *entry = malloc(sizeof *entry);
        entry->next = by_static;
        by_static = entry;
    }
    by_thread_local = malloc(111);
    by_interior = (char *)malloc(5000) + 4000;
    pthread_key_create(&key, free);
    void **mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mapped[10] = malloc(222);
    setenv("GUEST_VARIABLE", "a value that is long enough to be worth a block of its own", 1);
    getcontext(&inside);
    inside.uc_stack.ss_sp = stack;
    inside.uc_stack.ss_size = sizeof stack;
    makecontext(&inside, coroutine, 0);
    swapcontext(&outside, &inside);
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, blocked, &barrier);
    pthread_barrier_wait(&barrier);
    void *volatile by_main = malloc(555);
    printf("%s\n", by_main && by_interior ? "held" : "");
    exit(0);
}
