/* SPDX-License-Identifier: Apache-2.0
 *
 * Wrappers around the three domains, and the end of the interpreter as they see it. The hot half of this file is six small
 * functions that jump on to the original when nothing is to be done; measured cost 1 to 2 ns a call.
 *
 * Traps:
 *  - Above 512 bytes pymalloc calls PyMem_RawMalloc, that is, the raw wrapper runs inside the object wrapper. The outer one has
 * the last word on a birth; before a release it sets the family to ANY, so that neither the inner one nor the hook of free takes
 * the original's own call amiss.
 *  - pymalloc also leaves to PyMem_RawMalloc requests for nothing, and small ones once no arena is to be had. Of the latter the
 * wrappers do not know, so that small raw blocks are not judged from then on.
 *  - PYTHONMALLOC=debug shifts the pointers by 16 bytes, so that what the domain hands out is no block's start, and the words of
 * the shadow that belong to it are those of a block's middle. CPython's default allocators have no context, the debug and
 * tracemalloc ones do: with a context nothing is looked up on release until a birth has shown that the domain's pointers are the
 * allocator's, size and all.
 *  - The first wrapper may be in place while another thread is still between reading the old one and calling it. Families are
 * told to the books only when all are in place, so that a block with a family was born, and dies, under wrappers.
 *  - A wrapper that may report has to be reached by a jump: the origin of the call is then that of whoever called PyObject_Free.
 */
#include "cpython/domains.h"
#include "contract/memory.h"
#include "contract/objects.h"
#include "core/blocks.h"
#include "core/findings.h"
#include "core/owners.h"
#include "core/sites.h"
#include "core/stack.h"
#include "cpython/cpython.h"
#include "cpython/held.h"
#include "cpython/lost.h"
#include "hooks/hooks.h"

#define SMALL 512u /* pymalloc's SMALL_REQUEST_THRESHOLD */
/* What PYTHONMALLOC=debug puts in front (Objects/obmalloc.c, 2 * SST); above SMALL twice, since the raw domain does so too. */
#define DEBUG_HEAD 16u
#define ENTRY_SIZE 96u /* PyMem_Free and its sisters are shorter than that */

static struct cpython_allocator original[CPYTHON_DOMAINS];
static size_t born_above = SIZE_MAX;  /* mem and object: larger requests come from malloc, and those for nothing */
static size_t slow_above = SIZE_MAX;  /* the same, or 0 while a thread wishes to hear of all */
static bool watched[CPYTHON_DOMAINS]; /* the originals are the interpreter's own and all wrappers are in place */
static bool exact[CPYTHON_DOMAINS];   /* the domain's pointers are the allocator's */

/* Points into _PyRuntime where that is known, else to `always`. */
static const uintptr_t never = 0, always = 1;
const uintptr_t *domains_ending = &never;
bool domains_end_seen;
static const uintptr_t *slow_free = &never; /* what the hot half tests: domains_ending, or `always` while a thread wishes */

#define LISTENERS 8u
static const struct domain_listener *listeners[LISTENERS];
static unsigned wishing; /* threads */

static const struct cpython_allocator wrappers[CPYTHON_DOMAINS];

static const uint8_t families[] = {FFISAN_FAMILY_PY_RAW, FFISAN_FAMILY_PY_MEM, FFISAN_FAMILY_PY_OBJECT};
static const char *const release_names[] = {"PyMem_RawFree", "PyMem_Free", "PyObject_Free"};
static const char *const resize_names[] = {"PyMem_RawRealloc", "PyMem_Realloc", "PyObject_Realloc"};

/* ---- wishes ---- */

void domains_listen(const struct domain_listener *listener) {
    for (unsigned i = 0; i < LISTENERS; i++)
        if (!listeners[i]) {
            listeners[i] = listener;
            return;
        }
}

/* Again when another thread changed the number meanwhile: the words are of the last one's making then. */
static void choose_ways(void) {
    unsigned seen;
    do {
        seen = __atomic_load_n(&wishing, __ATOMIC_SEQ_CST);
        __atomic_store_n(&slow_above, seen ? 0 : born_above, __ATOMIC_SEQ_CST);
        __atomic_store_n(&slow_free, seen ? &always : domains_ending, __ATOMIC_SEQ_CST);
    } while (seen != __atomic_load_n(&wishing, __ATOMIC_SEQ_CST));
}

