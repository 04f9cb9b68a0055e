/* SPDX-License-Identifier: Apache-2.0
 *
 * AddressSanitizer beside the shim: its allocator hooks keep the books, its report callback has what is known here written down at the
 * moment when it has found something. By the documented part of its interface alone (sanitizer/allocator_interface.h, asan_interface.h;
 * LLVM 14, GCC 12), looked up by name, so that the shim needs no AddressSanitizer to be loaded.
 *
 * Its hooks do not say who called the allocator: the stack does. They run inside its malloc, after the block was given out, and inside its
 * free, before it is taken back. A second free, a free of nothing and a mismatched one are its own findings.
 */
#include <dlfcn.h>
#include <string.h>

#include "contract/memory.h"
#include "contract/objects.h"
#include "core/blocks.h"
#include "core/findings.h"
#include "core/modules.h"
#include "core/options.h"
#include "core/places.h"
#include "core/sites.h"
#include "core/stack.h"
#include "hooks/crash.h"
#include "hooks/gates.h"
#include "hooks/hooks.h"
#include "hooks/rows.h"
#include "hooks/with.h"

#define SITES_KEPT 4096u
#define FRAMES     16u

typedef void malloc_hook(const volatile void *start, size_t size);
typedef void free_hook(const volatile void *start);
typedef void report_hook(const char *text);

static struct {
    int (*install_hooks)(malloc_hook *allocated, free_hook *freed);
    void (*set_report_callback)(report_hook *callback);
    void *(*report_address)(void);
    void (*poison)(const volatile void *start, size_t size);
    void (*unpoison)(const volatile void *start, size_t size);
} asan;

static const struct {
    const char *name;
    void *to;
} functions[] = {
    {"__sanitizer_install_malloc_and_free_hooks", &asan.install_hooks},
    {"__asan_set_error_report_callback", &asan.set_report_callback},
    {"__asan_get_report_address", &asan.report_address},
    {"__asan_poison_memory_region", &asan.poison},
    {"__asan_unpoison_memory_region", &asan.unpoison},
};

static const struct module *runtime; /* where AddressSanitizer is: a library of its own, or the executable */
static bool reporting;
static void (*explain)(uintptr_t address, struct finding *finding);
struct with_memory with_memory;

void with_on_access(void (*callback)(uintptr_t address, struct finding *finding)) {
    explain = callback;
}

/* ---- who called the allocator ---------------------------------------------------------------------------------------------- */

/* From the stack inside of the hook to the one outside of the allocator. */
static struct outer { /* read and written as one word */
    _Alignas(8) site_id inner;
    site_id outer;
} outer_sites[SITES_KEPT];

/* The innermost frames are the allocator's: those in its library or, where it is part of the executable, its entry's. */
static unsigned frames_of_allocator(const struct site *site) {
    unsigned inside = 0;
    while (inside < site->depth && runtime && !(runtime->kind & MODULE_EXECUTABLE) && site->frames[inside] >= runtime->start &&
           site->frames[inside] < runtime->end)
        inside++;
    return inside < site->depth ? inside : 0;
}

static RARE site_id find_outer(site_id inner) {
    const struct site *site = site_get(inner);
    if (!site)
        return 0;
    if (!runtime)
        runtime = module_at((uintptr_t)asan.install_hooks);
    unsigned inside = frames_of_allocator(site);
    const struct module *caller = module_at(site->frames[inside] - 1);
    return site_intern(caller ? caller->row : 0, site->generation, site->generation, site->frames + inside, site->depth - inside,
                       site->complete);
}

static site_id site_outside(const struct origin *origin) {
    site_id inner = stack_site(origin, 0);
    struct outer *place = &outer_sites[inner % SITES_KEPT];
    struct outer known;
    __atomic_load(place, &known, __ATOMIC_RELAXED);
    if (LIKELY(known.inner == inner))
        return known.outer;
    known = (struct outer){.inner = inner, .outer = find_outer(inner)};
    const struct site *outer = site_get(known.outer);
    if (outer && outer->row) /* else its module may be known next time */
        __atomic_store(place, &known, __ATOMIC_RELAXED);
    return known.outer;
}

/* What malloc.c's functions look at first: a new thread, modules that have come. */
static inline void attend(const struct origin *origin) {
    if (UNLIKELY(self.attention & ATTENTION_THREAD))
        thread_begin();
    if (UNLIKELY(self.attention & ATTENTION_MODULES))
        loader_attend(origin, false);
}

/* ---- hooks ----------------------------------------------------------------------------------------------------------------- */

