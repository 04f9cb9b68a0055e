/* SPDX-License-Identifier: Apache-2.0
 *
 * Who refers to an object: the question that decides whether a count is right.
 *
 * holders_count asks the interpreter's own garbage collector's view: tp_traverse of every container that it tracks, containers that it
 * does not track as far as such a one leads to them, the local variables of this and all other threads' frames. CPython itself relies on
 * the sum never being larger than the count (Modules/gcmodule.c, subtract_refs: "refcount is too small"); so more holders than the count
 * says is a proof. Fewer proves nothing: C code may have the others.
 *
 * words_count asks memory: every aligned word that holds the object's address, in statics, stacks, live blocks of malloc, live blocks of
 * pymalloc. A count larger than that is a proof of the opposite: a reference that nobody has.
 *
 * Both take time (about 50 ns for each container; about 1 ms for each MiB), and are done within the budget (budget.h). They need the GIL and
 * a moment at which a collection may happen: not while an object is being made or taken apart by this thread unless said otherwise.
 */
#ifndef FFISAN_CPYTHON_HEAP_H
#define FFISAN_CPYTHON_HEAP_H

#include "cpython/cpython.h"

struct method_call;

#define HEAP_SUSPECTS 64u
#define HEAP_HOLDERS  4u

enum holder_kind { HOLDER_CONTAINER, HOLDER_LOCAL, HOLDER_STACK };
struct holder {
    uintptr_t where; /* the container; the code object of the frame; the stack slot */
    uint32_t index;  /* which item or variable, if known; else UINT32_MAX */
    uint32_t kind;   /* enum holder_kind */
};

struct suspect {
    uintptr_t object;
    uint64_t holders; /* how many references were found */
    struct holder first[HEAP_HOLDERS];
    uint64_t words;                 /* of words_count */
    uintptr_t places[HEAP_HOLDERS]; /* the first of them, lowest address first; 0: none */
};

/* audit of the collector's view. `call`: whose arguments the calling frame holds on its value stack, or NULL. False: not done (budget,
 * unknown version); the suspects' numbers are then of no meaning. heap.c */
bool holders_count(struct suspect *suspects, unsigned count, const struct method_call *call);
/* The same, of the frames of all threads and what they alone lead to: a small part, in some microseconds. */
bool holders_of_frames(struct suspect *suspects, unsigned count, const struct method_call *call);
/* audit of memory: never too few, but for what only the registers of other threads have. No object twice. On the calling thread's stack all is
 * counted that lies above the caller's frame: who asks keeps no addresses of suspects there, but what struct method_call has (and `suspects`
 * themselves) is passed over. Takes about 1 ms for each MiB; the budget is the caller's affair. words.c */
bool words_count(struct suspect *suspects, unsigned count);
/* The same, of words at any byte and with anything in their three low bits: pointers that are packed or tagged. Takes ten times as long. */
bool words_hidden(struct suspect *suspects, unsigned count);
/* Calls `found` for each of the words that lead to one object. What lies below `stack` on the calling thread's stack is passed over. */
bool words_each(uintptr_t object, uintptr_t stack, void (*found)(uintptr_t place, void *context), void *context);
/* No other thread can be in the way: the answer is exact. */
bool words_alone(void);

/* Who it is, and where in it the object stands: holders.c. Of the whole finding's moment. */
struct holder_text {
    char name[128];   /* its type; empty: it is no object */
    char detail[240]; /* "item 3", "local variable 'x' of f()"; may be empty */
};
void holder_describe(const struct holder *holder, uintptr_t object, struct holder_text *text);
/* A str, as far as it is ASCII, copied into `to`, cut. */
bool text_ascii(uintptr_t object, char *to, size_t size);
/* The name of a frame's variable, as HOLDER_LOCAL has it; copied into `to`, cut. locals.c */
void local_name(uintptr_t code, uint32_t index, char *to, size_t size);
/* &PyDict_Type; 0: not yet. */
uintptr_t heap_dict_type(void);
/* The interpreter was unloaded. */
void heap_forget(void);

/* What an object says: its count; UINT64_MAX: immortal. Reads directly. */
static inline uint64_t object_count(uintptr_t object) {
    uint64_t count = *(const uint64_t *)object;
    if (cpython.layout->version >= 0x030c) {
        uint32_t low = (uint32_t)count;
        return (int32_t)low < 0 ? UINT64_MAX : low;
    }
    return count;
}
/* Whether an object is there: readable, with a type that is one, and a count that can be. About 5 ns for objects of pymalloc. */
bool object_is(uintptr_t object);
/* Its type's name, "int", "spam.Sample"; copied into `to`, cut. */
void object_type_name(uintptr_t object, char *to, size_t size);

#endif
