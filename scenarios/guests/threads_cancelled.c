/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that are cancelled while they do nothing but allocate; their cleanup handlers free.
 */
#include "guest.h"

static void give_back(void *block) {
    free(*(void *volatile *)block);
}

static void *run(void *argument) {
    (void)argument;
    void *volatile block = NULL;
    pthread_cleanup_push(give_back, (void *)&block);
    for (size_t i = 0;; i++) {
        free(block);
        block = NULL;
        pthread_testcancel();
        block = malloc(i % 5000 + 1);
        if (i % 100 == 0)
            usleep(1);
    }
    pthread_cleanup_pop(1);
    return NULL;
}

int main(void) {
    for (unsigned round = 0; round < 30; round++) {
        pthread_t threads[8];
        for (unsigned i = 0; i < 8; i++)
            MUST(pthread_create(&threads[i], NULL, run, NULL) == 0);
        usleep(round * 300);
        for (unsigned i = 0; i < 8; i++)
            MUST(pthread_cancel(threads[i]) == 0);
        for (unsigned i = 0; i < 8; i++) {
            void *result;
            MUST(pthread_join(threads[i], &result) == 0 && result == PTHREAD_CANCELED);
        }
    }
    puts("cancelled");
    return 0;
}
