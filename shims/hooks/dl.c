/* SPDX-License-Identifier: Apache-2.0
 *
 * The loader at work. dlopen looks at its return address to know in whose name it searches (RUNPATH, $ORIGIN, namespace), so
 * nothing stands between it and its caller: it is only noted that it was called. That it has returned is seen by the next hook on
 * the same thread (the stack slot of its return address is in other use), usually the dlsym that follows; then the list of
 * modules is looked at.
 *
 * Looking takes the loader's lock. dlsym takes it as well, so there it changes nothing; in malloc it is done only while no thread
 * is inside the loader: a thread that opens a library may run constructors that wait for a lock which our caller holds.
 */
#include <dlfcn.h>
#include <string.h>

#include "core/names.h"
#include "core/records.h"
#include "core/stack.h"
#include "hooks/binding.h"
#include "hooks/gates.h"
#include "hooks/guards.h"
#include "hooks/hooks.h"
#include "hooks/rows.h"

static uint32_t under_way; /* threads that called into the loader and have not been seen to come back */
static uint32_t bypassed;  /* of those, the ones that opened something with RTLD_DEEPBIND */
static bool namespaces;    /* dlmopen was called, and that is noted */
static void (*changed[4])(void);
static void (*looked_up)(const struct module *caller);
static uintptr_t (*answer)(const char *name, uintptr_t address, const struct module *caller);

bool loader_settled(void) {
    return __atomic_load_n(&under_way, __ATOMIC_RELAXED) == 0;
}

bool loader_bypassed(void) {
    return __atomic_load_n(&bypassed, __ATOMIC_RELAXED) != 0;
}

void loader_on_change(void (*callback)(void)) {
    for (unsigned i = 0; i < sizeof changed / sizeof *changed; i++)
        if (!changed[i]) {
            changed[i] = callback;
            return;
        }
}

static void tell_changed(bool unloaded) {
    stack_flush(unloaded);
    if (unloaded)
        gates_flush();
    for (unsigned i = 0; i < sizeof changed / sizeof *changed; i++)
        if (changed[i])
            changed[i]();
}

static bool has_returned(const struct origin *now) {
    if (!self.modules_cfa || now->cfa >= self.modules_cfa)
        return true;
    return *(const uintptr_t *)(self.modules_cfa - 8) != self.modules_ra;
}

static void came_back(void) {
    if (!self.modules_cfa)
        return;
    self.modules_cfa = 0;
    __atomic_fetch_sub(&under_way, 1, __ATOMIC_RELEASE);
}

void loader_attend(const struct origin *origin, bool may_wait) {
    if (!has_returned(origin))
        return;
    came_back();
    if (!may_wait && !loader_settled())
        return;
    if (!modules_refresh(false, got_patch, tell_changed))
        return;
    self.attention &= ~(unsigned)ATTENTION_MODULES;
    if (self.modules_bypass) {
        self.modules_bypass = false;
        __atomic_fetch_sub(&bypassed, 1, __ATOMIC_RELEASE);
    }
}

static uintptr_t target_of(uint32_t function) {
    switch (function) {
    case LOADER_DLOPEN:
        return (uintptr_t)&NEXT(dlopen);
    case LOADER_DLMOPEN:
        return (uintptr_t)&NEXT(dlmopen);
    case LOADER_DLCLOSE:
        return (uintptr_t)&NEXT(dlclose);
    case LOADER_DLSYM:
        return (uintptr_t)&NEXT(dlsym);
    default:
        return (uintptr_t)&NEXT(dlvsym);
    }
}