void domains_wish(enum domain_wish wish, bool on) {
    uint32_t before = self.domain_wishes, now = on ? before | (uint32_t)wish : before & ~(uint32_t)wish;
    self.domain_wishes = now;
    if (!before == !now)
        return;
    __atomic_fetch_add(&wishing, now ? 1 : -1, __ATOMIC_SEQ_CST);
    choose_ways();
}

void domains_thread_end(void) {
    domains_wish((enum domain_wish)self.domain_wishes, false);
}

void domains_forked(void) {
    wishing = self.domain_wishes != 0;
    choose_ways();
}

static bool hears(enum cpython_domain domain) {
    return self.domain_wishes && domain != CPYTHON_RAW && !self.busy && !hooks_off;
}

static RARE void tell_born(const struct domain_event *event, uintptr_t from) {
    struct inside inside = inside_enter();
    for (unsigned i = 0; i < LISTENERS && listeners[i]; i++) {
        if (!(self.domain_wishes & listeners[i]->wish))
            continue;
        if (from && listeners[i]->moved)
            listeners[i]->moved(from, event);
        else if (!from && listeners[i]->born)
            listeners[i]->born(event);
    }
    inside_leave(inside);
}

static RARE void *wished_born(void *start, size_t size, enum cpython_domain domain) {
    struct origin origin = ORIGIN_HERE();
    self.domain_events++;
    if (start)
        tell_born(&(struct domain_event){(uintptr_t)start, size, domain, &origin}, 0);
    return start;
}

static size_t room_in_pool(uintptr_t start) {
    uintptr_t block;
    size_t size;
    return arena_block(start, &block, &size) ? block + size - start : 0;
}

/* From the address on. 0: not known. */
static size_t room_of(uintptr_t start) {
    struct block known;
    if (arena_holds(start))
        return room_in_pool(start);
    for (size_t shift = 0; shift <= 2 * DEBUG_HEAD; shift += DEBUG_HEAD)
        if (block_at(start - shift, &known) && known.state == BLOCK_LIVE && known.size > shift)
            return known.size - shift;
    return born_above && arena_learn(start) ? room_in_pool(start) : 0;
}

/* The cfa of the call until whose end the block is wanted; 0: nobody wants it. */
static uintptr_t wanted_until(const struct domain_event *event) {
    uintptr_t until = 0;
    for (unsigned i = 0; i < LISTENERS && listeners[i]; i++) {
        uintptr_t wish = self.domain_wishes & listeners[i]->wish && listeners[i]->dying ? listeners[i]->dying(event) : 0;
        until = wish > until ? wish : until;
    }
    return until;
}

static RARE bool held_back(void *context, void *start, enum cpython_domain domain, const struct origin *origin) {
    struct inside inside = inside_enter();
    struct domain_event event = {(uintptr_t)start, room_of((uintptr_t)start), domain, origin};
    self.domain_events++;
    uintptr_t until = start ? wanted_until(&event) : 0;
    bool held = until && held_take(context, &event, until);
    inside_leave(inside);
    return held;
}

void domains_give_back(void *context, uintptr_t start, enum cpython_domain domain) {
    original[domain].free(context, (void *)start); /* NOLINT(performance-no-int-to-ptr) */
}

/* A block that does not fit any more and is wanted moves now. NULL: it is the original's affair. */
static RARE void *moved_now(void *context, void *start, size_t size, enum cpython_domain domain, const struct origin *origin) {
    size_t room = room_of((uintptr_t)start);
    if (!room || size <= room)
        return NULL;
    struct domain_event event = {(uintptr_t)start, room, domain, origin};
    struct inside inside = inside_enter();
    uintptr_t until = wanted_until(&event);
    inside_leave(inside);
    void *now = until ? original[domain].malloc(context, size) : NULL;
    if (!now)
        return NULL;
    memcpy(now, start, room);
    inside = inside_enter();
    bool held = held_take(context, &event, until);
    inside_leave(inside);
    if (!held)
        original[domain].free(context, start);
    return now;
}

