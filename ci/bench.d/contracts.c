/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of a function with a contract: `contracts copy|look|handle|life COUNT SIZE` prints what one takes, in ns of CPU time: the best of a
 * few loops, the loop itself included.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "library/work.h"

#define LOOPS 5

static char *from, *to;
static size_t size;
static struct work *handle;

static void copy(void) {
    work_copy(from, to, size);
}
static void look(void) {
    work_look(from, size);
}
static void use(void) {
    work_use(handle);
}
static void life(void) {
    work_close(work_open());
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double loop(void (*call)(void), long count) {
    double start = seconds();
    for (long i = 0; i < count; i++)
        call();
    return (seconds() - start) * 1e9 / (double)count;
}

static double best(void (*call)(void), long count) {
    double least = loop(call, count);
    for (int i = 1; i < LOOPS; i++) {
        double taken = loop(call, count);
        least = taken < least ? taken : least;
    }
    return least;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*call)(void);
    } kinds[] = {{"copy", copy}, {"look", look}, {"handle", use}, {"life", life}};
    if (argc < 4)
        return 2;
    long count = atol(argv[2]);
    size = (size_t)atol(argv[3]);
    from = calloc(1, size), to = calloc(1, size), handle = work_open();
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (strcmp(kinds[i].name, argv[1]) == 0)
            printf("%.1f\n", best(kinds[i].call, count));
    work_close(handle);
    free(from);
    free(to);
    return 0;
}