static void note_call(const struct origin *origin, uint32_t function, size_t mode) {
    if (!self.modules_cfa) /* not inside another one of this thread's */
        __atomic_fetch_add(&under_way, 1, __ATOMIC_ACQUIRE);
    if (!self.modules_cfa || has_returned(origin)) {
        self.modules_cfa = origin->cfa;
        self.modules_ra = origin->ra;
    }
    self.attention |= ATTENTION_MODULES;
    if (function == LOADER_DLCLOSE) {
        modules_closing();
        stack_flush(true); /* what is learnt from now on is learnt from modules that stay */
        return;
    }
    if (mode & RTLD_GLOBAL)
        binding_note_global();
    if (function == LOADER_DLOPEN && (mode & RTLD_DEEPBIND) && !self.modules_bypass) {
        self.modules_bypass = true;
        __atomic_fetch_add(&bypassed, 1, __ATOMIC_RELEASE);
    } else if (function == LOADER_DLMOPEN && !__atomic_exchange_n(&namespaces, true, __ATOMIC_RELAXED)) {
        record_note(FFISAN_NOTE_NAMESPACE, "dlmopen");
    }
}

/* ---- what a name leads to -------------------------------------------------------------------------------------------------- */

static bool is_planned(const char *name) {
    return gates_name(name) || guards_name(name);
}

/* What goes past our exported symbols is brought to them, and what somebody wants to see to its gate or guard. The entry that a fixed executable
 * lends for the function (System V ABI, AMD64, 5.2) stays: that one leads through a slot of its own. */
static void *stand_in(void *found, const char *name, const struct origin *origin) {
    uintptr_t address = (uintptr_t)found, ours = got_replacement(address);
    if (ours)
        return (void *)ours;
    uintptr_t answered = answer ? answer(name, address, module_at(origin->ra)) : address;
    if (answered != address)
        return (void *)answered;
    const struct module *definer = is_planned(name) ? module_at(address) : NULL, *caller;
    if (!definer || ((definer->kind & MODULE_EXECUTABLE) && !module_symbol(definer, name)))
        return found;
    caller = module_at(origin->ra);
    uintptr_t gate = gates_stand_in(name, address, caller, GATE_LOOKED_UP);
    return (void *)guards_stand_in(name, address, gate, caller, GATE_LOOKED_UP);
}

static void *replaced(void *found, const char *name, const struct origin *origin) {
    if (self.busy || hooks_off || !found)
        return found;
    struct inside inside = inside_enter();
    name_note((uintptr_t)found, name);
    found = stand_in(found, name, origin);
    inside_leave(inside);
    return found;
}

/* dlvsym, or dlsym when there is no version. */
static void *find(void *handle, const char *name, const char *version) {
    return version ? NEXT(dlvsym)(handle, name, version) : NEXT(dlsym)(handle, name);
}

/* In what `caller` and all that it needs define, when it was opened itself. glibc takes its own list entry for a handle. */
static void *find_own(const struct origin *origin, const char *name, const char *version) {
    Dl_info info;
    void *map = NULL;
    if (!&NEXT(dladdr1) || !NEXT(dladdr1)((const void *)origin->ra, &info, &map, RTLD_DL_LINKMAP) || !map)
        return NULL;
    return find(map, name, version);
}

static bool is_our_own(const void *found) {
    const struct module *definer = module_at((uintptr_t)found);
    return definer && (definer->kind & MODULE_SHIM);
}

/* dlsym(RTLD_DEFAULT, name) of a name that somebody wants to see, asked in our own name. That finds what is there for everybody, first of
 * all; only who was opened with RTLD_DEEPBIND, or is alone with what it needs, has something else before or behind it. We find what we
 * export ourselves, which comes behind what the program has (-Bsymbolic). NULL: the loader must be asked by the caller itself. */
static void *find_default(const struct origin *origin, const char *name, const char *version) {
    const struct module *caller = module_at(origin->ra);
    if (!caller)
        return NULL;
    void *found = find(RTLD_DEFAULT, name, version);
    if (is_our_own(found))
        return NULL;
    if ((caller->kind & MODULE_PERMANENT) || (found && !(caller->kind & MODULE_BYPASSES)))
        return found;
    void *own = find_own(origin, name, version);
    return !found || !own || own == found ? own ? own : found : NULL;
}