static void *wished_realloc(void *context, void *start, size_t size, enum cpython_domain domain, const struct origin *origin) {
    if (!hears(domain))
        return original[domain].realloc(context, start, size);
    void *now = start ? moved_now(context, start, size, domain, origin) : NULL;
    if (!now)
        now = original[domain].realloc(context, start, size);
    if (now)
        tell_born(&(struct domain_event){(uintptr_t)now, size, domain, origin}, (uintptr_t)start);
    return now;
}

/* ---- births ---- */

/* Of mem and object: pymalloc serves it itself, unless it finds no arena. */
static inline __attribute__((always_inline)) bool is_small(size_t size) {
    return size - 1 < born_above;
}

static bool live_block(const void *start, struct block *block) {
    return start && !self.busy && !hooks_off && block_at((uintptr_t)start, block) && block->state == BLOCK_LIVE;
}

/* The size is compared so that a word in the middle of a block is never taken for its beginning. */
static __attribute__((noinline)) void *born(void *start, size_t size, enum cpython_domain domain) {
    if ((domain == CPYTHON_RAW || !is_small(size)) && watched[domain] && start && !self.busy && !hooks_off &&
        block_adopt(start, size ? size : 1, families[domain]))
        exact[domain] = true;
    return UNLIKELY(hears(domain)) ? wished_born(start, size, domain) : start;
}

/* What became of a block that was resized. */
static void *reborn(void *start, size_t size, enum cpython_domain domain) {
    if (watched[domain] && !self.busy && !hooks_off && block_adopt(start, size ? size : 1, families[domain]))
        exact[domain] = true;
    return start;
}

/* ---- releases ---- */

static bool same_functions(const struct cpython_allocator *a, const struct cpython_allocator *b) {
    return a->malloc == b->malloc && a->calloc == b->calloc && a->realloc == b->realloc && a->free == b->free;
}

static bool is_ours(uintptr_t ra) {
    const struct module *module = module_at(ra - 1);
    return module && (module->kind & MODULE_SHIM);
}

/* The module that called the domain's function: behind whatever was put around our wrapper later (tracemalloc: one frame), behind that function
 * itself, which is a jump in most builds, and behind the gate through which an extension may have called it. */
static const struct module *caller(const struct origin *origin, enum cpython_domain domain) {
    struct cpython_allocator outermost;
    uintptr_t frames[4];
    bool complete;
    unsigned depth = stack_walk(origin, frames, 4, &complete), at = 0;
    cpython.get_allocator(domain, &outermost);
    if (!same_functions(&outermost, &wrappers[domain]))
        at++;
    if (at < depth && frames[at] - cpython.release[domain] < ENTRY_SIZE)
        at++;
    if (at < depth && is_ours(frames[at]))
        at++;
    return at < depth ? module_at(frames[at] - 1) : NULL;
}

static bool is_foreign(const struct module *module) {
    return module && !cpython_is(module) && !(module->kind & (MODULE_LIBC | MODULE_LOADER | MODULE_SHIM | MODULE_RUNTIME));
}

/* By the row, which is certain; or, when libc made the block for somebody (strdup) or the row is not known, by the stack: then
 * the one who releases it must be foreign too, since libc may have made it for the interpreter by a jump that no stack shows. */
static bool malloc_was_foreign(const struct block *block, const struct module *releasing) {
    const struct site *site = site_get(block->allocated);
    if (!site)
        return false;
    const struct module *module = module_of_row(site->row);
    if (module && !(module->kind & MODULE_LIBC))
        return is_foreign(module);
    return is_foreign(site_owner(site)) && is_foreign(releasing);
}

