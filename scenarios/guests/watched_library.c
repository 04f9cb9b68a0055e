/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions for option watch, in every form in which a library can define one.
 */
#include "watched.h"

int watched_add(int a, int b) {
    return a + b;
}

static int pick(void) {
    return 7;
}

static int (*choose(void))(void) {
    return pick;
}

int watched_pick(void) __attribute__((ifunc("choose")));

int version_old(void);
int version_old(void) {
    return 1;
}

int version_new(void);
int version_new(void) {
    return 2;
}

__asm__(".symver version_old, watched_version@OLD");
__asm__(".symver version_new, watched_version@@NEW");

int watched_sum(struct watched_large large) {
    int sum = 0;
    for (int i = 0; i < 1000; i++)
        sum += large.numbers[i];
    return sum;
}

void watched_call(void (*callback)(void *), void *context) {
    callback(context);
}
