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

#include "core/records.h"
#include "core/stack.h"
#include "hooks/hooks.h"
#include "hooks/rows.h"

static uint32_t under_way; /* threads that called into the loader and have not been seen to come back */
static uint32_t bypassed;  /* of those, the ones that opened something with RTLD_DEEPBIND */
static bool namespaces;    /* dlmopen was called, and that is noted */
static void (*changed[4])(void);

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
    } else if (function == LOADER_DLOPEN && (mode & RTLD_DEEPBIND) && !self.modules_bypass) {
        self.modules_bypass = true;
        __atomic_fetch_add(&bypassed, 1, __ATOMIC_RELEASE);
    } else if (function == LOADER_DLMOPEN && !__atomic_exchange_n(&namespaces, true, __ATOMIC_RELAXED)) {
        record_note(FFISAN_NOTE_NAMESPACE, "dlmopen");
    }
}

/* From the thunks: a function of the loader's is about to be called. Answers the real one. */
uintptr_t loader_noted(uintptr_t cfa, uintptr_t ra, uintptr_t frame_pointer, uint32_t function, size_t second);
uintptr_t loader_noted(uintptr_t cfa, uintptr_t ra, uintptr_t frame_pointer, uint32_t function, size_t second) {
    uintptr_t target = target_of(function);
    if (self.busy || hooks_off)
        return target;
    struct origin origin = {cfa, ra, frame_pointer};
    struct inside inside = inside_enter();
    if (self.attention & ATTENTION_THREAD)
        thread_begin();
    if (self.attention & ATTENTION_MODULES)
        loader_attend(&origin, true);
    if (function <= LOADER_DLCLOSE)
        note_call(&origin, function, second);
    inside_leave(inside);
    return target;
}

/* dlsym and dlvsym of a handle: what goes past our exported symbols is brought to them. */
static void *replaced(void *found) {
    if (self.busy || hooks_off || !found)
        return found;
    uintptr_t ours = got_replacement((uintptr_t)found);
    return ours ? (void *)ours : found;
}

static void look_first(const struct origin *origin) {
    if (self.busy || hooks_off || !(self.attention & ATTENTION_MODULES))
        return;
    struct inside inside = inside_enter();
    loader_attend(origin, true);
    inside_leave(inside);
}

void *dlsym_by_handle(void *handle, const char *name);
void *dlsym_by_handle(void *handle, const char *name) {
    struct origin origin = ORIGIN_HERE();
    look_first(&origin);
    return replaced(NEXT(dlsym)(handle, name));
}

void *dlvsym_by_handle(void *handle, const char *name, const char *version);
void *dlvsym_by_handle(void *handle, const char *name, const char *version) {
    struct origin origin = ORIGIN_HERE();
    look_first(&origin);
    return replaced(NEXT(dlvsym)(handle, name, version));
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
