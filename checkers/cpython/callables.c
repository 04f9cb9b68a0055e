/* SPDX-License-Identifier: Apache-2.0
 *
 * The bindings are found when they look a function up: that is before its first call, with the GIL, inside a call of theirs. For
 * functions that are called by address alone a tick asks for a look at the next safe moment (Py_AddPendingCall), since in a tick
 * itself nothing may be touched.
 */
#include "cpython/callables.h"

#include <string.h>

#include "core/crossings.h"
#include "core/memory.h"
#include "core/thread.h"
#include "hooks/hooks.h"

#define DESCRIPTIONS 8192u
#define BUCKETS      2048u
#define SLOT_BITS    12
#define ROOM         (96u << 10)
#define LOOKS        64u /* that are asked for without a binding having been found */

struct python_functions python;

/* ---- the interpreter's functions ---- */

static bool resolve(const struct module *module) {
    const struct {
        void *to;
        const char *name;
    } wanted[] = {
        {&python.add_pending_call, "Py_AddPendingCall"},
        {&python.modules, "PyImport_GetModuleDict"},
        {&python.module_dict, "PyModule_GetDict"},
        {&python.dict_get, "PyDict_GetItemWithError"},
        {&python.dict_next, "PyDict_Next"},
        {&python.intern, "PyUnicode_InternFromString"},
        {&python.utf8, "PyUnicode_AsUTF8AndSize"},
        {&python.lookup, "_PyType_Lookup"},
        {&python.is_subtype, "PyType_IsSubtype"},
        {&python.call, "PyObject_CallFunctionObjArgs"},
        {&python.attribute, "PyObject_GetAttr"},
        {&python.as_size, "PyLong_AsSsize_t"},
        {&python.retain, "Py_IncRef"},
        {&python.release, "Py_DecRef"},
        {&python.fetch, "PyErr_Fetch"},
        {&python.restore, "PyErr_Restore"},
        {&python.clear, "PyErr_Clear"},
        {&python.weakref, "PyWeakref_NewRef"},
        {&python.dict_of, "_PyObject_GetDictPtr"},
        {&python.int_type, "PyLong_Type"},
        {&python.type_type, "PyType_Type"},
        {&python.wrapper_type, "PyWrapperDescr_Type"},
        {&python.function_type, "PyFunction_Type"},
        {&python.method_type, "PyMethod_Type"},
        {&python.module_type, "PyModule_Type"},
        {&python.view_type, "PyMemoryView_Type"},
    };
    bool complete = true;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        uintptr_t address = module_symbol(module, wanted[i].name);
        memcpy(wanted[i].to, &address, sizeof address);
        complete = complete && address;
    }
    uintptr_t interpreter = module_symbol(module, "PyInterpreterState_Get"); /* public from 3.9 on */
    interpreter = interpreter ? interpreter : module_symbol(module, "_PyInterpreterState_Get");
    memcpy(&python.interpreter, &interpreter, sizeof interpreter);
    return complete && interpreter && cpython.main_interpreter;
}

uintptr_t name_for_ever(const char *text) {
    return (uintptr_t)python.intern(text);
}

uintptr_t dict_item(uintptr_t dict, uintptr_t name) {
    return dict && name && is_kind(dict, TYPE_IS_DICT) ? (uintptr_t)python.dict_get((void *)dict, (void *)name) : 0;
}

/* ---- descriptions ---- */

static struct {
    struct type_writer writer;
    uint64_t room[ROOM / 2 / sizeof(uint64_t)], types[ROOM / 2 / sizeof(uint64_t)];
} * desk;
static bool desk_taken;
static struct description *buckets[BUCKETS];
static uint32_t descriptions;

struct type_writer *description_begin(void) {
    if (__atomic_exchange_n(&desk_taken, true, __ATOMIC_ACQUIRE))
        return NULL;
    if (!desk && !(desk = memory_map(sizeof *desk))) {
        description_drop();
        return NULL;
    }
    type_writer_start(&desk->writer, desk->room, sizeof desk->room);
    return &desk->writer;
}

void description_drop(void) {
    __atomic_store_n(&desk_taken, false, __ATOMIC_RELEASE);
}

