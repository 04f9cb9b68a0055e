/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls of extensions' functions by the interpreter: methods of modules and types, slots, getters and setters.
 *
 * An extension hands its functions over in tables (PyMethodDef, PyGetSetDef, PyType_Slot, a PyTypeObject) or one by one
 * (PyCFunction_NewEx, PyCMethod_New; Cython's and nanobind's own kinds of functions, found when their module has started). The function pointer in the table is
 * replaced by the address of a stub of ours with the same signature, which notes the call and goes on to the function. Tables that cannot
 * be written are left alone. The interpreter compares some of these pointers (PyObject_GenericGetAttr, PyType_GenericNew, object's own
 * slots, inherited ones): only functions of extensions are replaced, none that its own code compares (taken.h), and slots only before PyType_Ready has
 * inherited them.
 *
 * A call is a struct method_call; self.method leads to the innermost. The structs lie in memory of ours, one behind the other for each
 * thread, and not on the stack of the call: that one may be taken away and brought back (greenlets), and whoever follows the chain in
 * the meantime must find something that is there. A call that was left by an exception or a jump leaves its struct behind: whoever looks
 * drops those whose cfa lies below his own (method_innermost). A struct that was used by another call while its own stack was away is
 * told by its number: `leave` does not run then, no more than when something unwinds through the call.
 */
#ifndef FFISAN_CPYTHON_METHODS_H
#define FFISAN_CPYTHON_METHODS_H

#include "core/thread.h"
#include "cpython/cpython.h"
#include "ffisan/record.h"

enum method_kind {
    METHOD_VARARGS,       /* (self, tuple) */
    METHOD_KEYWORDS,      /* (self, tuple, dict or NULL) */
    METHOD_FAST,          /* (self, vector, count) */
    METHOD_FAST_KEYWORDS, /* (self, vector, count, names or NULL): values of keywords follow the positional ones */
    METHOD_TYPE,          /* METH_METHOD: (self, class, vector, count, names) */
    METHOD_NONE,          /* (self, NULL) */
    METHOD_ONE,           /* (self, argument) */
    METHOD_GETTER,        /* (self, closure) -> object */
    METHOD_SETTER,        /* (self, value or NULL, closure) -> int */
    METHOD_SLOT_OBJECT,   /* a slot that returns an object: tp_new, tp_call, nb_add, ... */
    METHOD_SLOT_INT,      /* a slot that returns an int, -1 for an exception: tp_init, sq_contains, ... */
    METHOD_SLOT_SIZE,     /* Py_ssize_t or Py_hash_t, -1 likewise */
    METHOD_SLOT_NEXT,     /* tp_iternext: NULL without an exception is the end */
    METHOD_SLOT_NOTHING,  /* tp_dealloc, tp_finalize: nothing is checked of it but who is inside whom */
    METHOD_START,         /* PyInit_..., a module's Py_mod_exec: rules about what stays behind have no business there */
};

/* One function of an extension, for ever. */
struct method {
    const char *name;     /* "spam.encode", "spam.Sample.add", "spam.Sample.__init__", "spam.Sample.size (getter)"; interned */
    uintptr_t function;   /* the extension's */
    uintptr_t stub;       /* what stands for it: m_ml->ml_meth of a builtin function, d_wrapped of a slot's wrapper */
    uintptr_t definition; /* the PyMethodDef, if it came from one; else 0. The first one: aliases in one table share a stub */
    uint32_t module;      /* id, 0: not known */
    uint8_t kind;         /* enum method_kind */
    uint8_t shape;        /* where its arguments stand; methods.c */
    bool own;             /* of the interpreter's own modules (lib-dynload, the stdlib) */
    uint32_t calls;       /* atomic, saturating */
    uint32_t looks;       /* calls that were watched closely */
    void *notes[4];       /* atomic; of the rules, by METHOD_NOTE_... */
};
enum { METHOD_NOTE_LEAK, METHOD_NOTE_AUDIT, METHOD_NOTE_BLOCKING };

/* Where a function's arguments stand, besides self, the first. */
enum method_shape {
    SHAPE_NOTHING, /* not even a self */
    SHAPE_SELF,
    SHAPE_SECOND,       /* an object, or NULL */
    SHAPE_TWO,          /* the second and the third */
    SHAPE_THIRD,        /* the second is a number */
    SHAPE_TUPLE,        /* the second is a tuple of them */
    SHAPE_VECTOR,       /* the second leads to them, the third says how many */
    SHAPE_VECTOR_NAMES, /* the fourth is a tuple with the names of further ones */
    SHAPE_TYPE_VECTOR,  /* the third leads to them, the fourth says how many, the fifth is such a tuple */
};

