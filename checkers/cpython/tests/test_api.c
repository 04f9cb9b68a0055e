/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may call the API, and who hears of it: api.c over real guards and gates, in front of a library that calls itself an interpreter
 * (fake_api.c), once with a state that is current for all threads, as up to 3.11, and once with one of each thread's.
 */
#include "cpython/api.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/findings.h"
#include "cpython/methods.h"
#include "cpython/subjects.h"
#include "fake_api.h"
#include "hooks/guards.h"
#include "hooks/hooks.h"

int main(void);

/* ---- what stands around api.c ---- */

int hooks_off;
struct cpython cpython;
static struct cpython_layout layout = {.runtime_current = sizeof(uintptr_t)};
static uintptr_t own_state;
static int initialized, finalizing;
static bool ending;
static const struct method_call *inside; /* the innermost call of an extension's function */
static struct {
    int count;
    enum ffisan_rule rule;
    const char *function;
} found;

static void *own(void) {
    return (void *)own_state;
}
static void *current(void) {
    return (void *)PyThreadState_GetUnchecked();
}
static int is_initialized(void) {
    return initialized;
}
static int is_finalizing(void) {
    return finalizing;
}
bool exit_under_way(void) {
    return ending;
}
bool cpython_is(const struct module *module) {
    return module && module == cpython.module;
}
struct method_call *method_innermost(uintptr_t cfa) {
    (void)cfa;
    return (struct method_call *)inside;
}
void subjects_report(struct finding *finding, struct subjects *subjects, const struct method_call *call) {
    (void)subjects;
    assert_null(call);
    found.count++;
    found.rule = finding->rule;
    found.function = finding->function;
}

/* ---- listeners ---- */

struct heard {
    int entered, left;
    uint64_t first, second, result, note;
    const char *name;
};
static struct heard always, closely, all;

static void note_enter(struct heard *heard, struct api_call *call) {
    heard->entered++;
    heard->name = call->name;
    heard->first = call->arguments[0];
    heard->second = call->arguments[1];
    call->notes[0] = (uintptr_t)heard;
    call->notes[1] = call->arguments[1];
}
static void note_leave(struct heard *heard, struct api_call *call) {
    heard->left++;
    heard->result = call->result;
    assert_int_equal(call->notes[0], (uintptr_t)heard);
    heard->note = call->notes[1];
}
static void always_enter(struct api_call *call) {
    note_enter(&always, call);
}
static void always_leave(struct api_call *call) {
    note_leave(&always, call);
}
static void closely_enter(struct api_call *call) {
    note_enter(&closely, call);
}
static void closely_leave(struct api_call *call) {
    note_leave(&closely, call);
}
static void all_enter(struct api_call *call) {
    note_enter(&all, call);
}
static const struct api_listener listeners[] = {
    {.name = "PyList_Append", .enter = always_enter, .leave = always_leave, .always = true},
    {.name = "PyList_Append", .enter = closely_enter, .leave = closely_leave},
    {.name = "PyMem_RawMalloc", .enter = always_enter, .always = true},
    {.name = NULL, .enter = all_enter},
    {0}};

/* ---- calls, as a slot of this program makes them ---- */

static uintptr_t entry(const char *name, uintptr_t address, enum gate_use use) {
    return guards_stand_in(name, address, address, module_at((uintptr_t)main), use);
}
#define API(function) ((__typeof__(&(function)))entry(#function, (uintptr_t) & (function), GATE_CALLED))

static void attach(uint16_t version, uintptr_t state) {
    fake_by_thread = version >= 0x030c;
    layout.version = version;
    PyEval_RestoreThread(state);
    own_state = state;
    api_forget();
    api_attached();
}

static void reset(void) {
    memset(&found, 0, sizeof found);
    memset(&always, 0, sizeof always);
    memset(&closely, 0, sizeof closely);
    memset(&all, 0, sizeof all);
    initialized = 1;
    finalizing = 0;
    ending = false;
    inside = NULL;
    self.runtime_word = &thread_no_state;
    self.runtime_state = 1;
    self.runtime_given = self.runtime_releases = 0;
    fake_current[1] = fake_own_current = fake_copy = 0;
}
static int of_all(void **state) {
    (void)state;
    reset();
    attach(0x030b, 4096);
    return 0;
}
static int of_each(void **state) {
    (void)state;
    reset();
    attach(0x030d, 4096);
    return 0;
}

static void check_found(int count, enum ffisan_rule rule, const char *function) {
    assert_int_equal(found.count, count);
    assert_int_equal(found.rule, rule);
    assert_string_equal(found.function, function);
}

/* ---- the GIL ---- */

