/* SPDX-License-Identifier: Apache-2.0
 *
 * 256 threads that end in any order, some of them after main; each has thread-specific data whose destructors allocate and free,
 * in several rounds.
 */
#include <stdatomic.h>

#include "guest.h"

static pthread_key_t keys[4];
static atomic_uint destroyed, detached_left;
static pthread_barrier_t barrier;

static void destroy(void *block) {
    unsigned *rounds = block;
    free(malloc(*rounds * 100 + 1));
    if (*rounds && (*rounds)--) {
        for (unsigned i = 0; i < 4; i++)
            if (!pthread_getspecific(keys[i])) {
                pthread_setspecific(keys[i], block);
                return;
            }
    }
    free(block);
    atomic_fetch_add(&destroyed, 1);
}

static void *run(void *argument) {
    unsigned number = (unsigned)(uintptr_t)argument;
    for (unsigned i = 0; i < 4; i++) {
        unsigned *block = malloc(sizeof *block + number);
        *block = i < 2 ? 1 : 0;
        pthread_setspecific(keys[i], block);
    }
    pthread_barrier_wait(&barrier);
    usleep((number * 7919u) % 20000);
    churn(number, 30);
    if (number % 4 == 0)
        atomic_fetch_sub(&detached_left, 1);
    if (number % 2)
        pthread_exit(NULL);
    return NULL;
}

int main(void) {
    pthread_t threads[256];
    for (unsigned i = 0; i < 4; i++)
        MUST(pthread_key_create(&keys[i], destroy) == 0);
    MUST(pthread_barrier_init(&barrier, NULL, 256) == 0);
    detached_left = 64;
    for (uintptr_t i = 0; i < 256; i++) {
        MUST(pthread_create(&threads[i], NULL, run, (void *)i) == 0);
        if (i % 4 == 0)
            pthread_detach(threads[i]);
    }
    for (unsigned i = 256; i-- > 0;)
        if (i % 4)
            pthread_join(threads[i], NULL);
    while (atomic_load(&destroyed) < 256 * 4)
        usleep(1000);
    puts("all gone");
    pthread_exit(NULL);
}
