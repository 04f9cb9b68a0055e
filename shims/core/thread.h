/* SPDX-License-Identifier: Apache-2.0
 *
 * What the shim keeps for each thread: one initial-exec thread-local, so that reading it is one instruction, never allocates and
 * works in a signal handler, before main and while the thread ends.
 */
#ifndef FFISAN_CORE_THREAD_H
#define FFISAN_CORE_THREAD_H

#include "core/types.h"

struct boundary;     /* crossing.h */
struct managed_call; /* signatures.h */
struct creation;     /* creations.c */
struct stack_cache;  /* stack.c */
struct method_call;  /* checkers: methods.h */
struct held_book;    /* checkers: held.c */

/* What `attention` asks the next hook on this thread to look at before it goes on. */
enum attention {
    ATTENTION_OPERATOR = 1 << 0, /* inside a C++ allocation operator (hooks/operators.c) */
    ATTENTION_MODULES = 1 << 1,  /* dlopen or dlclose was called on this thread (hooks/dl.c) */
    ATTENTION_THREAD = 1 << 2,   /* the thread is new: set from the start */
    ATTENTION_CHILD = 1 << 3,    /* it may be in a child that runs on its parent's memory (hooks/process.c) */
};

struct pending_operator {
    struct origin origin;
    row_id row;
    uint8_t family;   /* enum ffisan_family */
    uint8_t function; /* enum function of hooks.def */
    bool sized, aligned;
    size_t size; /* what a sized delete was told */
};

struct thread {
    /* Not 0 while the shim itself is at work on this thread: every hook then passes straight through. Tested first. */
    uint32_t busy;
    uint32_t gate; /* the gate that a replaced function was reached through; for gate_real, at once (hooks/gates.h) */
    /* A managed runtime with a lock (hooks/guards.h): the word that says which of its states is current, for this thread; never NULL. And the
     * state that this thread was last known to run with; 1: none. As long as the two agree, guards let calls pass. */
    const uintptr_t *runtime_word;
    uintptr_t runtime_state;
    uint32_t
        watched; /* memory of this thread's current calls that must not be used any more; guards of libc's functions test it */
    uint32_t attention;
    uint32_t ticks;                    /* intercepted allocator calls, for what is looked at now and then */
    struct stack_cache *stacks;        /* memoised walks; NULL until the first and after the thread's end */
    uintptr_t stack_low, stack_high;   /* of this thread, 0 until asked for (thread_stack) */
    uintptr_t modules_cfa, modules_ra; /* the dlopen or dlclose under way; cfa 0: none, or it has returned */
    bool modules_bypass;               /* it opened something with RTLD_DEEPBIND, not looked at yet */
    struct pending_operator operator_;
    uint32_t tid; /* 0 until asked for */
    const struct managed_call
        *call;                 /* what the runtime's checker knows of the foreign call that is about to be made; NULL: nothing */
    uintptr_t told_dead;       /* the block that a double free was last reported of */
    uintptr_t told_over;       /* the block of the object that was last said to be used or given back when it was over */
    struct boundary *boundary; /* its crossings; NULL until the first and after the thread's end */
    uintptr_t runtime_given;   /* the state that the runtime's API last gave this thread to run with, 0: it took it back */
    uint64_t runtime_releases; /* how often this thread has given the runtime's lock away by itself */
    uint64_t runtime_drops;    /* how often its own code has done so on this thread, by whatever way */
    uint32_t runtime_closely;  /* calls of the runtime's API are to be heard by all listeners */
    uint32_t domain_wishes;    /* what its rules want to hear of the runtime's memory domains (checkers: domains.h) */
    uint64_t domain_events;    /* how often those were heard while it wished */
    struct held_book *held;    /* memory that is held back for it (checkers: held.c); NULL: none */
    struct interior_book *interiors; /* checkers: interiors.c, buffers.c; NULL: nothing is noted */
    struct buffer_book *buffers;
    struct method_call *method; /* innermost call of a runtime's extension that the thread is inside of, or was left by a jump */
    struct method_call *method_first; /* where the outermost is noted; NULL until there is one and after the thread's end */
    bool method_closely;              /* calls of the runtime's API are heard by all listeners */
    site_id started_by;               /* the stack that created the thread, and its managed line; 0: not known */
    uint32_t started_line;
    struct creation *creation; /* where that stands as long as the thread lives; hooks/creations.c */
    bool ending;               /* thread-specific data is being torn down: no new per-thread memory */
};

/* Where runtime_word leads to when every call is to be looked at: never equal to a state. */
extern const uintptr_t thread_no_state;

extern _Thread_local struct thread self __attribute__((tls_model("initial-exec")));

/* Whether much of the thread's stack is used at `cfa`, as far as its bounds are known: by a recursion that takes small steps (a destructor
 * for each item of a long list), which a frame of ours at each step would make overflow. Who can do without a frame then does. */
#define STACK_DEEP    ((uintptr_t)1 << 20)
#define STACK_DEEPEST ((uintptr_t)256 << 20) /* more: it is another stack */
static inline bool thread_is_deep(uintptr_t cfa) {
    return self.stack_high - cfa - STACK_DEEP < STACK_DEEPEST - STACK_DEEP;
}

/* The calling thread's kernel id; one system call the first time. 0 in a confined process that had not asked before.
 * Signal-safe. */
uint32_t thread_id(void);
/* The first hook on this thread: sees to it that thread_end runs when the thread's own destructors have. Clears
 * ATTENTION_THREAD. */
void thread_begin(void);
/* What has to happen then, besides giving back the stack cache. Once, at start. */
void thread_start(void (*end)(void));
/* More to be done: `first` before any of the thread's data is gone, `busy` not held; `last` before `end`. Once, at start. */
void thread_on_end(void (*first)(void), void (*last)(void));
/* Bounds of the calling thread's stack, from the kernel's view of the mapping that holds its stack pointer. Signal-safe: no libc
 * call that locks or allocates. False when they cannot be found, or it runs on another stack (a signal's, a coroutine's) and was
 * not asked before: ask again later. A confined process knows only what it has asked before. */
bool thread_stack(uintptr_t *low, uintptr_t *high);

#endif
