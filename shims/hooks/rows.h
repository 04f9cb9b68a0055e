/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows: each module's own entries into the shim, and the operators that it would have called.
 */
#ifndef FFISAN_HOOKS_ROWS_H
#define FFISAN_HOOKS_ROWS_H

#include "abi/x86_64/rows.h"
#include "core/modules.h"
#include "core/types.h"

/* Columns of the thunk table. */
enum function {
#define ALLOCATOR(id, name) FUNCTION_##id,
#include "hooks/hooks.def"
    FUNCTION_ALLOCATORS,
    FUNCTION_BEFORE_OPERATORS = FUNCTION_ALLOCATORS - 1,
#define OPERATOR(id, symbol, text) FUNCTION_##id,
#include "hooks/hooks.def"
    FUNCTIONS
};
#define OPERATORS (FUNCTIONS - FUNCTION_ALLOCATORS)

/* What a call through this row is taken for when no operator is under way: MALLOC, or ANY when the module's calls of malloc may
 * stand for somebody's `new`. */
extern uint8_t row_family[ROWS];
/* The operator that the module's own slot led to. */
extern uintptr_t row_operator[ROWS][OPERATORS];

/* An executable that is not position-independent and takes an allocator's address lends its PLT to the whole program: that entry
 * is then the function's address everywhere, and calls through pointers, from any module, come in by the executable's row. Of
 * those that arrive there only the ones that return into the executable are its own. row 0: no such executable. */
struct lent_row {
    row_id row;
    uintptr_t start, end;
};
extern struct lent_row lent_row;
static inline row_id row_of_caller(row_id row, uintptr_t ra) {
    return UNLIKELY(row && row == lent_row.row) && (ra < lent_row.start || ra >= lent_row.end) ? 0 : row;
}

/* got.c. Points the module's slots at its row, and brings slots that go past the exported symbols (RTLD_DEEPBIND) to them. May be
 * called again for the same module. */
void got_patch(struct module *module);
/* Once, before the first got_patch: finds out whose malloc it is that the program uses. False: not ours to watch; *owner says
 * whose. */
bool got_survey(const char **owner);
/* The function that an entry of ours stands for; any other address is its own. */
uintptr_t got_original(uintptr_t address);
/* What stands for `address` when a program looked it up behind our back: the exported function of ours, or 0. */
uintptr_t got_replacement(uintptr_t address);

/* dl.c: whether the calling thread's own dlopen or dlclose has returned, and the list of modules must be looked at. */
void loader_attend(const struct origin *origin, bool may_wait);
/* No dlopen or dlclose is under way anywhere: every module that can call us has its row. */
bool loader_settled(void);
/* A module that binds past us (RTLD_DEEPBIND) is being opened: its constructors use the allocator behind our back. */
bool loader_bypassed(void);
/* `callback` is called, under the loader's lock, when the list of modules has changed. */
void loader_on_change(void (*callback)(void));
void loader_start(void);
void loader_thread_end(void);
void loader_forked(void);

/* The glibc allocator is behind us: its chunk headers mean something. */
extern bool real_is_glibc;

#endif