/* What the interpreter mixes itself is its own affair; so is what it allocated before the wrappers, which looks like malloc's. */
static bool is_mistake(const struct block *block, enum cpython_domain domain, const struct module *module) {
    switch (block->family) {
    case FFISAN_FAMILY_MALLOC:
        return malloc_was_foreign(block, module);
    case FFISAN_FAMILY_NEW:
    case FFISAN_FAMILY_NEW_ARRAY:
        return true;
    case FFISAN_FAMILY_PY_RAW:
        if (domain != CPYTHON_RAW && is_small(block->size) && arenas_ran_out())
            return false;
        return module && !cpython_is(module);
    case FFISAN_FAMILY_PY_MEM:
    case FFISAN_FAMILY_PY_OBJECT:
        return module && !cpython_is(module);
    default:
        return false;
    }
}

static RARE void mismatch(const struct block *block, enum cpython_domain domain, const char *function,
                          const struct origin *origin) {
    struct inside inside = inside_enter();
    const struct module *module = caller(origin, domain);
    bool keep;
    if (block->crossed && object_freed(block->start, origin, module ? module->row : 0, function, &keep)) {
        inside_leave(inside);
        return;
    }
    if (is_mistake(block, domain, module))
        finding_report(&(struct finding){.rule = FFISAN_RULE_MISMATCHED_DEALLOCATOR,
                                         .function = function,
                                         .origin = origin,
                                         .address = block->start,
                                         .place = FFISAN_PLACE_LIVE_BLOCK,
                                         .block = block,
                                         .free_family = families[domain],
                                         .free_row = module ? module->row : 0});
    inside_leave(inside);
}

/* The block is about to be released by the original. True: it is in the books, *block is what it was. */
static bool release(void *start, enum cpython_domain domain, struct block *block, const char *function,
                    const struct origin *origin) {
    if (!watched[domain] || !exact[domain])
        return false;
    if (!live_block(start, block)) {
        if (start && domain != CPYTHON_RAW && !self.busy && !hooks_off && born_above)
            arena_learn((uintptr_t)start);
        return false;
    }
    if (UNLIKELY(block->family != families[domain] && block->family != FFISAN_FAMILY_ANY))
        mismatch(block, domain, function, origin);
    block_set_family(start, FFISAN_FAMILY_ANY); /* the original ends in free(), which is not to be taken for somebody's */
    return true;
}

static RARE void maybe_ending(const struct origin *origin) {
    if (self.busy || hooks_off || !cpython.is_finalizing())
        return;
    __atomic_store_n(&domains_ending, &never, __ATOMIC_RELAXED);
    choose_ways();
    if (__atomic_exchange_n(&domains_end_seen, true, __ATOMIC_RELAXED))
        return;
    struct inside inside = inside_enter();
    lost_end();
    inside_leave(inside);
    exit_reached(origin);
}

static void ask_kept(void *start, enum cpython_domain domain, const struct origin *origin);

/* C may keep something in its page, or another thread's call has something of Python's. */
static inline __attribute__((always_inline)) bool is_asked_about(const void *start) {
    return UNLIKELY(memory_kept((uintptr_t)start, SMALL)) || memory_lent();
}

static __attribute__((noinline)) void freed(void *context, void *start, enum cpython_domain domain) {
    struct origin origin = ORIGIN_HERE();
    struct block block;
    if (UNLIKELY(*domains_ending) && domain != CPYTHON_RAW)
        maybe_ending(&origin);
    if (!arena_holds((uintptr_t)start))
        release(start, domain, &block, release_names[domain], &origin);
    else if (domain != CPYTHON_RAW && !*domains_ending && is_asked_about(start))
        ask_kept(start, domain, &origin);
    if (UNLIKELY(hears(domain)) && held_back(context, start, domain, &origin))
        return;
    original[domain].free(context, start);
}

/* A block that pymalloc once took from malloc stays malloc's when it shrinks to a small one (pymalloc_realloc). */
static __attribute__((noinline)) void *resized(void *context, void *start, size_t size, enum cpython_domain domain) {
    struct origin origin = ORIGIN_HERE();
    struct block block;
    bool known = !arena_holds((uintptr_t)start) && release(start, domain, &block, resize_names[domain], &origin);
    void *now = wished_realloc(context, start, size, domain, &origin);
    if (now && (known || domain == CPYTHON_RAW || !is_small(size)))
        return reborn(now, size, domain);
    if (!now && known)
        block_set_family(start, block.family);
    return now;
}

