/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads whose stacks come from malloc, and are freed when they have ended.
 */
#include "guest.h"

static void *run(void *argument) {
    churn((unsigned)(uintptr_t)argument, 200);
    return NULL;
}

int main(void) {
    for (uintptr_t i = 0; i < 100; i++) {
        void *stack = NULL;
        pthread_attr_t attributes;
        pthread_t thread;
        size_t size = (size_t)256 << 10;
        MUST(posix_memalign(&stack, 4096, size) == 0);
        MUST(pthread_attr_init(&attributes) == 0 && pthread_attr_setstack(&attributes, stack, size) == 0);
        MUST(pthread_create(&thread, &attributes, run, (void *)i) == 0 && pthread_join(thread, NULL) == 0);
        pthread_attr_destroy(&attributes);
        free(stack);
    }
    puts("stacks freed");
    return 0;
}
