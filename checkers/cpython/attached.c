/* SPDX-License-Identifier: Apache-2.0
 *
 * thread-state-leak: a thread that ends while it still has its state of the interpreter (PyGILState_Ensure without PyGILState_Release). The
 * state is nobody's from then on; and if the thread held the GIL, nobody gets it any more.
 *
 * The C library takes a thread's data away in any order, and destructors may detach the thread as well: so the state is noted when the
 * thread begins to end, and looked for among the interpreter's when it has ended. The list is read as it is; a state that cannot be found has
 * gone.
 *
 * Threads of Python's own delete their state before they end. The oldest state is that of whoever called Py_Initialize: it lasts as long
 * as the interpreter, whatever becomes of the thread.
 */
#include <pthread.h>

#include "core/crossings.h"
#include "core/findings.h"
#include "core/peek.h"
#include "core/stack.h"
#include "cpython/api.h"
#include "cpython/environment.h"
#include "cpython/subjects.h"
#include "hooks/hooks.h"

#define STATE_NEXT  8u /* PyThreadState.next, the same from 3.8 to 3.13 */
#define STATES_MOST 4096u

static bool is_running(void) {
    return cpython.module && cpython.layout && cpython.is_initialized() && !cpython_is_ending() && !cpython.is_finalizing();
}

static void begins_to_end(void) {
    struct boundary *boundary = boundary_here();
    if (!boundary || self.busy || hooks_off || !is_running())
        return;
    boundary->state = (uintptr_t)cpython.own_thread_state();
}

/* The state is still there, this thread's, and not the oldest. */
static bool is_left(uintptr_t state) {
    uintptr_t (*head)(void *) = (uintptr_t(*)(void *))module_symbol(cpython.module, "PyInterpreterState_ThreadHead");
    uintptr_t at = head ? head(cpython.main_interpreter()) : 0, thread, next;
    for (unsigned i = 0; at && i < STATES_MOST; i++, at = next) {
        if (!peek(&next, at + STATE_NEXT, sizeof next))
            return false;
        if (at == state)
            return next && peek(&thread, at + cpython.layout->thread_id, sizeof thread) && thread == (uintptr_t)pthread_self();
    }
    return false;
}

static void has_ended(void) {
    struct origin origin = ORIGIN_HERE();
    struct boundary *boundary = self.boundary;
    uintptr_t state = boundary ? boundary->state : 0;
    if (!state || hooks_off || thread_id() == process_id() || !is_running() || !is_left(state))
        return;
    struct inside inside = inside_enter();
    struct subjects subjects = {0};
    struct finding finding = {.rule = FFISAN_RULE_THREAD_STATE_LEAK, .origin = &origin};
    finding.sites[FFISAN_ROLE_LENT] = boundary->attached;
    finding.sites[FFISAN_ROLE_CREATED] = self.started_by;
    finding.lines[FFISAN_ROLE_CREATED] = self.started_line;
    subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_STATE,
                                              .role = FFISAN_ROLE_DETECTED,
                                              .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                              .name = "thread state"});
    subjects_report(&finding, &subjects, NULL);
    inside_leave(inside);
}

/* Where a thread gets its state; the calls that find one are none of ours. */
static void attaches(struct api_call *call) {
    struct boundary *boundary = boundary_here();
    if (boundary && cpython.own_thread_state && !cpython.own_thread_state())
        boundary->attached = stack_site(call->origin, 0);
}

static const struct api_listener listeners[] = {
    {.name = "PyGILState_Ensure", .enter = attaches, .always = true},
    {0},
};

void attached_start(void) {
    if (!rule_on(FFISAN_RULE_THREAD_STATE_LEAK))
        return;
    api_listen(listeners);
    thread_on_end(begins_to_end, has_ended);
}