/* ---- what C keeps ---- */

/* A small block. */
static void ask_kept(void *start, enum cpython_domain domain, const struct origin *origin) {
    struct memory_doer doer = {.origin = origin, .managed = true, .function = release_names[domain]};
    uintptr_t block;
    size_t size;
    if (self.busy || hooks_off)
        return;
    struct inside inside = inside_enter();
    if (arena_block((uintptr_t)start, &block, &size) && !memory_ends(block, size, MEMORY_FREED, &doer) && memory_lent())
        memory_taken_from_call(block, size, &doer);
    inside_leave(inside);
}

static __attribute__((noinline)) void kept_freed(void *context, void *start, enum cpython_domain domain) {
    struct origin origin = ORIGIN_HERE();
    ask_kept(start, domain, &origin);
    original[domain].free(context, start);
}

/* pymalloc shrinks and grows in place within a class: the memory is then still there. */
static __attribute__((noinline)) void *kept_resized(void *context, void *start, size_t size, enum cpython_domain domain) {
    struct origin origin = ORIGIN_HERE();
    struct memory_doer doer = {.origin = &origin, .managed = true, .function = resize_names[domain]};
    struct memory_move move = {0};
    uintptr_t block = 0;
    size_t room = 0;
    bool asks = !self.busy && !hooks_off;
    if (asks) {
        struct inside inside = inside_enter();
        if (arena_block((uintptr_t)start, &block, &room))
            move = memory_moving(block, room);
        inside_leave(inside);
    }
    void *now = original[domain].realloc(context, start, size);
    if (block && now && now != start) {
        struct inside inside = inside_enter();
        if (!memory_moved(&move, (uintptr_t)now, size, &doer) && memory_lent())
            memory_taken_from_call(block, room, &doer);
        inside_leave(inside);
    }
    return now;
}

/* ---- the wrappers ---- */

static void *raw_malloc(void *context, size_t size) {
    return born(original[CPYTHON_RAW].malloc(context, size), size, CPYTHON_RAW);
}
static void *raw_calloc(void *context, size_t count, size_t size) {
    return born(original[CPYTHON_RAW].calloc(context, count, size), count * size, CPYTHON_RAW);
}
static void *raw_realloc(void *context, void *start, size_t size) {
    return resized(context, start, size, CPYTHON_RAW);
}
static void raw_free(void *context, void *start) {
    freed(context, start, CPYTHON_RAW);
}

static inline __attribute__((always_inline)) bool is_usual(size_t size) {
    return size - 1 < slow_above;
}
static inline __attribute__((always_inline)) void *domain_malloc(void *context, size_t size, enum cpython_domain domain) {
    if (LIKELY(is_usual(size)))
        return original[domain].malloc(context, size);
    return born(original[domain].malloc(context, size), size, domain);
}
static inline __attribute__((always_inline)) void *domain_calloc(void *context, size_t count, size_t size,
                                                                 enum cpython_domain domain) {
    if (LIKELY(is_usual(count * size)))
        return original[domain].calloc(context, count, size);
    return born(original[domain].calloc(context, count, size), count * size, domain);
}
static inline __attribute__((always_inline)) void *domain_realloc(void *context, void *start, size_t size,
                                                                  enum cpython_domain domain) {
    if (is_asked_about(start) && arena_holds((uintptr_t)start))
        return kept_resized(context, start, size, domain);
    if (LIKELY(is_usual(size) && arena_holds((uintptr_t)start)))
        return original[domain].realloc(context, start, size);
    return resized(context, start, size, domain);
}
static inline __attribute__((always_inline)) void domain_free(void *context, void *start, enum cpython_domain domain) {
    if (is_asked_about(start) && !*slow_free && arena_holds((uintptr_t)start))
        kept_freed(context, start, domain);
    else if (LIKELY(!*slow_free && arena_holds((uintptr_t)start)))
        original[domain].free(context, start);
    else
        freed(context, start, domain);
}