static uint64_t identity_of(const struct description *description, const uint64_t *types, size_t size) {
    uint64_t hash = memo_mix(memo_mix(description->binding, description->flags), description->fixed);
    for (size_t i = 0; i < size / sizeof *types; i++)
        hash = memo_mix(hash, types[i]);
    return hash ? hash : 1;
}

static struct description *description_new(const struct description *from, uint64_t identity, size_t size) {
    struct description *fresh = memory_carve(sizeof *fresh + size);
    if (!fresh || __atomic_fetch_add(&descriptions, 1, __ATOMIC_RELAXED) >= DESCRIPTIONS)
        return NULL;
    *fresh = *from;
    fresh->identity = identity;
    fresh->types = memcpy(fresh + 1, desk->types, size);
    return fresh;
}

/* Written by one at a time, who has the desk; read by any. */
const struct description *description_intern(const struct description *description) {
    size_t size = type_writer_finish(&desk->writer, (struct ffisan_types *)desk->types, sizeof desk->types);
    uint64_t identity = size ? identity_of(description, desk->types, size) : 0;
    struct description **bucket = &buckets[identity % BUCKETS], *found = size ? *bucket : NULL;
    while (found && (found->identity != identity || memcmp(found->types, desk->types, size) != 0))
        found = found->next;
    if (!found && size && (found = description_new(description, identity, size))) {
        found->next = *bucket;
        *bucket = found;
    }
    description_drop();
    return found;
}

/* ---- slots of the memo ---- */

static struct memo_slot *memo;

struct memo_slot *memo_slot(uint64_t hash) {
    static struct memo_slot none;
    struct memo_slot *slots = __atomic_load_n(&memo, __ATOMIC_ACQUIRE);
    return LIKELY(slots != NULL) ? &slots[hash >> (64 - SLOT_BITS)] : &none;
}

/* A slot that changes between the two looks at its hash is not believed. */
const struct description *memo_recall(const struct memo_slot *slot, uint64_t hash) {
    if (__atomic_load_n(&slot->hash, __ATOMIC_ACQUIRE) != hash)
        return NULL;
    const struct description *description = __atomic_load_n(&slot->description, __ATOMIC_ACQUIRE);
    return __atomic_load_n(&slot->hash, __ATOMIC_RELAXED) == hash ? description : NULL;
}

void memo_remember(struct memo_slot *slot, uint64_t hash, const struct description *description) {
    if (!memo)
        return;
    __atomic_store_n(&slot->hash, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->description, description, __ATOMIC_RELEASE);
    __atomic_store_n(&slot->hash, hash, __ATOMIC_RELEASE);
}

/* ---- slots of types ---- */

static uintptr_t call_name;

static void replace_one(uintptr_t type, uintptr_t original, uintptr_t ours) {
    if (word(type, TYPE_CALL) == original)
        __atomic_store_n((uintptr_t *)(type + TYPE_CALL), ours, __ATOMIC_RELEASE);
    uintptr_t wrapper = dict_item(word(type, TYPE_DICT), call_name);
    if (wrapper && type_of(wrapper) == python.wrapper_type && word(wrapper, WRAPPER_WRAPPED) == original)
        __atomic_store_n((uintptr_t *)(wrapper + WRAPPER_WRAPPED), ours, __ATOMIC_RELEASE);
}

/* A class that is made later copies what the wrapper says (Objects/typeobject.c, update_one_slot). */
static void replace(uintptr_t type, uintptr_t original, uintptr_t ours, unsigned depth) {
    replace_one(type, original, ours);
    uintptr_t derived = word(type, TYPE_SUBCLASSES);
    if (!derived || depth == 0 || !is_kind(derived, TYPE_IS_DICT))
        return;
    intptr_t position = 0;
    void *key, *reference;
    while (python.dict_next((void *)derived, &position, &key, &reference)) {
        uintptr_t subtype = word((uintptr_t)reference, WEAKREF_OBJECT);
        if (subtype != cpython.none)
            replace(subtype, original, ours, depth - 1);
    }
}

void callables_replace(uintptr_t type, uintptr_t original, uintptr_t ours) {
    call_name = call_name ? call_name : name_for_ever("__call__");
    replace(type, original, ours, 64);
}

