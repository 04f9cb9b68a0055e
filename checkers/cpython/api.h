/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of the interpreter's C API by whoever is not the interpreter: extension modules, programs that embed it.
 *
 * Each slot of such a module that leads to a function of the API leads to that function's guard (hooks/guards.h): a stub that compares
 * the thread state that is current with the one that this thread was last known to run with, and jumps on. Below 0.5 ns. When they
 * differ, api.c finds out which: the thread was given another state (remembered, on with it), it does not hold the GIL (no-gil), or it
 * never had a state (unattached-thread).
 *
 * Rules that want to see calls of a function have a listener. With one that is `always`, the guard of that function leads on to a
 * call-through gate (hooks/gates.h), which costs some 20 ns a call; else only while the thread is inside an extension's function whose
 * call is watched closely (methods.h): the guards of all functions then take their slow way on this thread (api_watch_closely).
 *
 * Functions of the macro API (Py_INCREF, PyList_GET_ITEM) are no calls and never seen. What the interpreter's own modules (_ctypes,
 * _sqlite3, what stands in lib-dynload) call is seen like any extension's; what the interpreter calls of itself is not.
 *
 * Listeners run with `busy` held, on the thread that calls, which holds the GIL (a call without it is reported, and goes on unheard).
 * They may read objects directly, and call of the interpreter only what neither allocates nor runs code of the program.
 */
#ifndef FFISAN_CPYTHON_API_H
#define FFISAN_CPYTHON_API_H

#include "cpython/cpython.h"
#include "hooks/gates.h"

struct method_call; /* methods.h */

struct api_call {
    const char *name;            /* "PyList_SetItem" */
    uintptr_t function;          /* the real one */
    const struct module *caller; /* NULL: not known */
    const struct origin *origin; /* of the call; origin->ra tells call sites apart */
    struct method_call *method;  /* innermost call of an extension's function that this thread is inside of, or NULL */
    const uint64_t *arguments;   /* the six integer ones, in order; further ones lie at origin->cfa + 8 * (i - 6) */
    uint64_t result;             /* in `leave`: rax; to be cut to 32 bits by who knows that it is an int */
    uint64_t *notes; /* two words of this listener's own: what `enter` puts there, `leave` of the same call finds again */
};

struct api_listener {
    const char *name;                     /* of the function; NULL: of every function */
    void (*enter)(struct api_call *call); /* NULL: none */
    void (*leave)(struct api_call *call); /* NULL: none. Does not run when something unwinds through the call */
    bool always;                          /* else: only in calls that are watched closely */
    /* Of a function with one argument, and an `always` that hears it begin: whether there is anything to hear of a call with this one, when
     * nothing is watched closely. Asked without a gate, `busy` not held: 3 ns instead of 20. NULL: there is. */
    bool (*counts)(uintptr_t argument);
};
/* Before the first module is looked at; `listener` stays for ever. An array that ends with {0} (both functions NULL). */
void api_listen(const struct api_listener *listeners);

/* From now on, on this thread, every call of the API is heard by all its listeners; and no more. Counted: calls nest. */
void api_watch_closely(void);
void api_watch_loosely(void);

/* Once, at the start: registers the plan of the guards. */
void api_start(void);
/* The interpreter is known and the GIL is held; and it has gone. */
void api_attached(void);
void api_forget(void);

/* Whether this thread holds the GIL now, of whatever interpreter of the process. Signal-safe, about 3 ns. */
bool api_has_gil(void);
/* How often this thread has released the GIL by itself (PyEval_SaveThread and what ends in it, from any module but the interpreter). */
uint64_t api_releases(void);
/* Whether a module calls the API at all: an extension, or a program that embeds the interpreter. Not the interpreter itself. */
bool api_is_user(const struct module *module);

#endif
