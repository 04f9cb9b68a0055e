/* SPDX-License-Identifier: Apache-2.0
 *
 * Ways to be called: frames of every shape that compilers make, between a test and its leaf. */
#ifndef FFISAN_CORE_TESTS_STACK_CALLS_H
#define FFISAN_CORE_TESTS_STACK_CALLS_H

#include <stdint.h>

#define NOINLINE     __attribute__((noinline))
#define NO_TAIL_CALL __asm__ volatile("" ::: "memory") /* behind a call that must not become a jump */

typedef void leaf_function(void *context);

struct shape {
    const char *name;
    void (*call)(leaf_function *leaf, void *context);
};
extern const struct shape shapes[];
extern const unsigned shape_count;

/* A random tree of calls. Several nodes have frames of the same size, so that the leaf is called from the same return address at
 * the same stack pointer by way of different callers. */
struct tree {
    uint64_t random;
    unsigned depth; /* at most */
    leaf_function *leaf;
    void *context;
};
void tree_grow(struct tree *tree);

#endif