/* ---- finding the bindings ---- */

static struct binding {
    const char *name, *file; /* of the Python module; the beginning of its library's name */
    void (*found)(uintptr_t dict);
    bool there, done; /* its library is loaded; it was found at least once */
    uintptr_t python_name;
} bindings[] = {
    {.name = "_ctypes", .file = "_ctypes.", .found = ctypes_found},
    {.name = "_cffi_backend", .file = "_cffi_backend.", .found = cffi_found},
};
#define BINDINGS (sizeof bindings / sizeof *bindings)

static bool resolved, refused;
static unsigned looks;
static bool look_asked;

static bool is_file(const struct module *module, const struct binding *binding) {
    return strncmp(module_name(module), binding->file, strlen(binding->file)) == 0;
}

static void find_one(struct binding *binding, uintptr_t modules) {
    if (!binding->python_name)
        binding->python_name = name_for_ever(binding->name);
    uintptr_t module = dict_item(modules, binding->python_name);
    if (module && type_of(module) == python.module_type)
        binding->found((uintptr_t)python.module_dict((void *)module));
}

/* The GIL is held, and Python may be called. Errors that are set stay set. */
static void look(struct binding *only) {
    void *type, *value, *traceback;
    if (!resolved || python.interpreter() != cpython.main_interpreter())
        return;
    python.fetch(&type, &value, &traceback);
    for (size_t i = 0; i < BINDINGS; i++)
        if (only ? only == &bindings[i] : bindings[i].there)
            find_one(&bindings[i], (uintptr_t)python.modules());
    python.clear();
    python.restore(type, value, traceback);
}

static bool may_look(void) {
    return resolved && !self.busy && !hooks_off && !cpython.is_finalizing() && !domains_saw_the_end() && cpython_holds_gil();
}

/* Somebody has looked a function up. An interpreter may have a binding built in. */
static void looked_up(const struct module *caller) {
    for (size_t i = 0; i < BINDINGS; i++) {
        bool its_own = is_file(caller, &bindings[i]);
        bindings[i].there = bindings[i].there || its_own;
        if ((its_own || (cpython_is(caller) && !bindings[i].there)) && may_look())
            look(&bindings[i]);
    }
}

static int pending_look(void *unused) {
    (void)unused;
    __atomic_store_n(&look_asked, false, __ATOMIC_RELEASE);
    if (may_look())
        look(NULL);
    return 0;
}

void callables_tick(void) {
    bool wanted = false;
    for (size_t i = 0; i < BINDINGS; i++)
        wanted = wanted || (bindings[i].there && !bindings[i].done);
    if (LIKELY(!wanted) || !resolved || looks >= LOOKS || __atomic_exchange_n(&look_asked, true, __ATOMIC_ACQUIRE))
        return;
    looks++;
    if (python.add_pending_call(pending_look, NULL) != 0)
        look_asked = false;
}

static void note_file(const struct module *module, void *context) {
    (void)context;
    for (size_t i = 0; i < BINDINGS; i++)
        if (!bindings[i].there && !module->gone && is_file(module, &bindings[i]))
            bindings[i].there = true;
}

void callables_modules_changed(void) {
    if (resolved)
        modules_each(note_file, NULL);
}

void callables_done(const char *name) {
    for (size_t i = 0; i < BINDINGS; i++)
        if (strcmp(bindings[i].name, name) == 0)
            bindings[i].done = true;
}

void callables_start(void) {
    if (resolved || refused || !cpython.layout)
        return;
    resolved = resolve(cpython.module);
    refused = !resolved;
    if (!resolved)
        return;
    __atomic_store_n(&memo, memory_map(sizeof *memo << SLOT_BITS), __ATOMIC_RELEASE);
    callables_modules_changed();
    loader_on_lookup(looked_up);
}

/* The interpreter was unloaded. */
void callables_stop(void) {
    resolved = refused = false;
    call_name = 0;
    for (size_t i = 0; i < BINDINGS; i++)
        bindings[i] = (struct binding){.name = bindings[i].name, .file = bindings[i].file, .found = bindings[i].found};
}

void callables_forked(void) {
    desk_taken = look_asked = false;
}