static void allocated(const volatile void *start, size_t size) {
    if (UNLIKELY(self.busy || hooks_off || !start)) {
        block_forget((const void *)start);
        return;
    }
    struct origin origin = ORIGIN_HERE();
    struct inside inside = inside_enter();
    attend(&origin);
    block_birth((void *)start, size, FFISAN_FAMILY_ANY, site_outside(&origin));
    inside_leave(inside);
}

/* C was handed it at some time, by a contract perhaps: then that has something to say. It is freed all the same. */
static RARE void crossed_freed(const struct block *block, const struct origin *origin, site_id site) {
    const struct site *whole = site_get(site);
    struct memory_doer doer = {.origin = origin, .row = whole ? whole->row : 0, .function = "free"};
    bool keep;
    if (!doer.row) /* the library itself, perhaps */
        return;
    if (!object_freed(block->start, origin, doer.row, doer.function, &keep) &&
        !memory_ends(block->start, block->size, MEMORY_FREED, &doer))
        memory_taken_from_call(block->start, block->size, &doer);
}

static void freed(const volatile void *start) {
    if (UNLIKELY(self.busy || hooks_off || !start)) {
        block_forget((const void *)start);
        return;
    }
    struct origin origin = ORIGIN_HERE();
    struct inside inside = inside_enter();
    attend(&origin);
    struct block block;
    site_id site = site_outside(&origin);
    if (block_death((const void *)start, site, &block) == BLOCK_LIVE && UNLIKELY(block.crossed))
        crossed_freed(&block, &origin, site);
    inside_leave(inside);
}

static void tell(const struct origin *origin) {
    struct block block;
    bool known = false;
    struct finding finding = {.rule = FFISAN_RULES, .origin = origin, .address = (uintptr_t)asan.report_address()};
    if (finding.address)
        finding.place = place_of(finding.address, &block, &known);
    finding.block = known ? &block : NULL;
    crash_add_boundary(&finding, origin->cfa);
    if (explain)
        explain(finding.address, &finding);
    finding_record_checked(&finding);
}

/* Called when the report is written, before the process ends of it (or goes on: halt_on_error=0). One thread reports at a time, but a crash
 * that is not AddressSanitizer's to handle may come in between. */
static void reported(const char *text) {
    (void)text;
    if (hooks_off || __atomic_exchange_n(&reporting, true, __ATOMIC_ACQUIRE))
        return;
    struct origin origin = ORIGIN_HERE();
    struct inside inside = inside_enter();
    if (!crash_under_way())
        tell(&origin);
    inside_leave(inside);
    __atomic_store_n(&reporting, false, __ATOMIC_RELEASE);
}

static void forbid(uintptr_t start, size_t size) {
    asan.poison((void *)start, size);
}

static void allow(uintptr_t start, size_t size) {
    asan.unpoison((void *)start, size);
}

bool asan_looks_for_leaks(const char *asan_options) {
    static const char key[] = "detect_leaks=";
    bool looks = true;
    while (asan_options && (asan_options = strstr(asan_options, key))) {
        asan_options += sizeof key - 1;
        looks = *asan_options != '0' && *asan_options != 'f' && *asan_options != 'n';
    }
    return looks;
}

/* ---- libraries that bind to themselves first ------------------------------------------------------------------------------- */

/* AddressSanitizer ends the process at the first one: such a library would come past its malloc (sanitizer_common/sanitizer_linux_libcdep.cpp,
 * CheckNoDeepBind; sanitizers issue 611). PHP opens all of its extensions so. */
static void not_past_asan(const struct gate *gate, const struct origin *origin, struct gate_registers *registers) {
    (void)gate;
    (void)origin;
    registers->integer[1] &= ~(uint64_t)RTLD_DEEPBIND;
}

static bool is_asans(const char *name, const struct module *caller, const struct module *definer) {
    (void)name;
    (void)caller;
    return module_symbol(definer, "__asan_init") != 0;
}

void asan_plan(void) {
    static const char *const names[] = {"dlopen", NULL};
    static const struct gate_hooks hooks = {not_past_asan, NULL};
    static const struct gate_plan plan = {.names = names, .wants = is_asans, .hooks = &hooks};
    if (options.with == FFISAN_WITH_ASAN)
        gates_register(&plan);
}

bool asan_start(void) {
    const char *module = NULL;
    for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++) {
        uintptr_t address = first_symbol(functions[i].name, &module);
        if (!address)
            return false;
        memcpy(functions[i].to, &address, sizeof address);
    }
    blocks_bare = true;
    with_memory = (struct with_memory){.forbid = forbid, .allow = allow};
    asan.set_report_callback(reported);
    return asan.install_hooks(allocated, freed) != 0;
}
