/* SPDX-License-Identifier: Apache-2.0
 *
 * What ctypes and cffi share: how their function objects are called through us, and what is remembered of each way of calling.
 *
 * libffi knows the machine types of a call; the binding knows what was declared, and what the arguments were before they were
 * converted. Both bindings call a function through the tp_call of its object's type. That slot leads to us: we say what the binding
 * believes (struct managed_call, core/signatures.h) and go on to its own.
 *
 * All here runs on a thread that holds the GIL, at a moment when an extension may call Python (inside its own call), with `busy` not
 * held: it is ordinary code of an extension, and what it allocates is the interpreter's. Only functions are called that run no code of
 * the program: no attribute of an object or class of the program's is asked for, its dicts are looked into.
 *
 * A description is made once for each way of calling, and kept for ever, each once by its content. What leads to it is a slot that is
 * found by a hash of the addresses of all types that take part, each with its version (tp_version_tag), so that a class which was
 * changed, or came to the address of one that died, is another.
 */
#ifndef FFISAN_CPYTHON_CALLABLES_H
#define FFISAN_CPYTHON_CALLABLES_H

#include "core/crossings.h"
#include "core/signatures.h"
#include "cpython/objects.h"

/* What is called of the interpreter. All members but the first two are known when callables_start. */
struct python_functions {
    int (*add_pending_call)(int (*function)(void *), void *argument);
    void *(*interpreter)(void); /* that this thread runs in */
    void *(*modules)(void);     /* sys.modules, borrowed */
    void *(*module_dict)(void *module);
    void *(*dict_get)(void *dict, void *key); /* PyDict_GetItemWithError: borrowed */
    int (*dict_next)(void *dict, intptr_t *position, void **key, void **value);
    void *(*intern)(const char *text); /* a new reference */
    const char *(*utf8)(void *text, intptr_t *size);
    void *(*lookup)(void *type,
                    void *name); /* _PyType_Lookup: along the mro, calls no descriptor, borrowed; gives it a version */
    int (*is_subtype)(void *type, void *of);
    void *(*call)(void *callable, ...);           /* PyObject_CallFunctionObjArgs, ends with NULL; only for builtin functions */
    void *(*attribute)(void *object, void *name); /* PyObject_GetAttr; only of objects whose type is the binding's own */
    intptr_t (*as_size)(void *number);
    void (*retain)(void *object), (*release)(void *object);
    void (*fetch)(void **type, void **value, void **traceback);
    void (*restore)(void *type, void *value, void *traceback);
    void (*clear)(void);
    void *(*weakref)(void *object, void *callback);
    uintptr_t *(*dict_of)(void *object); /* _PyObject_GetDictPtr: where an object's own dict stands; NULL: it has none */
    uintptr_t int_type, type_type, wrapper_type, function_type, method_type, module_type, view_type;
};
extern struct python_functions python;

/* ---- descriptions ---- */

struct description {
    struct description *next;
    uint64_t identity;
    uint32_t binding, flags, fixed;
    const struct ffisan_types *types;
};
/* For the one who describes: room for a type table. NULL: somebody else is at it. To be given back by description_intern or
 * description_drop. */
struct type_writer *description_begin(void);
void description_drop(void);
/* NULL: no memory, or too many. */
const struct description *description_intern(const struct description *description);

/* The slot of a hash; its description, if it is that hash's. */
struct memo_slot {
    uint64_t hash;
    const struct description *description;
};
struct memo_slot *memo_slot(uint64_t hash);
const struct description *memo_recall(const struct memo_slot *slot, uint64_t hash);
void memo_remember(struct memo_slot *slot, uint64_t hash, const struct description *description);

#define MIX_FACTOR UINT64_C(0x9e3779b97f4a7c15)
static inline uint64_t memo_mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * MIX_FACTOR;
    return hash ^ hash >> 32;
}

/* ---- a call ---- */

#define CALL_ARGUMENTS 16u /* what is known of further ones is not told */
#define CALL_LEVELS    4u  /* calls inside the conversion of arguments of calls, told about */

struct call_level {
    struct managed_call call;
    struct ffisan_record_argument arguments[CALL_ARGUMENTS];
};
/* What was told, in memory that stays where it is: a call that was left by a jump or an exception leaves its words behind. */
struct told {
    uint32_t depth;
    struct call_level levels[CALL_LEVELS];
};
_Static_assert(sizeof(struct told) <= CHECKER_ROOM, "a thread has room for it");

/* On the C stack of the function that stands in the slot. */
struct call_frame {
    const struct managed_call *previous;
    uint32_t depth;
    struct call_level *level; /* NULL: too deep, nothing is told */
};

static inline void callable_enter(struct call_frame *frame, uintptr_t cfa) {
    struct boundary *boundary = boundary_here();
    struct told *told = LIKELY(boundary != NULL) ? (struct told *)boundary->checker : NULL;
    uint32_t depth = told ? told->depth : 0;
    while (UNLIKELY(depth && told->levels[depth - 1].call.cfa <= cfa))
        depth--;
    frame->previous = self.call;
    frame->depth = depth;
    frame->level = LIKELY(told && depth < CALL_LEVELS) ? &told->levels[depth] : NULL;
    self.call = NULL;
    if (LIKELY(frame->level != NULL)) {
        frame->level->call.cfa = cfa;
        told->depth = depth + 1;
    }
}

/* What is told from here to callable_leave, when there is a level. `flags` and `hash`: of what was found out about this very call. */
struct call_facts {
    uintptr_t function;
    struct managed_place place;
    uint32_t count, flags; /* of the level's arguments; enum ffisan_call_flag */
    uint64_t hash;         /* 0: nothing that makes it another kind of call */
    const struct managed_edges *edges;
};
static inline void callable_tell(const struct call_frame *frame, const struct description *description,
                                 const struct call_facts *facts) {
    struct managed_call *call = &frame->level->call;
    call->binding = description->binding;
    call->flags = description->flags | facts->flags;
    call->fixed = description->fixed;
    call->identity = (description->identity ^ facts->flags * MIX_FACTOR) + facts->hash;
    call->function = facts->function;
    call->place = facts->place;
    call->types = description->types;
    call->arguments = frame->level->arguments;
    call->argument_count = facts->count;
    call->edges = facts->edges;
    self.call = call;
}

static inline void callable_leave(const struct call_frame *frame) {
    if (LIKELY(self.boundary != NULL))
        ((struct told *)self.boundary->checker)->depth = frame->depth;
    self.call = frame->previous;
}

/* --profile: whether nobody but the caller's stack and the arguments' tuple has this object. */
static inline uint32_t made_for_call(uintptr_t object) {
    return profiling() && word(object, 0) == 2 ? FFISAN_ARGUMENT_FRESH : 0;
}

/* edges.c: what is done at both ends of a call of that function; NULL: nothing. */
const struct managed_edges *edges_of(uintptr_t function, bool keeps_gil);

/* ---- slots ---- */

/* Leads tp_call of the type and of all that were derived from it to `ours`, where it is `original`. */
void callables_replace(uintptr_t type, uintptr_t original, uintptr_t ours);
/* An item of a dict or of a type's own dict by name, borrowed; 0: none. */
uintptr_t dict_item(uintptr_t dict, uintptr_t name);
/* An interned name, for ever. 0: out of memory. */
uintptr_t name_for_ever(const char *text);

/* The binding of that name is in place: no more looking for it. */
void callables_done(const char *name);
/* ctypes.c, cffi.c: puts itself in place; `dict`: of the module. May be called again, for another import of it. */
void ctypes_found(uintptr_t dict);
void cffi_found(uintptr_t dict);

#endif
