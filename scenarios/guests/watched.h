/* SPDX-License-Identifier: Apache-2.0
 *
 * watched_library.c and watched_user.c as others see them.
 */
#ifndef WATCHED_H
#define WATCHED_H

#include <stddef.h>

struct watched_large {
    int numbers[1000];
};

/* watched_library.c */
int watched_add(int a, int b);
int watched_pick(void);                      /* chosen when it is first looked for (IFUNC) */
int watched_version(void);                   /* 1 in version OLD, 2 in NEW, which is the default */
int watched_sum(struct watched_large large); /* all of it is on the stack */
void watched_call(void (*callback)(void *), void *context);

/* watched_user.c: what it does with them. */
struct watched_user {
    int (*const *table)(int, int); /* filled in by the loader as data */
    int (*(*address)(void))(int, int);
    int (*by_slot)(int a, int b);
    int (*pick)(void);
    int (*version)(void), (*old_version)(void);
    size_t (*length)(const char *text); /* by strlen, another IFUNC */
};

#endif
