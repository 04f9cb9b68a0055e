/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding the interpreter, and the moment to put the wrappers in place: there is a thread state, and this thread holds the GIL.
 * Looked at by a tick now and then, and after each change of the list of modules.
 *
 * The tick goes on for as long as there is an interpreter: CPython puts the default allocators back for a moment at some
 * occasions
 * (_PyMem_SetDefaultAllocator), and Py_Initialize after Py_FinalizeEx may start anew. It costs about 20 ns then.
 */
#include "core/findings.h"
#include "core/options.h"
#include "core/records.h"
#include "cpython/api.h"
#include "cpython/audit.h"
#include "cpython/blocking.h"
#include "cpython/budget.h"
#include "cpython/buffers.h"
#include "cpython/cpython.h"
#include "cpython/domains.h"
#include "cpython/environment.h"
#include "cpython/heap.h"
#include "cpython/held.h"
#include "cpython/interiors.h"
#include "cpython/kept.h"
#include "cpython/lost.h"
#include "cpython/repeat.h"
#include "cpython/subjects.h"
#include "hooks/hooks.h"

struct cpython cpython;

enum attach_state { ATTACH_NONE, ATTACH_WAITING, ATTACH_DONE, ATTACH_REFUSED };
static enum attach_state state;
static bool at_work;         /* one thread at a time: from 3.12 several may hold a GIL of their own */
static bool was_initialized; /* seen so at least once */
static struct cpython_layout published;

/* ---- finding it ---- */

#define SYMBOL(field, name) (cpython.field = (__typeof__(cpython.field))module_symbol(module, name))

static void resolve(const struct module *module) {
    SYMBOL(runtime, "_PyRuntime");
    SYMBOL(code_type, "PyCode_Type");
    SYMBOL(text_type, "PyUnicode_Type");
    SYMBOL(bytes_type, "PyBytes_Type");
    SYMBOL(none, "_Py_NoneStruct");
    SYMBOL(is_initialized, "Py_IsInitialized");
    SYMBOL(get_version, "Py_GetVersion");
    SYMBOL(own_thread_state, "PyGILState_GetThisThreadState");
    SYMBOL(main_interpreter, "PyInterpreterState_Main");
    if (!SYMBOL(current_interpreter, "PyInterpreterState_Get")) /* public from 3.9 on */
        SYMBOL(current_interpreter, "_PyInterpreterState_Get");
    SYMBOL(get_allocator, "PyMem_GetAllocator");
    SYMBOL(set_allocator, "PyMem_SetAllocator");
    SYMBOL(get_arenas, "PyObject_GetArenaAllocator");
    SYMBOL(set_arenas, "PyObject_SetArenaAllocator");
    SYMBOL(release[CPYTHON_RAW], "PyMem_RawFree");
    SYMBOL(release[CPYTHON_MEM], "PyMem_Free");
    SYMBOL(release[CPYTHON_OBJECT], "PyObject_Free");
    if (!SYMBOL(is_finalizing, "Py_IsFinalizing")) /* public from 3.13 on */
        SYMBOL(is_finalizing, "_Py_IsFinalizing");
    if (!SYMBOL(current_thread_state, "PyThreadState_GetUnchecked")) /* public from 3.13 on */
        SYMBOL(current_thread_state, "_PyThreadState_UncheckedGet");
}

static bool is_complete(void) {
    return cpython.runtime && cpython.is_initialized && cpython.get_version && cpython.own_thread_state &&
           cpython.current_thread_state && cpython.get_allocator && cpython.set_allocator && cpython.is_finalizing;
}

/* Two names decide at once for nearly every module; the rest is looked up in the one that has them. */
static void consider(const struct module *module, void *context) {
    bool *done = context;
    if (*done || (module->kind & (MODULE_SHIM | MODULE_LIBC | MODULE_LOADER)) || !module_symbol(module, "Py_IsInitialized") ||
        !module_symbol(module, "Py_GetVersion"))
        return;
    resolve(module);
    __atomic_store_n(&cpython.module, module, __ATOMIC_RELEASE);
    *done = true;
}

/* ---- its version ---- */

/* "3.11.2 (main, ...)": 0x030b; 0 when it does not look like that. */
static unsigned version_of(const char *text) {
    unsigned parts[2] = {0, 0};
    for (unsigned i = 0; i < 2; i++) {
        if (*text < '0' || *text > '9')
            return 0;
        for (; *text >= '0' && *text <= '9' && parts[i] < 100; text++)
            parts[i] = parts[i] * 10 + (unsigned)(*text - '0');
        if (*text++ != '.')
            return 0;
    }
    return parts[0] << 8 | parts[1];
}

