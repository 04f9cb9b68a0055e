/* SPDX-License-Identifier: Apache-2.0
 *
 * Registered functions: those that a contract speaks of, in libraries that are loaded. Every call of one passes its gate, whoever makes it and
 * however the function was found (ctypes, cffi in both modes, an extension's own PLT, cgo, JNI, plain C).
 *
 * On the way in and on the way out the call's terms are gone through, in the order of word_work (words.h), each with the value that it is
 * about. A term whose condition does not hold, or that asks for something that cannot be read, is passed over: nothing is concluded from it.
 * A contract is data that may lie: whatever it leads to is read by peek.h's means or by contract_read.
 */
#ifndef FFISAN_CONTRACT_REGISTERED_H
#define FFISAN_CONTRACT_REGISTERED_H

#include "core/crossing.h"
#include "core/modules.h"
#include "core/types.h"
#include "ffisan/contract_table.h"

#define REGISTERED_ARGUMENTS 24u /* further ones are not looked at */
#define REGISTERED_OPEN      16u /* calls of one thread that are kept, nested */
#define REGISTERED_VALUES    8u

struct ffi_call_seen;  /* hooks/calls.h */
struct contract_table; /* core/contract_table.h */
struct gate_registers;
struct copy;

struct registered {
    const struct contract_table *table; /* that it is from */
    const struct ffisan_contract_function *function;
    const struct ffisan_contract_term *terms; /* function->count, as they are in the table */
    const char *name;
    const struct module *definer;
    uintptr_t address;     /* the function itself */
    const uint32_t *kinds; /* by term: object_kind's answer; NULL: ask it */
};

/* One call under way, or that has just returned. */
struct registered_call {
    const struct registered *registered;
    struct origin origin;
    uint64_t arguments
        [REGISTERED_ARGUMENTS]; /* as passed, extended by their types; of structs the address; floating ones are not there */
    uint64_t by_value[2];       /* a struct that came in registers */
    uint32_t argument_count;    /* with the first variadic one, where a term asks for it */
    uint32_t tid;
    uint64_t result; /* once it has returned */
    bool by_value_known;
    bool returned, failed;           /* failed: by its FAILS; known once it has returned */
    bool doubtful;                   /* it may have been left (registered_doubt): nothing is to be said because it is under way */
    bool lent;                       /* it is among memory_calls (memory.h) */
    const struct ffi_call_seen *ffi; /* it came through libffi: what is known of its arguments there; NULL: it did not */
    /* The registers as they will be handed to the function, while on the way in: for who puts something else in their place (revoke.h). */
    struct gate_registers *registers;
    uint64_t *results;    /* and those that the caller will get: rax, rdx; while on the way out */
    struct copy *revoked; /* revoke.c's: copies that stand in for what is lent */
    uint32_t kept; /* places that somebody of shims/contract/ keeps something about for the time of the call (their own books) */
    uint64_t died; /* an object that the library freed meanwhile, which may be what this call was for (releases.c); 0: none */
    /* registered.c's: conditions that held on the way in, and values that are wanted once more on the way out. */
    uint64_t held, value_known;
    uint64_t values[REGISTERED_VALUES];
};

/* The value that the term is about at this call; of a word of the whole function, that of the argument which it names. False: it cannot be known
 * (now). */
bool term_value(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t *value);
/* What `code` of the call's table comes to. */
bool term_evaluate(const struct registered_call *call, uint32_t code, uint64_t *value);
/* The same where it is a matter of the result alone; false: it is not. */
bool term_of_result(const struct registered_call *call, uint32_t code, uint64_t *value);
/* The value of `owner`, and the bytes of IN, OUT, INOUT. */
bool term_owner(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t *value);
/* Whether its condition holds: on the way in as far as it can be known there, on the way out as it did then. */
bool term_holds(const struct registered_call *call, const struct ffisan_contract_term *term);
bool term_bytes(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t *bytes);
const char *term_text(const struct registered *registered, uint32_t offset);
/* The first term of that word at that place whose condition holds; NULL: there is none. */
const struct ffisan_contract_term *term_of(const struct registered_call *call, enum ffisan_word word, uint32_t place);
/* The function that the term names as its `index`th: its name; *function: it in the table, NULL: it has no entry. */
const char *term_function(const struct registered *registered, const struct ffisan_contract_term *term, uint32_t index,
                          const struct ffisan_contract_function **function);

/* Registered calls that the calling thread is in the middle of, that whose terms are gone through included, innermost first, until `each` answers false. Those whose return address no longer
 * stands in its slot were left unseen, and are passed over. */
void registered_open(bool (*each)(struct registered_call *call, void *context), void *context);
/* The same for all threads, but for what is doubtful; others may come and go meanwhile: what is told was open a moment ago. No lock; signal-safe. */
void registered_open_everywhere(bool (*each)(const struct registered_call *call, void *context), void *context);

/* The calling thread's stack is cut back to this address: its calls made there or further in are over. */
void registered_left(uintptr_t stack_pointer);
/* Something of which nobody knows where it ends: an exception is thrown, the thread exits, or goes on on another stack. Calls that it is in the middle of
 * may be over from now on. */
void registered_doubt(void);
/* A thread is cancelled: from now on no thread's calls are certain to the others. */
void registered_doubt_all(void);

/* How many of `wanted` bytes from `address` on can be read now; they may then be read directly. */
size_t contract_readable(uintptr_t address, size_t wanted);
/* Reads what a contract leads to: quick where the pages were found readable lately, never faults; false: it cannot be read. At most a page. */
bool contract_read(void *to, uintptr_t address, size_t size);

/* For revoke.c: `enter` runs when a call's terms have been gone through on the way in, `leave` before they are on the way out; every function with
 * terms then gets both. Before registered_start. */
void registered_around(void (*enter)(struct registered_call *call), void (*leave)(struct registered_call *call));
/* On the way in: what the function will be given as this argument. False: it cannot be changed (it is not in a register). */
bool registered_replace(struct registered_call *call, uint32_t argument, uint64_t value);

/* For libffi.c: a call that is about to be made by `entry`, whose crossing is open; `integer`: its arguments in integer registers as libffi will
 * load them. True: the way in has been done here, and `entry` leads past the gate now. Then *call, if there is one, is to be told when it has
 * returned, and with what in its register. `answers`: that will be known. */
bool registered_direct(struct ffi_call_seen *seen, const uint64_t *integer, unsigned integers, bool answers,
                       struct registered_call **call);
void registered_direct_left(struct registered_call *call, uintptr_t cfa, uint64_t result);

struct failures;                            /* errors.h */
struct failures *registered_failures(void); /* the calling thread's; NULL: it has none */

/* Opens the tables of option `contracts` and registers the plan of gates; before the first module is looked at. */
void registered_start(void);
void registered_forked(void);
void registered_thread_end(void);

#endif
