/* SPDX-License-Identifier: Apache-2.0
 *
 * Signals a thousand times a second. While the allocator is at work their handler touches memory only; a handler that allocates
 * is fed to a loop that does not; one thread takes signals by sigwait and allocates.
 */
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "guest.h"

static volatile unsigned long touched[512];
static atomic_uint hits, waited;
static atomic_bool done;

static void touch(int signal) {
    (void)signal;
    volatile char stack[2000];
    int before = errno;
    memset((void *)stack, 1, sizeof stack);
    touched[atomic_fetch_add(&hits, 1) % 512] += (unsigned long)syscall(SYS_getpid) + (unsigned long)stack[3];
    errno = before;
}

static void allocate(int signal) {
    (void)signal;
    char *volatile block = malloc(hits % 700 + 1);
    block[0] = 1;
    free(block);
    atomic_fetch_add(&hits, 1);
}

static void handle(int signal, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    MUST(sigaction(signal, &action, NULL) == 0);
}

static void timer(int which, long microseconds) {
    struct itimerval interval = {{0, microseconds}, {0, microseconds}};
    MUST(setitimer(which, &interval, NULL) == 0);
}

static void *wait_for_signals(void *set) {
    while (!atomic_load(&done)) {
        int signal;
        MUST(sigwait(set, &signal) == 0);
        churn(atomic_fetch_add(&waited, 1), 10);
    }
    return NULL;
}

int main(void) {
    sigset_t set;
    pthread_t thread;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    MUST(pthread_create(&thread, NULL, wait_for_signals, &set) == 0);
    handle(SIGALRM, touch);
    handle(SIGPROF, touch);
    timer(ITIMER_REAL, 1000);
    timer(ITIMER_PROF, 1000);
    for (unsigned i = 0; atomic_load(&hits) < 600; i++) {
        churn(i, 100);
        pthread_kill(thread, SIGUSR1);
    }
    timer(ITIMER_PROF, 0);
    handle(SIGALRM, allocate);
    for (volatile unsigned long i = 0; atomic_load(&hits) < 1200;)
        i = i + 1;
    timer(ITIMER_REAL, 0);
    atomic_store(&done, true);
    pthread_kill(thread, SIGUSR1);
    pthread_join(thread, NULL);
    puts("1200 signals");
    return 0;
}
