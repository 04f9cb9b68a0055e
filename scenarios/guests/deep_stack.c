/* SPDX-License-Identifier: Apache-2.0
 *
 * Recursion and alloca down to 8 KiB above the end of a stack of 64 MiB, allocating on the way; the same in a thread.
 */
#include <alloca.h>
#include <sys/resource.h>

#include "guest.h"

static uintptr_t lowest;
static unsigned depth, deepest;

__attribute__((noinline)) static void descend(void) {
    volatile char *room = alloca(500);
    room[0] = room[499] = 1;
    char *volatile block = depth % 100 == 0 ? malloc(depth + 1) : NULL;
    depth++;
    if ((uintptr_t)room > lowest + 8192)
        descend();
    else
        churn(depth, 20);
    depth--;
    deepest += room[0];
    free(block);
}

static void *run(void *argument) {
    lowest = (uintptr_t)argument;
    depth = 0;
    descend();
    return NULL;
}

int main(void) {
    struct rlimit limit;
    MUST(getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur == 64 << 20);
    /* The kernel leaves arguments and environment within the limit; 256 KiB are more than those. */
    run((void *)((uintptr_t)__builtin_frame_address(0) - (64 << 20) + (256 << 10)));
    printf("%s\n", deepest > 50000 ? "deep" : "shallow");
    pthread_attr_t attributes;
    pthread_t thread;
    void *stack = NULL;
    MUST(posix_memalign(&stack, 4096, 1 << 20) == 0 && pthread_attr_init(&attributes) == 0);
    MUST(pthread_attr_setstack(&attributes, stack, 1 << 20) == 0);
    MUST(pthread_create(&thread, &attributes, run, stack) == 0 && pthread_join(thread, NULL) == 0);
    pthread_attr_destroy(&attributes);
    free(stack);
    return 0;
}
