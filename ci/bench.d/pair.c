/* SPDX-License-Identifier: Apache-2.0
 *
 * What one malloc and one free cost at a call depth of 15. Prints nanoseconds: the best of seven rounds, since anything else that
 * runs on the machine only adds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DEPTH = 15, ROUNDS = 7, PAIRS = 1000000 };

static double now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

static __attribute__((noinline)) void pairs(void) {
    for (int i = 0; i < PAIRS; i++) {
        void *volatile block = malloc(64);
        free(block);
    }
}

static __attribute__((noinline)) int descend(int depth) {
    if (depth == 0)
        pairs();
    else
        depth += descend(depth - 1);
    __asm__ volatile("");
    return depth;
}

int main(void) {
    double best = 1e18;
    for (int i = 0; i < ROUNDS; i++) {
        double start = now_ns();
        descend(DEPTH - 2); /* main and pairs are the other two */
        double taken = (now_ns() - start) / PAIRS;
        best = taken < best ? taken : best;
    }
    printf("%.2f\n", best);
    return 0;
}
