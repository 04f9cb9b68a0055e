/* SPDX-License-Identifier: Apache-2.0
 *
 * CPython, seen from inside its process.
 *
 * The interpreter is found by what it exports, in whatever object that is: libpython3.x.so, or the executable itself (Debian's
 * python3 is not even PIE). The shim is linked to neither. It learns the functions that it needs with module_symbol, and calls
 * only such as neither allocate nor take a lock that their own callers could hold around a malloc.
 *
 * Three things are taken from it.
 *
 * Memory. CPython has three domains: raw (malloc, without the GIL), mem and object (pymalloc: up to 512 bytes from arenas of its
 * own, above that raw). A block belongs to the domain that made it (https://docs.python.org/3/c-api/memory.html, "Allocator
 * Domains"); handing it to another, or to free, works by luck as long as both end in malloc. The shim puts wrappers around the
 * three (PyMem_SetAllocator). They tell the books the family of each block that malloc saw, and compare it when the block comes
 * back. What lies in an arena is nobody's block: such calls pass after one look at a bitmap. The wrappers are put in place by a
 * thread that holds the GIL. The raw domain is used without it, and CPython reads the function and its context as two separate
 * words; so the context stays as it was, and any mixture of old and new words is a working allocator.
 *
 * The end. Py_FinalizeEx runs the atexit functions, sets _PyRuntime's finalizing thread, and then takes apart modules, types and
 * heap. Whoever looks for lost blocks after that finds all that Python objects held. Exported functions are not intercepted
 * inside a static interpreter, so the end is seen where it begins: the first thing that the finalizing thread frees comes through
 * our wrapper, long before the first module dies.
 *
 * Stacks. The frames of the calling thread are read, never run: thread state, frame, code object, its names, its line table. Any
 * of these may be half-written or gone when a finding is made in a signal handler. So each read goes through peek, each object
 * has to have the type that it should (its type word is compared with the exported PyCode_Type, PyUnicode_Type, PyBytes_Type),
 * nothing is counted, nothing is kept. A thread that released the GIL is still the only one to change its own frames, so that its
 * stack is as good; a thread that never met Python has none.
 *
 * Calls. ctypes and cffi know what was declared of a function, and what they were given; libffi does not. The slots by which
 * their function objects are called lead through us (callables.h).
 *
 * Places. At each crossing one frame is wanted, for a few nanoseconds: the innermost of the calling thread, which nobody else
 * changes and which lives as long as it runs. It is read directly (places.c).
 *
 * Known: 3.8 to 3.13 with the GIL. Of a later one with the GIL the domains and the end are watched through public functions, and
 * its frames are not known. Free-threaded and older ones are left alone. Both are noted.
 *
 * For whoever edits a file here: a tick comes in the middle of some malloc. pymalloc may be half way through making an arena,
 * tracemalloc may hold its lock: never call a domain's function there.
 */
#ifndef FFISAN_CPYTHON_CPYTHON_H
#define FFISAN_CPYTHON_CPYTHON_H

#include "core/crossings.h"
#include "core/modules.h"
#include "core/types.h"
#include "cpython/versions.h"
#include "ffisan/record.h"

/* ---- what the rest of the shim calls ---- */

/* Once, before the first module is looked at: which functions the rules want to stand in front of. */
void cpython_plan(void);
/* Once, when the list of modules exists. */
void cpython_start(void);
/* After each change of that list, on the thread that made it: an interpreter may have come or gone. Also tries to attach, since
 * an extension module is loaded by a thread that holds the GIL. With `busy` held. */
void cpython_modules_changed(void);
/* Whether this module is the interpreter. What it frees and allocates with malloc itself is its own affair: a block of a Python
 * family that this module's row gives to free is no mismatch (allocator windows at start and end, tracemalloc.stop). Signal-safe.
 */
bool cpython_is(const struct module *module);
/* Whether the address lies in an arena of pymalloc. False may also mean "not known". About 1 us when it is no arena. Signal-safe.
 */
bool cpython_owns(uintptr_t address);
/* Whether an object begins there, whose address may be meant as its name and not as memory. About 2 us. Signal-safe. */
bool cpython_identity(uintptr_t address);
/* An interpreter in this process was taken apart, and its beginning was not seen: what its objects held now looks lost, and a
 * search for leaks would blame the innocent. */
bool cpython_taken_apart(void);

/* ---- shared by the files here ---- */

enum cpython_domain { CPYTHON_RAW, CPYTHON_MEM, CPYTHON_OBJECT, CPYTHON_DOMAINS }; /* PyMemAllocatorDomain */

struct cpython_allocator { /* PyMemAllocatorEx */
    void *context;
    void *(*malloc)(void *context, size_t size);
    void *(*calloc)(void *context, size_t count, size_t size);
    void *(*realloc)(void *context, void *block, size_t size);
    void (*free)(void *context, void *block);
};
struct cpython_arena_allocator { /* PyObjectArenaAllocator */
    void *context;
    void *(*alloc)(void *context, size_t size);
    void (*free)(void *context, void *arena, size_t size);
};

