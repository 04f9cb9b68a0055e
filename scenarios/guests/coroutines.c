/* SPDX-License-Identifier: Apache-2.0
 *
 * Coroutines: contexts on stacks from malloc and from mmap, which allocate, free what others allocated, and vanish with their
 * stacks. The first allocation of a thread happens on one of them.
 */
#include <sys/mman.h>
#include <ucontext.h>

#include "guest.h"

#define COUNT 20
#define SIZE  ((size_t)64 << 10)

struct scheduler {
    ucontext_t main, each[COUNT];
    void *shared[COUNT];
};

static void body(unsigned high, unsigned low, int number) {
    struct scheduler *scheduler = (struct scheduler *)((uintptr_t)high << 32 | low);
    for (int round = 0; round < 10; round++) {
        int other = (number + round) % COUNT;
        free(scheduler->shared[other]);
        scheduler->shared[other] = malloc((size_t)(number * 100 + round + 1));
        MUST(swapcontext(&scheduler->each[number], &scheduler->main) == 0);
    }
}

static void *run(void *argument) {
    (void)argument;
    struct scheduler *scheduler = mmap(NULL, sizeof *scheduler, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *stacks[COUNT];
    for (int i = 0; i < COUNT; i++) {
        ucontext_t *context = &scheduler->each[i];
        stacks[i] = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        MUST(getcontext(context) == 0);
        context->uc_stack.ss_sp = stacks[i];
        context->uc_stack.ss_size = SIZE;
        context->uc_link = &scheduler->main;
        makecontext(context, (void (*)(void))body, 3, (unsigned)((uintptr_t)scheduler >> 32), (unsigned)(uintptr_t)scheduler, i);
    }
    for (int round = 0; round < 11; round++)
        for (int i = 0; i < COUNT; i++)
            MUST(swapcontext(&scheduler->main, &scheduler->each[i]) == 0);
    for (int i = 0; i < COUNT; i++) {
        munmap(stacks[i], SIZE);
        free(scheduler->shared[i]);
    }
    munmap(scheduler, sizeof *scheduler);
    churn(1, 100);
    return NULL;
}

int main(int argc, char **argv) {
    run(NULL);
    pthread_t thread;
    MUST(pthread_create(&thread, NULL, run, NULL) == 0 && pthread_join(thread, NULL) == 0);
    maybe_double_free(argc, argv);
    puts("switched");
    return 0;
}
