/* SPDX-License-Identifier: Apache-2.0 */
#include "stack_calls.h"

#include <alloca.h>
#include <stdlib.h>
#include <string.h>

static void NOINLINE call_plainly(leaf_function *leaf, void *context) {
    leaf(context);
    NO_TAIL_CALL;
}

static void NOINLINE descend(unsigned depth, leaf_function *leaf, void *context) {
    if (depth == 0)
        leaf(context);
    else
        descend(depth - 1, leaf, context);
    NO_TAIL_CALL;
}
static void call_deeply(leaf_function *leaf, void *context) {
    descend(200, leaf, context);
    NO_TAIL_CALL;
}

static void NOINLINE call_with_alloca(leaf_function *leaf, void *context) {
    volatile size_t size = 300;
    char *room = alloca(size);
    memset(room, 1, size);
    leaf(context);
    __asm__ volatile("" ::"r"(room) : "memory");
}

static void NOINLINE call_realigned(leaf_function *leaf, void *context) {
    _Alignas(128) volatile char room[256];
    room[3] = 1;
    leaf(context);
    __asm__ volatile("" ::"r"(room) : "memory");
}

static void NOINLINE call_realigned_with_alloca(leaf_function *leaf, void *context) {
    _Alignas(64) volatile char room[64];
    volatile size_t size = 77;
    char *more = alloca(size);
    room[3] = more[5] = 1;
    leaf(context);
    __asm__ volatile("" ::"r"(room), "r"(more) : "memory");
}

static void NOINLINE call_with_large_frame(leaf_function *leaf, void *context) {
    volatile char room[200000];
    room[0] = room[sizeof room - 1] = 1;
    leaf(context);
    __asm__ volatile("" ::"r"(room) : "memory");
}

/* All registers in use, rbp for something that is no frame pointer. */
static void NOINLINE call_under_pressure(leaf_function *leaf, void *context) {
    __asm__ volatile("" ::: "rbx", "r12", "r13", "r14", "r15", "memory");
    volatile long a = 1, b = 2, c = 3, d = 4, e = 5;
    long v = a, w = b, x = c, y = d, z = e;
    leaf(context);
    a = v + w * x - y * z;
    NO_TAIL_CALL;
}

static void NOINLINE call_by_tail(leaf_function *leaf, void *context) {
    call_plainly(leaf, context);
}

struct order {
    leaf_function *leaf;
    void *context;
    int done;
};
static struct order order;

static int compare(const void *a, const void *b) {
    if (!order.done++)
        order.leaf(order.context);
    NO_TAIL_CALL;
    return *(const int *)a - *(const int *)b;
}
static void call_from_qsort(leaf_function *leaf, void *context) {
    int numbers[50];
    for (int i = 0; i < 50; i++)
        numbers[i] = 50 - i;
    order = (struct order){leaf, context, 0};
    qsort(numbers, 50, sizeof *numbers, compare);
}
static void call_from_bsearch(leaf_function *leaf, void *context) {
    static const int numbers[] = {1, 2, 3, 4, 5};
    int key = 4;
    order = (struct order){leaf, context, 0};
    void *volatile found = bsearch(&key, numbers, 5, sizeof key, compare);
    (void)found;
}

const struct shape shapes[] = {
    {"plainly", call_plainly},
    {"deeply", call_deeply},
    {"with alloca", call_with_alloca},
    {"realigned", call_realigned},
    {"realigned with alloca", call_realigned_with_alloca},
    {"with a large frame", call_with_large_frame},
    {"under pressure", call_under_pressure},
    {"by tail call", call_by_tail},
    {"from qsort", call_from_qsort},
    {"from bsearch", call_from_bsearch},
};
const unsigned shape_count = sizeof shapes / sizeof *shapes;

/* ---- the tree ---- */

static void grow(struct tree *tree, unsigned depth);

#define NODE(name, size)                                                                                                         \
    static void NOINLINE name(struct tree *tree, unsigned depth) {                                                               \
        volatile char room[size];                                                                                                \
        room[0] = #name[0];                                                                                                      \
        grow(tree, depth);                                                                                                       \
        room[1] = room[0];                                                                                                       \
    }
NODE(alike1, 48)
NODE(alike2, 48)
NODE(alike3, 48)
NODE(alike4, 48)
NODE(wider, 112)

static void NOINLINE framed(struct tree *tree, unsigned depth) {
    volatile size_t size = 16 + (tree->random >> 60) * 16;
    char *room = alloca(size);
    room[0] = 1;
    grow(tree, depth);
    __asm__ volatile("" ::"r"(room) : "memory");
}

static void NOINLINE realigned(struct tree *tree, unsigned depth) {
    _Alignas(64) volatile char room[64];
    room[0] = 1;
    grow(tree, depth);
    __asm__ volatile("" ::"r"(room) : "memory");
}

static unsigned next_random(struct tree *tree, unsigned below) {
    tree->random = tree->random * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)((tree->random >> 33) % below);
}

static void NOINLINE grow(struct tree *tree, unsigned depth) {
    static void (*const nodes[])(struct tree *, unsigned) = {alike1, alike2, alike3, alike4, wider, framed, realigned};
    if (depth == 0)
        tree->leaf(tree->context);
    else
        for (unsigned twigs = 1 + (next_random(tree, 3) == 0); twigs; twigs--)
            nodes[next_random(tree, sizeof nodes / sizeof *nodes)](tree, depth - 1);
    NO_TAIL_CALL;
}

void tree_grow(struct tree *tree) {
    grow(tree, next_random(tree, tree->depth) + 1);
    NO_TAIL_CALL;
}