static bool is_free_threaded(const char *text) {
    return strstr(text, "free-threading") != NULL;
}

/* The version's text up to its first blank, and a 't' when there is no GIL. */
static void note_unknown(const char *text) {
    char detail[32];
    size_t length = strcspn(text, " ");
    if (length > sizeof detail - 2)
        length = sizeof detail - 2;
    memcpy(detail, text, length);
    if (is_free_threaded(text))
        detail[length++] = 't';
    detail[length] = 0;
    record_note(FFISAN_NOTE_PYTHON_VERSION, detail);
}

static uint16_t offset(const uint64_t *words, enum cpython_published which) {
    return words[which] < 4096 ? (uint16_t)words[which] : NOWHERE;
}

static const struct cpython_layout *read_published(const uint64_t *words, unsigned version) {
    if (memcmp(words, PUBLISHED_COOKIE, 8) != 0 || words[PUBLISHED_VERSION] >> 16 != version || words[PUBLISHED_FREE_THREADED])
        return NULL;
    uint16_t ascii = offset(words, PUBLISHED_TEXT_ASCII);
    published = (struct cpython_layout){.version = (uint16_t)version,
                                        .lines = CPYTHON_LINES_LOCATIONS,
                                        .lasti_unit = 1,
                                        .runtime_finalizing = offset(words, PUBLISHED_RUNTIME_FINALIZING),
                                        .runtime_head = offset(words, PUBLISHED_RUNTIME_HEAD),
                                        .thread_id = offset(words, PUBLISHED_THREAD_ID),
                                        .runtime_current = NOWHERE,
                                        .thread_error = PUBLISHED_NOT_ERROR,
                                        .thread_frame = offset(words, PUBLISHED_THREAD_FRAME),
                                        .cframe_frame = NOWHERE,
                                        .frame_previous = offset(words, PUBLISHED_FRAME_PREVIOUS),
                                        .frame_code = offset(words, PUBLISHED_FRAME_CODE),
                                        .frame_lasti = NOWHERE,
                                        .frame_instruction = offset(words, PUBLISHED_FRAME_INSTRUCTION),
                                        .frame_entry = NOWHERE,
                                        .frame_owner = offset(words, PUBLISHED_FRAME_OWNER),
                                        .code_file = offset(words, PUBLISHED_CODE_FILE),
                                        .code_name = offset(words, PUBLISHED_CODE_NAME),
                                        .code_first_line = offset(words, PUBLISHED_CODE_FIRST_LINE),
                                        .code_table = offset(words, PUBLISHED_CODE_TABLE),
                                        .code_instructions = offset(words, PUBLISHED_CODE_INSTRUCTIONS),
                                        .text_ascii = ascii,
                                        .text_other = (uint16_t)(ascii + 16), /* utf8_length and utf8 */
                                        .code_bytes = NOWHERE,
                                        .function_code = 48,
                                        .calls = {53, 176, 57, 54}, /* CALL, CALL_NON_PY_GENERAL, CALL_KW, CALL_FUNCTION_EX */
                                        .call_wide = 2,
                                        .call_caches = 3,
                                        .pop = 32,
                                        .pool_bits = 14,
                                        .arena_bits = 20,
                                        .frame_locals = offset(words, PUBLISHED_FRAME_LOCALS),
                                        .frame_stack = NOWHERE,
                                        .frame_top = 64,
                                        .frame_kind = offset(words, PUBLISHED_FRAME_OWNER),
                                        .code_locals = 72,
                                        .code_stack = 64,
                                        .code_constants = 24,
                                        .call_tuple = 54,
                                        .code_names = {96},
                                        .sets = {108},
                                        .calls_quick = {165, 166, 167, 168, 172, 173, 174, 175, 244, 245}};
    return &published;
}

/* NULL: its frames are not known. */
static const struct cpython_layout *layout_of(unsigned version) {
    for (size_t i = 0; i < sizeof cpython_layouts / sizeof *cpython_layouts; i++)
        if (cpython_layouts[i].version == version)
            return &cpython_layouts[i];
    if (version < CPYTHON_PUBLISHED || version > CPYTHON_NEWEST)
        return NULL;
    return read_published((const uint64_t *)cpython.runtime, version);
}

/* ---- attaching ---- */