static void *mem_malloc(void *context, size_t size) {
    return domain_malloc(context, size, CPYTHON_MEM);
}
static void *mem_calloc(void *context, size_t count, size_t size) {
    return domain_calloc(context, count, size, CPYTHON_MEM);
}
static void *mem_realloc(void *context, void *start, size_t size) {
    return domain_realloc(context, start, size, CPYTHON_MEM);
}
static void mem_free(void *context, void *start) {
    domain_free(context, start, CPYTHON_MEM);
}

static void *object_malloc(void *context, size_t size) {
    return domain_malloc(context, size, CPYTHON_OBJECT);
}
static void *object_calloc(void *context, size_t count, size_t size) {
    return domain_calloc(context, count, size, CPYTHON_OBJECT);
}
static void *object_realloc(void *context, void *start, size_t size) {
    return domain_realloc(context, start, size, CPYTHON_OBJECT);
}
static void object_free(void *context, void *start) {
    domain_free(context, start, CPYTHON_OBJECT);
}

static const struct cpython_allocator wrappers[CPYTHON_DOMAINS] = {
    {NULL, raw_malloc, raw_calloc, raw_realloc, raw_free},
    {NULL, mem_malloc, mem_calloc, mem_realloc, mem_free},
    {NULL, object_malloc, object_calloc, object_realloc, object_free},
};

/* ---- putting them in place ---- */

static bool is_own(const struct cpython_allocator *allocator) {
    return cpython_is(module_at((uintptr_t)allocator->malloc)) && cpython_is(module_at((uintptr_t)allocator->free));
}

/* Where the finalizing thread stands in _PyRuntime. Believed only when the list of interpreters, which is its neighbour, is where
 * it should be too: a patch release may have moved them. */
static const uintptr_t *find_ending(void) {
    const struct cpython_layout *layout = cpython.layout;
    if (!layout || !cpython.runtime || !cpython.main_interpreter || !cpython.is_finalizing)
        return cpython.is_finalizing ? &always : &never;
    const uintptr_t *heads = (const uintptr_t *)(cpython.runtime + layout->runtime_head);
    const uintptr_t *word = (const uintptr_t *)(cpython.runtime + layout->runtime_finalizing);
    return heads[1] == (uintptr_t)cpython.main_interpreter() && !*word ? word : &always;
}

static void wrap(enum cpython_domain domain) {
    struct cpython_allocator now;
    cpython.get_allocator(domain, &now);
    if (same_functions(&now, &wrappers[domain]) || (original[domain].malloc && !same_functions(&now, &original[domain])))
        return;
    original[domain] = now;
    struct cpython_allocator wrapped = wrappers[domain];
    wrapped.context = now.context;
    cpython.set_allocator(domain, &wrapped);
}

static bool all_malloc(void) {
    return same_functions(&original[CPYTHON_OBJECT], &original[CPYTHON_RAW]) &&
           same_functions(&original[CPYTHON_MEM], &original[CPYTHON_RAW]);
}

bool domains_wrap(void) {
    bool first = !original[CPYTHON_RAW].malloc;
    for (enum cpython_domain domain = CPYTHON_RAW; domain < CPYTHON_DOMAINS; domain++)
        wrap(domain);
    bool everything = all_malloc();
    if (!first)
        return everything;
    born_above = everything ? 0 : SMALL;
    domains_ending = find_ending();
    choose_ways();
    for (enum cpython_domain domain = CPYTHON_RAW; domain < CPYTHON_DOMAINS; domain++) {
        exact[domain] = is_own(&original[domain]) && !original[domain].context;
        __atomic_store_n(&watched[domain], is_own(&original[domain]), __ATOMIC_RELEASE);
    }
    return everything;
}

void domains_forget(void) {
    domains_ending = &never;
    for (enum cpython_domain domain = CPYTHON_RAW; domain < CPYTHON_DOMAINS; domain++) {
        watched[domain] = exact[domain] = false;
        original[domain] = (struct cpython_allocator){0};
    }
    born_above = SIZE_MAX;
    choose_ways();
}

bool domains_saw_the_end(void) {
    return __atomic_load_n(&domains_end_seen, __ATOMIC_RELAXED);
}
