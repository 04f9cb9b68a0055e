/* SPDX-License-Identifier: Apache-2.0
 *
 * What is done at both ends of a call that ctypes or cffi makes: its environment is compared (environment.h), and, where it keeps the GIL,
 * its time is taken (blocking.h).
 */
#include "core/modules.h"
#include "cpython/api.h"
#include "cpython/blocking.h"
#include "cpython/callables.h"
#include "cpython/environment.h"
#include "hooks/calls.h"
#include "hooks/hooks.h"

enum { NOTE_MODES, NOTE_STARTED, NOTE_CROSSINGS };

static void begins(const struct ffi_call_seen *seen, uint64_t notes[EDGE_NOTES]) {
    notes[NOTE_MODES] = environment_begun(seen->origin->cfa);
}

static void ends(const struct ffi_call_seen *seen, const uint64_t notes[EDGE_NOTES]) {
    uint32_t before = (uint32_t)notes[NOTE_MODES];
    if (LIKELY(!environment_differs(seen->origin->cfa, before)) || self.busy)
        return;
    struct inside inside = inside_enter();
    environment_look(
        &(struct environment_call){.cfa = seen->origin->cfa, .before = before, .origin = seen->origin, .call = seen});
    inside_leave(inside);
}

/* Whether C called Python, where the interpreter gives the GIL away when somebody waits for it. */
static bool has_called_back(const uint64_t notes[EDGE_NOTES]) {
    return !self.boundary || self.boundary->crossings != notes[NOTE_CROSSINGS];
}

static void timed_begins(const struct ffi_call_seen *seen, uint64_t notes[EDGE_NOTES]) {
    begins(seen, notes);
    notes[NOTE_STARTED] = blocking_begun();
    notes[NOTE_CROSSINGS] = self.boundary ? self.boundary->crossings : 0;
}

static void timed_ends(const struct ffi_call_seen *seen, const uint64_t notes[EDGE_NOTES]) {
    if (UNLIKELY(blocking_ended(notes[NOTE_STARTED])) && !has_called_back(notes) && !self.busy) {
        struct inside inside = inside_enter();
        blocking_report(&(struct blocked){.started = notes[NOTE_STARTED], .origin = seen->origin, .call = seen});
        inside_leave(inside);
    }
    if (environment_wanted)
        ends(seen, notes);
}

/* The interpreter's own functions run Python code, and release the GIL themselves; and so may those of a library that uses its API. The shim's
 * own (ffisan_repeat_step) look at the heap. */
static bool is_timed(uintptr_t function) {
    const struct module *module = blocking_wanted() ? module_at(function) : NULL;
    return module && !cpython_is(module) && !(module->kind & MODULE_SHIM) && !api_is_user(module);
}

const struct managed_edges *edges_of(uintptr_t function, bool keeps_gil) {
    static const struct managed_edges plain = {begins, ends}, timed = {timed_begins, timed_ends};
    if (UNLIKELY(keeps_gil) && is_timed(function))
        return &timed;
    return environment_wanted ? &plain : NULL;
}
