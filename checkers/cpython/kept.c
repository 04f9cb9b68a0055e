/* SPDX-License-Identifier: Apache-2.0
 *
 * What was kept waits in a small table until the object dies, or the word is another. While something waits, the thread that keeps it hears of
 * each block that is given back (domains.h); for so many of them and no more: an object that lives on may live for ever.
 */
#include "cpython/kept.h"

#include <string.h>

#include "core/crossings.h"
#include "core/findings.h"
#include "core/memory.h"
#include "core/modules.h"
#include "core/stack.h"
#include "cpython/budget.h"
#include "cpython/domains.h"
#include "cpython/heap.h"
#include "cpython/methods.h"
#include "cpython/objects.h"
#include "cpython/statics.h"
#include "cpython/subjects.h"
#include "hooks/hooks.h"

#define WAITING_MOST 16u
#define HEARD_MOST   (1u << 22) /* blocks, some 40 ms */
#define DATA_MOST    (4u << 20) /* of a module: larger ones are not searched at each call */
#define NAME_ROOM    100u
#define MODULE_DICT  16u /* PyModuleObject.md_dict, which never moved */

static struct kept {
    uintptr_t object, place; /* 0: free */
    const struct method *method;
    uint32_t argument, line;
    char type[NAME_ROOM];
} waiting[WAITING_MOST];
static uint32_t owner; /* the thread that something waits on; 0: none. Atomic */
static uint64_t heard;

typedef int next_of_dict(void *dict, intptr_t *at, void **key, void **value);
typedef void *dict_of_modules(void);

/* ---- data of a module ------------------------------------------------------------------------------------------------------ */

/* What is const after relocation holds no arguments; it is closed, or was copied from the file, and reading does no harm. */
static UNCHECKED_READS uintptr_t search(uintptr_t start, uintptr_t end, uintptr_t word_) {
    for (uintptr_t at = start; at + sizeof(uintptr_t) <= end; at += sizeof(uintptr_t))
        if (*(const uintptr_t *)at == word_)
            return at;
    return 0;
}

/* Where the module's writable data has this word, the first place behind `last`; 0: nowhere. */
static uintptr_t place_in(const struct module *module, uintptr_t object, uintptr_t last) {
    uintptr_t found = 0;
    for (uint16_t i = 0; i < module->header_count && !found; i++) {
        const ElfW(Phdr) *header = &module->headers[i];
        uintptr_t start = (module->bias + header->p_vaddr + 7) & ~(uintptr_t)7;
        uintptr_t end = module->bias + header->p_vaddr + header->p_memsz;
        if (header->p_type == PT_LOAD && (header->p_flags & PF_W) && header->p_memsz <= DATA_MOST && end > last)
            found = search(last < start ? start : last + sizeof last, end, object);
    }
    return found;
}

/* Where it was kept; 0: nowhere, or only in scratch space. */
static uintptr_t kept_in(const struct module *module, uintptr_t function, uintptr_t object) {
    uintptr_t place = place_in(module, object, 0);
    for (unsigned i = 0; place && i < WAITING_MOST; i++) {
        if (static_is_kept(module, function, place))
            return place;
        place = place_in(module, object, place);
    }
    return 0;
}

static bool is_value_in(uintptr_t dict, uintptr_t object, next_of_dict *next) {
    intptr_t at = 0;
    void *value;
    while (next((void *)dict, &at, NULL, &value))
        if ((uintptr_t)value == object)
            return true;
    return false;
}

/* Of any module that is imported. */
static bool is_global(uintptr_t object) {
    intptr_t at = 0;
    void *value, *modules;
    uintptr_t module_type = module_symbol(cpython.module, "PyModule_Type");
    next_of_dict *next = (next_of_dict *)module_symbol(cpython.module, "PyDict_Next");
    dict_of_modules *all = (dict_of_modules *)module_symbol(cpython.module, "PyImport_GetModuleDict");
    if (!next || !all || !(modules = all()))
        return true;
    while (next(modules, &at, NULL, &value)) {
        uintptr_t dict = type_of((uintptr_t)value) == module_type ? word((uintptr_t)value, MODULE_DICT) : 0;
        if (dict && is_kind(dict, TYPE_IS_DICT) && is_value_in(dict, object, next))
            return true;
    }
    return false;
}

/* ---- what waits ------------------------------------------------------------------------------------------------------------ */

static bool still_stands(const struct kept *kept) {
    const struct module *module = kept->method ? module_by_id(kept->method->module) : NULL;
    return kept->object && module && !module->gone && *(const uintptr_t *)kept->place == kept->object;
}

static void give_up(void) {
    memset(waiting, 0, sizeof waiting);
    domains_wish(DOMAIN_WISH_STORED, false);
    __atomic_store_n(&owner, 0, __ATOMIC_RELEASE);
}

static bool is_mine(void) {
    uint32_t tid = __atomic_load_n(&owner, __ATOMIC_RELAXED);
    return tid && tid == thread_id();
}

/* The thread that all waited on may be another one, which is not here. */
static void forked(bool had_threads) {
    (void)had_threads;
    give_up();
}