/* The first call is looked at, then the guard knows. */
static void who_holds_it_passes(void **state) {
    (void)state;
    assert_int_equal(API(PyTuple_Size)(7), 8);
    assert_ptr_equal(self.runtime_word, fake_by_thread ? &fake_own_current : &fake_current[1]);
    assert_int_equal(self.runtime_state, 4096);
    assert_int_equal(API(PyTuple_Size)(8), 9);
    assert_true(api_has_gil());
    assert_int_equal(found.count, 0);
}

static void who_released_it_is_told(void **state) {
    (void)state;
    API(PyTuple_Size)(7);
    uintptr_t saved = API(PyEval_SaveThread)();
    assert_int_equal(saved, 4096);
    assert_false(api_has_gil());
    assert_int_equal(api_releases(), 1);
    assert_int_equal(API(PyTuple_Size)(1), 2);
    check_found(1, FFISAN_RULE_NO_GIL, "PyTuple_Size");
    assert_int_equal(API(PyList_Append)(4, 2), 42);
    check_found(2, FFISAN_RULE_NO_GIL, "PyList_Append");
    assert_int_equal(always.entered, 0);
    assert_int_equal(API(PyMem_RawMalloc)(5), 7);
    assert_int_equal(always.entered, 1);
    API(PyEval_RestoreThread)(saved);
    assert_int_equal(API(PyTuple_Size)(1), 2);
    assert_int_equal(found.count, 2);
    assert_true(api_has_gil());
}

static void *call_from_nowhere(void *size) {
    *(uintptr_t *)size = API(PyTuple_Size)(7);
    return NULL;
}

static void who_never_had_a_state_is_told(void **state) {
    (void)state;
    pthread_t thread;
    uintptr_t size = 0;
    own_state = 0;
    pthread_create(&thread, NULL, call_from_nowhere, &size);
    pthread_join(thread, NULL);
    assert_int_equal(size, 8);
    check_found(1, FFISAN_RULE_UNATTACHED_THREAD, "PyTuple_Size");
}

static void at_both_ends_nobody_is_told(void **state) {
    (void)state;
    API(PyEval_SaveThread)();
    initialized = 0;
    API(PyTuple_Size)(1);
    initialized = 1;
    finalizing = 1;
    API(PyTuple_Size)(1);
    finalizing = 0;
    ending = true;
    API(PyTuple_Size)(1);
    assert_int_equal(found.count, 0);
}

/* Up to 3.11 the GIL stays; from 3.12 on it goes with the state. */
static void a_state_that_is_swapped_away_may_leave_the_lock(void **state) {
    (void)state;
    uintptr_t before = API(PyThreadState_Swap)(0);
    API(PyTuple_Size)(1);
    assert_int_equal(found.count, fake_by_thread ? 1 : 0);
    API(PyThreadState_Swap)(before);
    API(PyTuple_Size)(1);
    assert_int_equal(found.count, fake_by_thread ? 1 : 0);
}

/* The thread id of a state stands at its beginning here. */
static void another_threads_state_is_not_ours(void **state) {
    (void)state;
    static uintptr_t theirs, ours;
    ours = (uintptr_t)pthread_self();
    API(PyEval_SaveThread)();
    PyEval_RestoreThread((uintptr_t)&theirs);
    API(PyTuple_Size)(1);
    check_found(1, FFISAN_RULE_NO_GIL, "PyTuple_Size");
    PyEval_RestoreThread((uintptr_t)&ours);
    API(PyTuple_Size)(1);
    assert_int_equal(found.count, 1);
    API(PyEval_SaveThread)();
    API(PyEval_RestoreThread)((uintptr_t)&theirs);
    API(PyTuple_Size)(1);
    assert_int_equal(found.count, 1);
}

/* A program with the interpreter inside gives states by calls that nobody sees. */
static void who_is_called_by_the_interpreter_has_it(void **state) {
    (void)state;
    static uintptr_t theirs;
    struct method_call call = {.releases = self.runtime_releases};
    PyEval_RestoreThread((uintptr_t)&theirs);
    inside = &call;
    API(PyTuple_Size)(1);
    assert_int_equal(found.count, 0);
    API(PyEval_SaveThread)();
    PyEval_RestoreThread((uintptr_t)&theirs);
    API(PyTuple_Size)(1);
    check_found(1, FFISAN_RULE_NO_GIL, "PyTuple_Size");
}

/* Two thread-locals hold the state: nobody knows which is the one. */
static void a_doubtful_place_is_not_believed(void **state) {
    (void)state;
    fake_copy = 4096;
    attach(0x030d, 4096);
    API(PyTuple_Size)(1);
    assert_ptr_equal(self.runtime_word, &thread_no_state);
    assert_true(api_has_gil());
    API(PyEval_SaveThread)();
    API(PyTuple_Size)(1);
    check_found(1, FFISAN_RULE_NO_GIL, "PyTuple_Size");
}

