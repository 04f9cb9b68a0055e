/* SPDX-License-Identifier: Apache-2.0
 *
 * What a program may tell FFISan about itself, at run time: who owns what, what belongs to whom, what C keeps. For C and C++ code whose rules no
 * contract (contract.h) can state, because they show only when it runs: pools, caches, handles that are made of numbers.
 *
 *     #include <ffisan/ffisan.h>
 *
 *     struct node *node_get(struct pool *pool) {
 *         struct node *node = take_from(pool);
 *         ffisan_owned(node, sizeof(*node), "node_put");   // from here on the caller's, to be given back to node_put
 *         return node;
 *     }
 *     void node_put(struct node *node) {
 *         ffisan_released(node, 0);                        // given back: whoever goes on using it, or gives it back again, is told
 *         ...
 *     }
 *
 * There is nothing to link, and nothing to switch off: each of these asks whether FFISan is in the process, which is one load, and does
 * nothing else when it is not. They may be called on any thread, with any lock held, in signal handlers and before main. They take nothing over: pointers are
 * compared and not followed, sizes are in bytes, texts are copied before the call returns. None of them fails, and errno is kept. What is said wrong gives wrong
 * reports, and does no other harm. While something is said, the thread is in the middle of one short lock of FFISan's own.
 *
 * What is compiled as position-dependent code (-fno-pie) has the question settled when it is linked, and is never heard: compile what uses this
 * header with -fPIC there. Libraries, and programs as compilers make them by default today, need nothing.
 */
#ifndef FFISAN_FFISAN_H
#define FFISAN_FFISAN_H

#include <stddef.h>
#include <stdint.h>

#define FFISAN_H_VERSION 1

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what goes over to FFISan; the macros below fill it in ---- */

enum ffisan_saying {
    FFISAN_SAYS_OWNED = 1,
    FFISAN_SAYS_RELEASED,
    FFISAN_SAYS_LENT,
    FFISAN_SAYS_CHANGED,
    FFISAN_SAYS_USED,
    FFISAN_SAYS_RETAINED,
    FFISAN_SAYS_LET_GO,
    FFISAN_SAYS_FAMILY
};

/* One that says more than FFISan knows is passed over: newer programs run with an older one. */
struct ffisan_statement {
    uint32_t size; /* of this struct, as the program knows it */
    uint32_t what; /* enum ffisan_saying */
    const void *pointer, *owner;
    uint64_t bytes;
    const char *name;     /* by what is said */
    const char *function; /* that says it */
};

extern void ffisan_say(const struct ffisan_statement *statement) __attribute__((weak));

static inline void ffisan_tell(uint32_t what, const void *pointer, const void *owner, uint64_t bytes, const char *name,
                               const char *function) {
    if (ffisan_say) {
        struct ffisan_statement statement = {sizeof(statement), what, pointer, owner, bytes, name, function};
        ffisan_say(&statement);
    }
}

/* ---- what can be said ---- */

/* The caller of this function owns `pointer` from now on, and gives it back once, to the function of that name. `bytes`: what the release has to be told
 * again; 0: nothing. -> leak, mismatched-deallocator, use-after-close, wrong-size-dealloc */
#define ffisan_owned(pointer, bytes, release) ffisan_tell(FFISAN_SAYS_OWNED, pointer, NULL, bytes, release, __func__)
/* This function has been given `pointer` back, as one of so many bytes (0: it was not told). */
#define ffisan_released(pointer, bytes) ffisan_tell(FFISAN_SAYS_RELEASED, pointer, NULL, bytes, NULL, __func__)
/* `pointer` goes out and belongs to `owner`: valid until that is released, or changed. -> use-after-close, free-of-borrowed */
#define ffisan_lent(pointer, owner) ffisan_tell(FFISAN_SAYS_LENT, pointer, owner, 0, NULL, __func__)
/* Whatever was lent from `owner` is over. */
#define ffisan_changed(owner) ffisan_tell(FFISAN_SAYS_CHANGED, NULL, owner, 0, NULL, __func__)
/* This function was handed `pointer`, and works on it: it must not have been released, nor be over. -> use-after-close */
#define ffisan_used(pointer) ffisan_tell(FFISAN_SAYS_USED, pointer, NULL, 0, NULL, __func__)
/* The caller's memory [memory, memory + bytes) is kept by `owner` until that is released, or the memory is let go; owner NULL: by the library.
 * -> freed-while-retained */
#define ffisan_retained(memory, bytes, owner) ffisan_tell(FFISAN_SAYS_RETAINED, memory, owner, bytes, NULL, __func__)
#define ffisan_let_go(memory)                 ffisan_tell(FFISAN_SAYS_LET_GO, memory, NULL, 0, NULL, __func__)
/* The function of that name takes back what others of the same family gave out: ffisan_family("pool_put_all", "pool"). To be said before either speaks
 * of a pointer. */
#define ffisan_family(release, family) ffisan_tell(FFISAN_SAYS_FAMILY, NULL, NULL, 0, family, release)

#ifdef __cplusplus
}
#endif
#endif