void kept_thread_end(void) {
    if (is_mine())
        give_up();
}

static void sweep(void) {
    unsigned left = 0;
    for (unsigned i = 0; i < WAITING_MOST; i++)
        if (still_stands(&waiting[i]))
            left++;
        else
            waiting[i].object = 0;
    if (!left)
        give_up();
}

static void wait_for(const struct kept *kept) {
    uint32_t nobody = 0;
    if (!is_mine() && !__atomic_compare_exchange_n(&owner, &nobody, thread_id(), false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    for (unsigned i = 0; i < WAITING_MOST; i++) {
        if (waiting[i].object)
            continue;
        waiting[i] = *kept;
        heard = 0;
        domains_wish(DOMAIN_WISH_STORED, true);
        return;
    }
}

/* ---- its death ------------------------------------------------------------------------------------------------------------- */

static void report(const struct kept *kept, const struct origin *origin) {
    struct subjects subjects = {0};
    char where[NAME_ROOM + 32] = "static memory of ";
    const struct module *module = module_by_id(kept->method->module);
    struct managed_place place = place_here();
    struct finding finding = {.rule = FFISAN_RULE_STORED_BORROWED};
    strncat(where, module_name(module), NAME_ROOM);
    finding.sites[FFISAN_ROLE_FREED] = stack_site(origin, 0);
    finding.lines[FFISAN_ROLE_FREED] = managed_places.line && place.code ? managed_places.line(place) : 0;
    finding.lines[FFISAN_ROLE_LENT] = kept->line;
    subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_OBJECT,
                                              .role = FFISAN_ROLE_FREED,
                                              .argument = kept->argument,
                                              .flags = FFISAN_SUBJECT_DIED,
                                              .address = kept->object,
                                              .name = kept->type});
    subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_HOLDER,
                                              .role = FFISAN_ROLE_LENT,
                                              .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                              .address = kept->place,
                                              .name = "C memory",
                                              .detail = where});
    subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_INSIDE,
                                              .role = FFISAN_ROLE_LENT,
                                              .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                              .name = kept->method->name,
                                              .detail = module_name(module)});
    subjects_report(&finding, &subjects, NULL);
}

static uintptr_t dying(const struct domain_event *event) {
    if (!is_mine())
        return 0;
    for (unsigned i = 0; i < WAITING_MOST; i++) {
        struct kept *kept = &waiting[i];
        if (!kept->object || kept->object - event->start > 32)
            continue;
        if (still_stands(kept) && !cpython_is_ending())
            report(kept, event->origin);
        kept->object = 0;
    }
    if (++heard == HEARD_MOST)
        give_up();
    return 0;
}

static const struct domain_listener deaths = {.wish = DOMAIN_WISH_STORED, .dying = dying};

/* ---- both ends of a call --------------------------------------------------------------------------------------------------- */

static const struct module *module_of(const struct method_call *call) {
    const struct module *module = call->method->own ? NULL : module_by_id(call->method->module);
    return module && !module->gone && !cpython_is_ending() ? module : NULL;
}

static void entered(struct method_call *call) {
    const struct module *module = module_of(call);
    uintptr_t there = 0;
    if (!module)
        return;
    uint64_t begun = budget_clock();
    for (uint32_t i = 0; i < call->count; i++)
        there |= (uintptr_t)(place_in(module, call->arguments[i], 0) != 0) << i;
    call->notes[METHOD_CALL_KEPT] = (void *)(there << 1 | 1); /* which stood there already, a bit each; never NULL */
    budget_spend(budget_clock() - begun);
}

/* Not if it is there with a count of its own. */
static void look_at(const struct method_call *call, uint32_t index, const struct module *module) {
    uintptr_t object = call->arguments[index];
    uint64_t count = object_count(object);
    if (count == UINT64_MAX || count > call->counts[index] || module_at(object))
        return;
    uintptr_t place = kept_in(module, call->method->function, object);
    if (!place || is_global(object))
        return;
    struct managed_place line = place_here();
    struct kept kept = {.object = object,
                        .place = place,
                        .method = call->method,
                        .argument = index,
                        .line = managed_places.line && line.code ? managed_places.line(line) : 0};
    object_type_name(object, kept.type, sizeof kept.type);
    wait_for(&kept);
}

static void left(struct method_call *call, uintptr_t result) {
    const struct module *module = module_of(call);
    uintptr_t there = (uintptr_t)call->notes[METHOD_CALL_KEPT];
    (void)result;
    if (!module || !there)
        return;
    uint64_t begun = budget_clock();
    if (is_mine())
        sweep();
    for (uint32_t i = 0; i < call->count; i++)
        if (!(there >> 1 >> i & 1) && object_is(call->arguments[i]))
            look_at(call, i, module);
    budget_spend(budget_clock() - begun);
}

static const struct method_listener calls = {.enter = entered, .leave = left};

void kept_start(void) {
    if (!rule_on(FFISAN_RULE_STORED_BORROWED))
        return;
    process_after_fork(forked);
    domains_listen(&deaths);
    methods_listen(&calls);
}