static void an_unknown_version_is_left_alone(void **state) {
    (void)state;
    const struct cpython_layout *known = cpython.layout;
    cpython.layout = NULL;
    API(PyEval_SaveThread)();
    attach(0x030d, 0);
    cpython.layout = known;
    assert_int_equal(API(PyTuple_Size)(1), 2);
    assert_int_equal(found.count, 0);
    assert_int_equal(*self.runtime_word, self.runtime_state);
}

/* ---- listeners ---- */

static void who_listens_always_hears_both_ends(void **state) {
    (void)state;
    assert_int_equal(API(PyList_Append)(4, 2), 42);
    assert_int_equal(always.entered, 1);
    assert_int_equal(always.left, 1);
    assert_string_equal(always.name, "PyList_Append");
    assert_int_equal(always.first, 4);
    assert_int_equal(always.second, 2);
    assert_int_equal(always.result, 42);
    assert_int_equal(always.note, 2);
    assert_int_equal(closely.entered, 0);
}

static void who_listens_closely_hears_while_it_is_watched(void **state) {
    (void)state;
    API(PyTuple_Size)(1);
    api_watch_closely();
    api_watch_closely();
    API(PyList_Append)(4, 3);
    api_watch_loosely();
    API(PyTuple_Size)(5);
    api_watch_loosely();
    assert_int_equal(closely.entered, 1);
    assert_int_equal(closely.left, 1);
    assert_int_equal(closely.result, 43);
    assert_int_equal(closely.note, 3);
    assert_int_equal(all.entered, 2);
    assert_string_equal(all.name, "PyTuple_Size");
    API(PyList_Append)(4, 3);
    API(PyTuple_Size)(5);
    assert_int_equal(closely.entered, 1);
    assert_int_equal(all.entered, 2);
    assert_int_equal(always.entered, 2);
}

/* ---- who has a guard ---- */

static void some_functions_keep_their_address(void **state) {
    (void)state;
    uintptr_t compared = (uintptr_t)PyObject_GenericGetAttr, open = (uintptr_t)PyMem_RawFree, size = (uintptr_t)PyTuple_Size;
    assert_int_equal(entry("PyObject_GenericGetAttr", compared, GATE_TAKEN), compared);
    assert_int_equal(entry("PyObject_GenericGetAttr", compared, GATE_LOOKED_UP), compared);
    assert_int_not_equal(entry("PyObject_GenericGetAttr", compared, GATE_CALLED), compared);
    assert_int_equal(entry("PyMem_RawFree", open, GATE_CALLED), open);
    assert_int_equal(guards_stand_in("PyTuple_Size", size, size, cpython.module, GATE_CALLED), size);
    assert_int_equal(entry("tuple_size", size, GATE_CALLED), size);
    assert_int_equal(entry("PyTuple_Size", size, GATE_LOOKED_UP), entry("PyTuple_Size", size, GATE_CALLED));
    assert_true(api_is_user(module_at((uintptr_t)main)));
    assert_false(api_is_user(cpython.module));
}

static void patch_nothing(struct module *module) {
    (void)module;
}
static void tell_nobody(bool unloaded) {
    (void)unloaded;
}

#define ALL(test)  cmocka_unit_test_setup(test, of_all)
#define EACH(test) cmocka_unit_test_setup(test, of_each)

int main(void) {
    api_listen(listeners);
    api_start();
    modules_refresh(true, patch_nothing, tell_nobody);
    cpython = (struct cpython){.module = module_at((uintptr_t)PyTuple_Size),
                               .layout = &layout,
                               .runtime = (uintptr_t)fake_current,
                               .is_initialized = is_initialized,
                               .is_finalizing = is_finalizing,
                               .own_thread_state = own,
                               .current_thread_state = current};
    const struct CMUnitTest tests[] = {
        ALL(who_holds_it_passes),
        ALL(who_released_it_is_told),
        ALL(who_never_had_a_state_is_told),
        ALL(at_both_ends_nobody_is_told),
        ALL(a_state_that_is_swapped_away_may_leave_the_lock),
        ALL(another_threads_state_is_not_ours),
        ALL(who_is_called_by_the_interpreter_has_it),
        ALL(who_listens_always_hears_both_ends),
        ALL(who_listens_closely_hears_while_it_is_watched),
        ALL(some_functions_keep_their_address),
        EACH(who_holds_it_passes),
        EACH(who_released_it_is_told),
        EACH(who_never_had_a_state_is_told),
        EACH(at_both_ends_nobody_is_told),
        EACH(a_state_that_is_swapped_away_may_leave_the_lock),
        EACH(a_doubtful_place_is_not_believed),
        EACH(who_listens_always_hears_both_ends),
        EACH(who_listens_closely_hears_while_it_is_watched),
        EACH(an_unknown_version_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