#define METHOD_ARGUMENTS 8u /* that are looked at */
struct method_call {
    struct method_call *outer, *inner; /* `inner`: where a call from inside this one is noted; it may be none now */
    uint64_t number;                   /* how often the struct was used */
    struct method *method;
    uintptr_t cfa;           /* above everything that the call has on the C stack */
    uintptr_t self;          /* 0: none */
    uintptr_t vector;        /* METHOD_FAST...: where the arguments stand; METHOD_VARARGS: of the tuple's items; else 0 */
    uintptr_t tuple;         /* METHOD_VARARGS, METHOD_KEYWORDS: the tuple */
    uintptr_t keywords;      /* METHOD_KEYWORDS, tp_init and its like: the dict, or 0 */
    uint32_t count;          /* of `arguments` that are known; at most METHOD_ARGUMENTS */
    bool closely;            /* it is watched closely */
    bool cut;                /* it was too long for that: what it called of the API was heard up to some moment only */
    bool failed;             /* in `leave`: an exception is set, or the result says so */
    uint32_t callbacks;      /* calls from inside it that may have run Python code (api.h: PyObject_Call and the like) */
    uint64_t releases;       /* api_releases() when it began */
    uint64_t heard;          /* calls of the API that were heard of it */
    uint64_t paid;           /* of these, what the budget has been charged for already */
    uint64_t began, spent;   /* when it began, by budget_clock (watched closely), and what had been spent of the budget by then */
    uint64_t drops;          /* self.runtime_drops then */
    uint64_t started;        /* time stamp counter, when somebody wants it; else 0 */
    uint64_t looks;          /* budget_spent() then */
    uint64_t worked, waited; /* what the kernel had counted of the thread by then, or shortly before; zeros: not known */
    struct {                 /* blocking.c: since when nothing was heard of it but itself; 0: that is not so */
        uint64_t since, drops, events;
    } quiet;
    uintptr_t arguments[METHOD_ARGUMENTS]; /* objects, borrowed: positional, then values of keywords of a vector */
    uint64_t counts[METHOD_ARGUMENTS + 1]; /* of references, when it began; the last is self's */
    struct {                               /* pending.c */
        bool before;                       /* an exception was set when the call began */
        bool set;                          /* and after the last call of the API that was heard */
        const char *left_by;               /* the call of the API that set it; NULL: none, or not known */
        site_id site;                      /* of that */
    } error;
    void *notes[8]; /* of the rules while it lasts, by METHOD_CALL_NOTE_...; NULL at the start */
    void *rooms[2]; /* likewise; what a rule puts here stays for the calls that are noted here later */
};
enum {
    METHOD_CALL_AUDIT,
    METHOD_CALL_LEAK,
    METHOD_CALL_INTERIOR,
    METHOD_CALL_BUFFER,
    METHOD_CALL_ERROR,
    METHOD_CALL_STATE,
    METHOD_CALL_KEPT
};

/* What the rules do at both ends of a call: with `busy` held, on the thread that makes it, GIL held. `leave` may change nothing but its
 * own notes. They run in the order of registration, `leave` in the opposite one. */
struct method_listener {
    void (*enter)(struct method_call *call);
    void (*leave)(struct method_call *call, uintptr_t result); /* result: as the function's register has it */
    bool always;                                               /* else: only of calls that are watched closely */
    bool others;                                               /* not of the interpreter's own modules, unless they are */
};
void methods_listen(const struct method_listener *listener); /* at the start; stays for ever */

/* Whether a result says that the function failed. */
bool method_has_failed(const struct method_call *call, uintptr_t result);
/* Where it was called from; while the call lasts. */
static inline struct origin method_origin(const struct method_call *call) {
    const uintptr_t *frame = (const uintptr_t *)(call->cfa - 16); /* method_called's own: the caller's rbp, the return address */
    return (struct origin){call->cfa, frame[1], frame[0]};
}

/* The innermost call that this thread is inside of, NULL: none. `cfa`: of who asks. */
struct method_call *method_innermost(uintptr_t cfa);

void methods_start(void);
/* The calling thread ends. */
void methods_thread_end(void);

/* For who finds functions in tables: what is to stand there instead of `function`, 0: it stays. tables.c */
struct method_wish {
    const char *scope, *name, *suffix; /* "spam.Sample", "size", " (getter)" */
    uintptr_t function, definition;
    uintptr_t
        group; /* wishes for one function with one group share a stub; of what the interpreter may compare, by what it compares */
    uint8_t kind, shape;
};
uintptr_t method_stub(const struct method_wish *wish);
bool method_is_stub(uintptr_t address);

#endif