/* The interpreter of this process; `module` is NULL while there is none. Written by attach.c. */
struct cpython {
    const struct module *module;
    const struct cpython_layout *layout; /* NULL: its frames are not known */
    uintptr_t runtime;                   /* &_PyRuntime */
    uintptr_t code_type, text_type, bytes_type, none;
    int (*is_initialized)(void);
    int (*is_finalizing)(void);
    const char *(*get_version)(void);
    void *(*own_thread_state)(void);     /* PyGILState_GetThisThreadState: of this thread, whether it runs or not */
    void *(*current_thread_state)(void); /* up to 3.11 of the thread that has the GIL, from 3.12 of this one if it has it */
    const uintptr_t *current;            /* the word that says so, up to 3.11; NULL: not known */
    void *(*main_interpreter)(void);
    void *(*current_interpreter)(void); /* of the current thread state, which must be there */
    void (*get_allocator)(int domain, struct cpython_allocator *allocator);
    void (*set_allocator)(int domain, struct cpython_allocator *allocator);
    void (*get_arenas)(struct cpython_arena_allocator *allocator);
    void (*set_arenas)(struct cpython_arena_allocator *allocator);
    uintptr_t release[CPYTHON_DOMAINS]; /* PyMem_RawFree, PyMem_Free, PyObject_Free */
};
extern struct cpython cpython;

/* domains.c. Puts the wrappers in place, or back when they were taken away. The GIL is held. True: every block of every domain is
 * malloc's. */
bool domains_wrap(void);
/* The interpreter was unloaded: what was remembered of it leads nowhere. */
void domains_forget(void);
bool domains_saw_the_end(void);
/* Not 0: ask whether the interpreter is ending. */
extern const uintptr_t *domains_ending;
extern bool domains_end_seen;
/* The interpreter is being taken apart, or was: thread states may be gone. Two loads while it is not. */
static inline bool cpython_is_ending(void) {
    return UNLIKELY(*domains_ending || domains_end_seen) && cpython.is_finalizing();
}

/* arenas.c: a bit for each page that belongs to an arena. */
#define ARENA_TOP_SHIFT 33
#define ARENA_TOP_SIZE  (1u << (47 - ARENA_TOP_SHIFT))
extern uint64_t *arena_pages[ARENA_TOP_SIZE]; /* atomic, as are the words */
void arenas_wrap(void);
void arenas_forget(void);
/* An arena was refused: since then pymalloc may have taken small blocks from the raw domain. */
bool arenas_ran_out(void);
/* Looks whether there is a pool around the address, by its header; notes its pages when there is. */
bool arena_learn(uintptr_t address);
/* The block of pymalloc around the address, as large as its class. The address is one that arena_holds, and alive: its pool is read directly. */
bool arena_block(uintptr_t address, uintptr_t *start, size_t *size);
/* The blocks of one pool that nobody has; for who asks about many addresses. Zeroed at first. */
struct arena_view {
    uintptr_t pool;
    uint64_t free[16];
};
/* Whether the address lies in memory of pymalloc's that no block has. The GIL is held. False also where that is not known. */
bool arena_is_free(uintptr_t address, struct arena_view *view);
/* Whether the address is in a pool; and each block of the pool that starts at this address, if one does, that somebody has. */
bool arena_has_pool(uintptr_t address);
void arena_each(uintptr_t pool, struct arena_view *view, void (*each)(uintptr_t start, size_t size, void *context),
                void *context);
/* Two loads, about 1 ns. */
static inline bool arena_holds(uintptr_t address) {
    const uint64_t *leaf = __atomic_load_n(&arena_pages[(address >> ARENA_TOP_SHIFT) % ARENA_TOP_SIZE], __ATOMIC_RELAXED);
    if (UNLIKELY(!leaf))
        return false;
    uint64_t word = __atomic_load_n(&leaf[(address >> 18) & 0x7fff], __ATOMIC_RELAXED);
    return word >> ((address >> 12) & 63) & 1;
}

/* frames.c: finding_set_managed_stack's walker. */
size_t frames_write(struct ffisan_record_python *item, size_t size);
struct python_frame {
    uintptr_t code;
    int lasti; /* in bytes; below 0: not started */
    bool entry;
};
/* The place as a frame, if its code object is still one. */
bool frame_of(struct managed_place place, struct python_frame *frame);
/* Writes those frames; `size` is a multiple of 8 and at least FRAMES_ROOM(depth). */
size_t frames_describe(const struct python_frame *frames, unsigned depth, bool complete, struct ffisan_record_python *item,
                       size_t size);
#define FRAMES_ROOM(depth) (sizeof(struct ffisan_record_python) + 2 * (depth) * sizeof(struct ffisan_record_python_frame))

/* The state that is current, 0: none. Its version is known; the GIL is held. About 1 ns. */
static inline uintptr_t cpython_state(void) {
    return LIKELY(cpython.current != NULL) ? *cpython.current : (uintptr_t)cpython.current_thread_state();
}
/* What says which exception is set; 0: none. */
static inline uintptr_t cpython_error(void) {
    uintptr_t state = cpython_state();
    return LIKELY(state != 0 && cpython.layout) ? *(const uintptr_t *)(state + cpython.layout->thread_error) : 0;
}

/* attach.c: this thread runs Python code of the interpreter that it first met, and no other thread does. */
bool cpython_holds_gil(void);

/* callables.c. callables_start: once the layout is known; the others as their names say. */
void callables_start(void);
void callables_stop(void);
void callables_tick(void);
void callables_modules_changed(void);
void callables_forked(void);

/* Where the calling thread's Python code makes a call, and whether that call's result is thrown away (false: or not known). The GIL is
 * held; about 2 ns. */
struct managed_place place_of_call(bool *drops);
/* upcalls.c: managed_places.callback_line. */
uint32_t upcall_line(uint32_t binding, uintptr_t data);
/* places.c: fills in managed_places, when frames are known; and empties it. */
void places_start(void);
void places_stop(void);

/* raised.c: once, at the start. */
void raised_start(void);

/* lines.c: the line of the instruction at byte `lasti` of the code, from a table of `size` bytes that may not be readable; lasti
 * < 0: not yet started. 0: none. */
unsigned line_of(enum cpython_lines format, uintptr_t table, size_t size, int first_line, int lasti);

#endif
