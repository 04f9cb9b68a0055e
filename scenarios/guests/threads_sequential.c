/* SPDX-License-Identifier: Apache-2.0
 *
 * 5000 threads, one after the other: what a thread costs the shim must come back. A hundred of them have the smallest stack there
 * is.
 */
#include <limits.h>

#include "guest.h"

static void *run(void *argument) {
    void *volatile block = malloc((uintptr_t)argument % 1000 + 1);
    free(block);
    return NULL;
}

static long mapped_pages(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    MUST(file && fscanf(file, "%ld", &pages) == 1);
    fclose(file);
    return pages;
}

int main(void) {
    pthread_attr_t small;
    MUST(pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN) == 0);
    long before = 0;
    for (uintptr_t i = 0; i < 5000; i++) {
        pthread_t thread;
        MUST(pthread_create(&thread, i % 50 == 0 ? &small : NULL, run, (void *)i) == 0);
        MUST(pthread_join(thread, NULL) == 0);
        if (i == 500)
            before = mapped_pages();
    }
    printf("grown: %s\n", (mapped_pages() - before) * 4096 > (8 << 20) ? "yes" : "no");
    pthread_attr_destroy(&small);
    return 0;
}
