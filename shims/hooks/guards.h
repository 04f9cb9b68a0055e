/* SPDX-License-Identifier: Apache-2.0
 *
 * Guards: entries that stand in front of other people's functions and let nearly every call pass after one test, at less than half a
 * nanosecond. A guard is a stub of static code with a number, as a gate is (gates.h), and its test is one of two:
 *
 *   GUARD_STATE    The state of a managed runtime that is current (*self.runtime_word) is the one that this thread was last known to run
 *                  with (self.runtime_state): it holds the runtime's lock.
 *   GUARD_WATCHED  There is no memory that this thread must not use (self.watched is 0).
 *
 * Where the test fails, `slow` of the guard's plan is asked where the call is to go on: to the function, or to a gate in front of it.
 *
 * Slots of calls lead to guards, in those modules that a plan wants, and what dlsym finds; each function has one guard. Slots that hold an
 * address as data (tables of functions) are left alone: of what a program compares, or hands to the runtime, the address stays one.
 * Guards are given out once and never taken back.
 */
#ifndef FFISAN_HOOKS_GUARDS_H
#define FFISAN_HOOKS_GUARDS_H

#include "abi/x86_64/guards.h"
#include "core/modules.h"
#include "core/types.h"
#include "hooks/gates.h"

enum guard_kind { GUARD_STATE, GUARD_WATCHED, GUARD_KINDS };

struct guard; /* opaque */

/* Static; registered once, before the first module is looked at. Where two plans of one kind want one function, the earlier one has it. */
struct guard_plan {
    enum guard_kind kind;
    /* Whether functions of that name may be wanted at all: for every symbol of every module, so it has to be quick. */
    bool (*about)(const char *name);
    /* Whether calls from `caller` (NULL: not known) of the function `name`, which `definer` defines, are to be guarded. Under the loader's
     * lock. For slots, dlsym, and `use` GATE_TAKEN for a slot whose address may be used for more than calls. */
    bool (*wants)(const char *name, uintptr_t address, const struct module *caller, const struct module *definer,
                  enum gate_use use);
    /* The function gets its guard: what guard_data answers, and where calls that pass the test go on (the function; a gate of the checker's).
     * NULL: nothing, and to the function. */
    const void *(*begin)(struct guard *guard);
    /* The test failed. Where to go on; 0: as if it had passed. With `busy` held and errno kept. */
    uintptr_t (*slow)(const struct guard *guard, struct gate_frame *frame);
};
void guards_register(const struct guard_plan *plan);

const char *guard_name(const struct guard *guard);   /* stays */
uintptr_t guard_real(const struct guard *guard);     /* the function */
uintptr_t guard_function(const struct guard *guard); /* it, or the gate that another plan has put in front of it */
const struct module *guard_definer(const struct guard *guard);
const void *guard_data(const struct guard *guard);
/* From now on calls that pass the test go there. */
void guard_lead(struct guard *guard, uintptr_t address);

/* For got.c and dl.c, as of the gates. `address` is the real function, and `entry` what stands in front of it by now: itself, or its gate. */
bool guards_name(const char *name);
uintptr_t guards_stand_in(const char *name, uintptr_t address, uintptr_t entry, const struct module *caller, enum gate_use use);
/* What stands behind a guard, gates left out; any other address is its own. */
uintptr_t guards_behind(uintptr_t address);

#endif