/* What loader_noted answers: where to go on, and what loader_answered then returns. */
struct way {
    uintptr_t target;
    void *result;
};
extern const char loader_answered[];

static struct way look_up(const struct origin *origin, uint32_t function, const char *name) {
    struct way way = {target_of(function), NULL};
    if (self.busy || hooks_off || !name || !is_planned(name))
        return way;
    /* The third argument, as the thunk put it away. */
    const char *version = function == LOADER_DLVSYM ? ((const char *const *)origin->cfa)[-4] : NULL;
    void *found = find_default(origin, name, version);
    return found ? (struct way){(uintptr_t)loader_answered, replaced(found, name, origin)} : way;
}

/* ---- from the thunks ------------------------------------------------------------------------------------------------------- */

static void note(const struct origin *origin, uint32_t function, size_t mode) {
    struct inside inside = inside_enter();
    if (self.attention & ATTENTION_THREAD)
        thread_begin();
    if (self.attention & ATTENTION_MODULES)
        loader_attend(origin, true);
    if (function <= LOADER_DLCLOSE)
        note_call(origin, function, mode);
    inside_leave(inside);
}

/* A function of the loader's is about to be called, by dlsym's two a pseudo-handle. Answers the real one. */
struct way loader_noted(uintptr_t cfa, uintptr_t ra, uintptr_t frame_pointer, uint32_t function, size_t second, uintptr_t first);
struct way loader_noted(uintptr_t cfa, uintptr_t ra, uintptr_t frame_pointer, uint32_t function, size_t second, uintptr_t first) {
    struct origin origin = {cfa, ra, frame_pointer};
    if (!self.busy && !hooks_off)
        note(&origin, function, second);
    if (function > LOADER_DLCLOSE && first == (uintptr_t)RTLD_DEFAULT)
        return look_up(&origin, function, (const char *)second);
    return (struct way){target_of(function), NULL};
}

static void look_first(const struct origin *origin) {
    if (self.busy || hooks_off || !(self.attention & ATTENTION_MODULES))
        return;
    struct inside inside = inside_enter();
    loader_attend(origin, true);
    inside_leave(inside);
}

void loader_on_answer(uintptr_t (*callback)(const char *name, uintptr_t address, const struct module *caller)) {
    answer = callback;
}

void loader_on_lookup(void (*callback)(const struct module *caller)) {
    __atomic_store_n(&looked_up, callback, __ATOMIC_RELEASE);
}

static void *tell_looked_up(void *found, const struct origin *origin) {
    void (*callback)(const struct module *caller) = __atomic_load_n(&looked_up, __ATOMIC_ACQUIRE);
    const struct module *caller = callback && !self.busy && !hooks_off ? module_at(origin->ra) : NULL;
    if (!caller)
        return found;
    int error = errno;
    callback(caller);
    errno = error;
    return found;
}

void *dlsym_by_handle(void *handle, const char *name);
void *dlsym_by_handle(void *handle, const char *name) {
    struct origin origin = ORIGIN_HERE();
    look_first(&origin);
    return tell_looked_up(replaced(NEXT(dlsym)(handle, name), name, &origin), &origin);
}

void *dlvsym_by_handle(void *handle, const char *name, const char *version);
void *dlvsym_by_handle(void *handle, const char *name, const char *version) {
    struct origin origin = ORIGIN_HERE();
    look_first(&origin);
    return tell_looked_up(replaced(NEXT(dlvsym)(handle, name, version), name, &origin), &origin);
}

void loader_start(void) {
    for (uint32_t i = LOADER_DLOPEN; i <= LOADER_DLVSYM; i++)
        target_of(i);
    modules_refresh(true, got_patch, tell_changed);
}

void loader_thread_end(void) {
    came_back();
    if (self.modules_bypass)
        __atomic_fetch_sub(&bypassed, 1, __ATOMIC_RELEASE);
}

void loader_forked(void) {
    under_way = self.modules_cfa ? 1 : 0;
    bypassed = self.modules_bypass ? 1 : 0;
}
