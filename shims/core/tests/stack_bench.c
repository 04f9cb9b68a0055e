/* SPDX-License-Identifier: Apache-2.0
 *
 * What a stack costs: malloc and free at call depth 15, alone and with a stack taken at each, in nanoseconds a pair (the best of
 * several runs). Usage: stack_bench [frames...]
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/sites.h"
#include "core/stack.h"
#include "core/thread.h"
#include "core/unwind.h"
#include "fake_modules.h"

#define NOINLINE __attribute__((noinline))

enum { DEPTH = 15, ROUNDS = 7, PAIRS = 2000000 };
enum { PLAIN, WRAPPED, MEMOISED, WALKED };
static volatile site_id sink;
static void *volatile block;

static NOINLINE void *take(size_t size, int how) {
    struct origin origin = ORIGIN_HERE();
    uintptr_t frames[16];
    bool complete;
    if (how == MEMOISED)
        sink = stack_site(&origin, 1);
    else if (how == WALKED)
        sink = stack_walk(&origin, frames, 16, &complete);
    return malloc(size);
}

static NOINLINE void give(void *start, int how) {
    struct origin origin = ORIGIN_HERE();
    uintptr_t frames[16];
    bool complete;
    if (how == MEMOISED)
        sink = stack_site(&origin, 1);
    else if (how == WALKED)
        sink = stack_walk(&origin, frames, 16, &complete);
    free(start);
}

static NOINLINE void pairs(int how) {
    if (how == PLAIN) {
        for (int i = 0; i < PAIRS; i++) {
            block = malloc(40);
            free(block);
        }
        return;
    }
    for (int i = 0; i < PAIRS; i++) {
        block = take(40, how);
        give(block, how);
    }
}

static NOINLINE int descend(int depth, int how);
static int (*volatile next)(int, int) = descend; /* keeps the recursion from being unrolled */

static NOINLINE int descend(int depth, int how) {
    if (depth == 0) {
        pairs(how);
        return 0;
    }
    return next(depth - 1, how) + 1; /* not a tail call */
}

static double nanoseconds(int how) {
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        sink = (site_id)descend(DEPTH, how);
        clock_gettime(CLOCK_MONOTONIC, &end);
        double took = ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / PAIRS;
        best = took < best ? took : best;
    }
    return best;
}

int main(int argc, char **argv) {
    fake_modules_refresh();
    printf("plain                    %6.1f\n", nanoseconds(PLAIN));
    printf("wrapped, no stack        %6.1f\n", nanoseconds(WRAPPED));
    for (int i = 1; i < argc || i == 1; i++) {
        unsigned frames = i < argc ? (unsigned)strtoul(argv[i], NULL, 10) : 8;
        stack_thread_end();
        stack_configure(frames);
        printf("memoised, %2u frames      %6.1f\n", frames, nanoseconds(MEMOISED));
    }
    printf("walked, 16 frames        %6.1f\n", nanoseconds(WALKED));
    struct stack_counts counts = stack_counts();
    printf("hits %llu walks %llu rules %llu sites %u\n", (unsigned long long)counts.hits, (unsigned long long)counts.walks,
           (unsigned long long)counts.rules, sites_count());
    return 0;
}
