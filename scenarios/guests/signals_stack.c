/* SPDX-License-Identifier: Apache-2.0
 *
 * A handler on an alternate stack allocates, and so does one within it. The stack itself is a block that is freed, or a mapping
 * that vanishes.
 */
#include <signal.h>
#include <sys/mman.h>

#include "guest.h"

#define SIZE ((size_t)64 << 10)

static void inner(int signal) {
    (void)signal;
    churn(2, 20);
}

static void outer(int signal) {
    (void)signal;
    churn(1, 20);
    raise(SIGUSR2);
    churn(3, 20);
}

static void *run(void *mapped) {
    for (unsigned i = 0; i < 50; i++) {
        void *memory = mapped ? mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : malloc(SIZE);
        stack_t stack = {.ss_sp = memory, .ss_size = SIZE}, off = {.ss_flags = SS_DISABLE};
        MUST(memory && memory != MAP_FAILED && sigaltstack(&stack, NULL) == 0);
        raise(SIGUSR1);
        MUST(sigaltstack(&off, NULL) == 0);
        if (mapped)
            munmap(memory, SIZE);
        else
            free(memory);
        churn(i, 20);
    }
    return NULL;
}

int main(void) {
    struct sigaction action = {.sa_handler = outer, .sa_flags = SA_ONSTACK};
    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    action.sa_handler = inner;
    MUST(sigaction(SIGUSR2, &action, NULL) == 0);
    run(NULL);
    pthread_t thread;
    MUST(pthread_create(&thread, NULL, run, (void *)1) == 0 && pthread_join(thread, NULL) == 0);
    puts("on another stack");
    return 0;
}