/* True from the moment when the first thread state is made current, which is before Py_IsInitialized and after the allocators
 * were chosen: a short script makes too few calls of malloc later on (10 with -I -S). PyGILState_Check says yes to everybody once
 * there is a subinterpreter. A thread that runs in one is passed over: another tick will do. */
bool cpython_holds_gil(void) {
    const void *own = cpython.own_thread_state();
    return own && cpython.current_thread_state() == own;
}

static void wrap(void) {
    bool everything = domains_wrap();
    arenas_wrap();
    records_header()->python_memory = everything ? FFISAN_PYTHON_MEMORY_FULL : FFISAN_PYTHON_MEMORY_LENT;
}

/* Believed when it says now what the interpreter says. */
static const uintptr_t *current_word(void) {
    const uintptr_t *word =
        (const uintptr_t *)(cpython.runtime + cpython.layout->runtime_current); // NOLINT(performance-no-int-to-ptr)
    bool known = cpython.layout->runtime_current != NOWHERE;
    return known && *word == (uintptr_t)cpython.current_thread_state() ? word : NULL;
}

/* Once, with the GIL. */
static enum attach_state attach(void) {
    const char *text = cpython.get_version();
    unsigned version = version_of(text);
    records_header()->python_version = version;
    cpython.layout = version >= CPYTHON_OLDEST && !is_free_threaded(text) ? layout_of(version) : NULL;
    if (!cpython.layout)
        note_unknown(text);
    else
        cpython.current = current_word();
    api_attached();
    if (version < CPYTHON_OLDEST || is_free_threaded(text))
        return ATTACH_REFUSED;
    wrap();
    if (cpython.layout)
        finding_set_managed_stack(frames_write);
    finding_set_managed_inside(subjects_inside);
    places_start();
    callables_start();
    budget_start();
    return ATTACH_DONE;
}

static bool tick(void) {
    if (state == ATTACH_NONE || state == ATTACH_REFUSED)
        return true;
    if (cpython.is_initialized())
        was_initialized = true;
    if (!cpython_holds_gil() || cpython.is_finalizing() || __atomic_exchange_n(&at_work, true, __ATOMIC_ACQUIRE))
        return false;
    if (state == ATTACH_WAITING)
        state = attach();
    else
        wrap();
    callables_tick();
    __atomic_store_n(&at_work, false, __ATOMIC_RELEASE);
    return state == ATTACH_REFUSED;
}

static void forget(void) {
    finding_set_managed_stack(NULL);
    finding_set_managed_inside(NULL);
    places_stop();
    callables_stop();
    api_forget();
    held_forget();
    domains_forget();
    arenas_forget();
    heap_forget();
    cpython = (struct cpython){0};
    state = ATTACH_NONE;
    was_initialized = false;
}

static void refuse(void) {
    record_note(FFISAN_NOTE_PYTHON_VERSION, cpython.get_version ? "older than 3.8" : "unknown");
    cpython.layout = NULL;
    api_attached();
    state = ATTACH_REFUSED;
}

/* Something that begins like an interpreter but lacks what 3.7 and later export, is too old to be looked at. */
static void look(void) {
    bool found = false;
    modules_each(consider, &found);
    if (!found)
        return;
    if (!is_complete()) {
        refuse();
        return;
    }
    state = ATTACH_WAITING;
    hooks_on_tick(tick);
}

void cpython_modules_changed(void) {
    if (cpython.module && cpython.module->gone)
        forget();
    if (state == ATTACH_NONE)
        look();
    if (state == ATTACH_WAITING)
        tick();
    callables_modules_changed();
}

/* The thread that was at work here is not in the child. */
static void forked(bool had_threads) {
    (void)had_threads;
    at_work = false;
    callables_forked();
    budget_start();
    domains_forked();
}

void cpython_plan(void) {
    api_start();
    audit_start();
    repeat_start();
    interiors_start();
    lost_start();
    kept_start();
    buffers_start();
    raised_start();
    environment_start();
    attached_start();
}

void cpython_start(void) {
    process_after_fork(forked);
    blocking_start();
    held_start();
    cpython_modules_changed();
}

bool cpython_is(const struct module *module) {
    return module && module == __atomic_load_n(&cpython.module, __ATOMIC_RELAXED);
}

bool cpython_taken_apart(void) {
    return state != ATTACH_NONE && state != ATTACH_REFUSED && !domains_saw_the_end() && !cpython.is_initialized() &&
           (was_initialized || cpython.is_finalizing());
}
