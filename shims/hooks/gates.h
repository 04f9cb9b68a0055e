/* SPDX-License-Identifier: Apache-2.0
 *
 * Gates: entries that stand in front of other people's functions. A gate is 16 bytes of static code with a number; the number leads
 * to the function behind it and to what is to be done on the way. Every slot and every dlsym result in the process that leads to that
 * function leads to its one gate, so that its address stays one address.
 *
 *   enter-only    `enter` runs, then the call goes on by a tail jump: nothing is left on the stack. Budget 10 ns.
 *   call-through  `enter`, the function, `leave`, with a frame of our own in between that has static unwind information: exceptions,
 *                 longjmp, cancellation and unwinders pass it as if it were not there. The function gets a copy of the
 *                 caller's frame, as far as that is known and at most 2 KiB, else 128 bytes or less where the stack ends. Budget
 *                 8 ns without hooks, for callers with small frames.
 *   replaced      the gate leads to a function of ours of the same type, which calls the real one itself (libffi's, longjmp's):
 *                 gate_real answers which that is.
 *
 * While the shim itself is at work on the thread, and while it is off, a gate leads to the real function as if it were not there: no
 * hook and no replacement has to test for that.
 *
 * Gates are given out once and never taken back: after dlclose a gate stays where it is, and what is loaded to the same address later
 * gets another.
 */
#ifndef FFISAN_HOOKS_GATES_H
#define FFISAN_HOOKS_GATES_H

#include "abi/x86_64/gates.h"
#include "core/modules.h"
#include "core/types.h"

/* The registers at a gate, as the thunk saved them. What is on the stack begins at the origin's cfa. */
struct gate_registers {
    uint64_t integer[6]; /* rdi rsi rdx rcx r8 r9 */
    uint64_t rax, r10;   /* of a variadic call, at most how many vector registers it uses; the static chain */
    double vector[8][2]; /* xmm0-7, low half first */
};

struct gate; /* opaque */

/* What gates.S leaves on the stack of a call that passes a hook: `enter` is given its first member, `leave` its result. */
struct gate_frame {
    struct gate_registers registers;
    struct origin origin;
    struct gate *gate;
    uint64_t result[2];
    uint64_t error;              /* errno, while a hook runs */
    uint64_t notes[FRAME_NOTES]; /* of the hooks: what `enter` puts there, `leave` of the same call finds */
};
static inline struct gate_frame *gate_frame_entered(struct gate_registers *registers) {
    return (struct gate_frame *)((uintptr_t)registers - offsetof(struct gate_frame, registers));
}
static inline struct gate_frame *gate_frame_left(uint64_t *result) {
    return (struct gate_frame *)((uintptr_t)result - offsetof(struct gate_frame, result));
}

/* `enter` and `leave` run with `busy` held and errno kept. The registers are what the function will be given, and `result` (rax, rdx) what its
 * caller will: both may be changed. In enter-only ones leave is NULL. */
struct gate_hooks {
    void (*enter)(const struct gate *gate, const struct origin *origin, struct gate_registers *registers);
    void (*leave)(const struct gate *gate, uintptr_t cfa, uint64_t result[2]);
};

/* How an address came to be asked for. */
enum gate_use {
    GATE_LOOKED_UP, /* by dlsym */
    GATE_CALLED,    /* a slot of the procedure linkage table: for calls alone */
    GATE_TAKEN,     /* any other slot: programs may compare what is in it, and call it */
};

/* What a plan has for one function. */
struct gate_choice {
    const struct gate_hooks *hooks;
    const void *data; /* gate_data; stays */
    bool not_own;     /* calls from the module that defines it pass as if there were no gate */
};

/* Who wants which functions. A plan is static and registered once, before the first module is looked at. Where two plans want one
 * function, the earlier one has it. */
struct gate_plan {
    const char *const *names; /* NULL-terminated; functions that this plan is about, by the symbol they are bound by */
    /* Whether it wants the function `name`, which `definer` defines; `caller` NULL: not known. NULL: always. Called under the
     * loader's lock. */
    bool (*wants)(const char *name, const struct module *caller, const struct module *definer);
    /* Instead of `wants` and `hooks`: function by function. Always the same choice for one function; false: it is not wanted there. */
    bool (*choose)(const char *name, uintptr_t address, const struct module *caller, const struct module *definer,
                   enum gate_use use, struct gate_choice *choice);
    const struct gate_hooks *hooks; /* enter-only when leave is NULL */
    const uintptr_t *replacements;  /* by index in names: replaced; NULL: by hooks */
    /* Slots of which modules; NULL: of all, and what dlsym answers. With it the function has two addresses: not for functions that
     * programs compare. */
    bool (*only_in)(const struct module *caller);
};
void gates_register(const struct gate_plan *plan);

uintptr_t gate_function(const struct gate *gate); /* the real one */
const char *gate_name(const struct gate *gate);
const void *gate_data(const struct gate *gate); /* what `choose` gave for it */
/* What `choose` of that plan gave for the gate at this address; NULL: it is none of the plan's. */
const void *gates_data(uintptr_t address, const struct gate_plan *plan);
/* Where a call came from. A function that was called through a gate and ends in a jump to the next leaves it the gate as its caller; meant is
 * that of the gate. */
uintptr_t gates_caller(const struct origin *origin);
/* One step of that: `origin` becomes that of the gate behind which the function stands that ended in the jump. False: it is no such call. */
bool gates_jumped(struct origin *origin);
extern const char gate_called[], gate_called_end[];
static inline bool gates_between(const struct origin *origin) {
    return UNLIKELY(origin->ra - (uintptr_t)gate_called < (uintptr_t)(gate_called_end - gate_called));
}
/* In a replaced function, called first thing: the real one behind the gate that we came through. It depends on the gate alone, so that
 * two libffis in a process do not meet. */
uintptr_t gate_real(void);

/* For got.c and dl.c. Whether a plan may be about a function of that name: one look for most symbols. */
bool gates_name(const char *name);
/* What a slot of `caller`, or a dlsym from there (NULL: not known), that leads to `address` by this name is to lead to: a gate, or
 * `address` itself. */
uintptr_t gates_stand_in(const char *name, uintptr_t address, const struct module *caller, enum gate_use use);
/* For who has an entry of its own in front of functions (guards.h): the gate of `plan`, which is registered or not, in front of `address`,
 * which may be a gate itself. `name` stays. 0: there is no room. */
uintptr_t gates_open(const struct gate_plan *plan, const char *name, uintptr_t address, const struct module *definer,
                     const struct gate_choice *choice);
/* Modules went: what was known of callers may not hold any more. */
void gates_flush(void);
/* The real function when `address` is a gate's, else `address`. */
uintptr_t gates_behind(uintptr_t address);
/* For who knows how many bytes of arguments a call brings on the stack: `address`, or the real function where that is a call-through gate,
 * which would not hand all of them on. */
uintptr_t gates_with_room(uintptr_t address, size_t bytes);

#endif
