/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects as the collector sees them: its lists, and what each container in them leads to.
 *
 * The lists' heads stand in a row of generations in the interpreter's state (3.8: in _PyRuntime), behind which the first of them is
 * pointed to (Include/internal/pycore_gc.h, struct _gc_runtime_state: generations, generation0, permanent_generation). That word, which
 * leads 72 bytes back, is what they are found by.
 *
 * What is no proof is kept out: containers that are being taken apart (a count of 0), second visits of one object by an extension's
 * tp_traverse (the collector would not notice with an object that it does not track), anything while a collection is under way (lists are
 * then taken apart, and counts stand in their links).
 */
#include "cpython/heap.h"

#include <string.h>

#include "core/peek.h"
#include "cpython/budget.h"
#include "cpython/callables.h"
#include "cpython/looks.h"

#define COUNT_MOST ((uint64_t)1 << 40) /* of references; from 3.12 on the immortal ones are below it, too */
#define HEAD_SIZE  16u                 /* PyGC_Head, in front of the object */
#define LINK_FLAGS ((uintptr_t)3)      /* in both of its words */

static bool word_at(uintptr_t address, uintptr_t *word) {
    return address && address % sizeof *word == 0 && peek(word, address, sizeof *word);
}

#define METATYPES 8u /* of metatypes */

/* The type of its type, or that one's, is type: plain memory of C that looks like an object does not lead there. */
static bool is_type(uintptr_t type) {
    uintptr_t meta = type, flags;
    for (unsigned i = 0; i < METATYPES && word_at(meta + OBJECT_TYPE, &meta); i++)
        if (meta == python.type_type)
            return meta && word_at(type + TYPE_FLAGS, &flags) && flags & TYPE_IS_READY;
    return false;
}

bool object_is(uintptr_t object) {
    uintptr_t count, type;
    return word_at(object, &count) && count && count < COUNT_MOST && word_at(object + OBJECT_TYPE, &type) && is_type(type);
}

void object_type_name(uintptr_t object, char *to, size_t size) {
    uintptr_t type, name;
    to[0] = 0;
    if (word_at(object + OBJECT_TYPE, &type) && word_at(type + TYPE_NAME, &name) && !peek_text(to, name, size))
        to[0] = 0;
}

void object_traverse(uintptr_t object, int (*each)(void *object, void *context), void *context) {
    int (*traverse)(void *, int (*)(void *, void *), void *);
    uintptr_t function = word(type_of(object), TYPE_TRAVERSE);
    memcpy(&traverse, &function, sizeof traverse);
    if (traverse)
        traverse((void *)object, each, context);
}

/* ---- suspects ---- */

static size_t slot_of(uintptr_t object) {
    return (object >> 4) * MIX_FACTOR >> 56;
}

static void note_suspects(struct look *look) {
    for (unsigned i = 0; i < look->count; i++) {
        size_t slot = slot_of(look->suspects[i].object);
        while (look->slots[slot])
            slot = (slot + 1) % LOOK_SLOTS;
        look->slots[slot] = (uint8_t)(i + 1);
    }
}

/* The first slot of nearly all objects is empty. */
static inline struct suspect *suspect_of(const struct look *look, uintptr_t object) {
    for (size_t slot = slot_of(object); UNLIKELY(look->slots[slot]); slot = (slot + 1) % LOOK_SLOTS)
        if (look->suspects[look->slots[slot] - 1].object == object)
            return &look->suspects[look->slots[slot] - 1];
    return NULL;
}

static void add_holder(struct suspect *suspect, const struct holder *holder) {
    if (suspect->holders < HEAP_HOLDERS)
        suspect->first[suspect->holders] = *holder;
    suspect->holders++;
}

void look_found(struct look *look, uintptr_t object, const struct holder *holder) {
    struct suspect *suspect = suspect_of(look, object);
    if (UNLIKELY(suspect != NULL))
        add_holder(suspect, holder);
}

/* Of a container that is not tracked: whether it is the first time. */
static bool count_once(struct look *look) {
    for (unsigned i = 0; i < look->counted_count; i++)
        if (look->counted[i] == look->in.container)
            return false;
    if (look->counted_count == LOOK_COUNTED) {
        look->failed = true;
        return false;
    }
    look->counted[look->counted_count++] = look->in.container;
    return true;
}

static RARE void found_in_container(struct look *look, struct suspect *suspect) {
    uint64_t bit = UINT64_C(1) << (suspect - look->suspects);
    if (look->in.foreign && look->in.held & bit)
        return;
    if (look->in.once && !look->in.held && !look->in.refused)
        look->in.refused = !count_once(look);
    if (look->in.refused)
        return;
    look->in.held |= bit;
    add_holder(suspect, &(struct holder){look->in.container, UINT32_MAX, HOLDER_CONTAINER});
}

/* ---- containers ---- */

static uintptr_t tuple_type, dict_type;

static bool is_static(uintptr_t object) {
    return object - cpython.module->start < cpython.module->end - cpython.module->start;
}

bool look_can_read(struct look *look, uintptr_t object) {
    if (LIKELY(arena_holds(object) || is_static(object)))
        return object % sizeof(uintptr_t) == 0;
    uintptr_t page = object >> 12, *known = &look->pages[page % LOOK_PAGES];
    if (object % 16 || (*known != page && !peek_page(object)))
        return object % sizeof(uintptr_t) == 0 && object >> 12 && peek_page(object) && peek_page(object + OBJECT_TYPE);
    *known = page;
    return true;
}

static int visit(void *object, void *context) {
    struct look *look = context;
    struct suspect *suspect = suspect_of(look, (uintptr_t)object);
    if (UNLIKELY(suspect != NULL))
        found_in_container(look, suspect);
    look_into(look, (uintptr_t)object);
    return 0;
}

static bool is_foreign(uintptr_t type) {
    return word(type, TYPE_TRAVERSE) - cpython.module->start >= cpython.module->end - cpython.module->start;
}

static void look_through(struct look *look, uintptr_t container, bool once) {
    look->in = (struct looked){.container = container, .foreign = is_foreign(type_of(container)), .once = once};
    object_traverse(container, visit, look);
}

static bool is_tracked(uintptr_t container) {
    return word(container - HEAD_SIZE, 0) != 0;
}

static RARE void look_into_untracked(struct look *look, uintptr_t container) {
    uintptr_t *met = &look->met[(container >> 4) % LOOK_MET];
    if (*met == container || look->failed)
        return;
    *met = container;
    struct looked outer = look->in;
    look->depth++;
    look_through(look, container, true);
    look->depth--;
    look->in = outer;
}

/* What was freed has another word where its count was. */
static inline bool has_count(uintptr_t object) {
    return word(object, 0) - 1 < UINT32_MAX;
}

/* The tuples of frozen modules are static in 3.11 and 3.12 (Tools/scripts/deepfreeze.py), and what stands in them was never counted. */
void look_into(struct look *look, uintptr_t object) {
    if (is_static(object) || !look_can_read(look, object))
        return;
    uintptr_t type = type_of(object);
    if (LIKELY(type != tuple_type && type != dict_type) || !has_count(object) || is_tracked(object) || look->depth == LOOK_DEPTH)
        return;
    look_into_untracked(look, object);
}

/* ---- the collector's lists ---- */

#define GENERATIONS    3u
#define GENERATION     24u /* a head, threshold and count */
#define FIRST          (GENERATIONS * GENERATION)
#define PERMANENT      (FIRST + 8)
#define COLLECTING     (PERMANENT + GENERATION + GENERATIONS * 24) /* an int, behind the statistics */
#define SEARCHED       (1u << 20)                                  /* bytes of the state: 3.12's is 430 KiB */
#define BETWEEN_CLOCKS 4096u

static struct { uintptr_t base, generations; /* of which interpreter, or &_PyRuntime */ } last;
static uint64_t last_cost = 1000000;

static bool is_ring(uintptr_t head) {
    uintptr_t next, back;
    return word_at(head, &next) && word_at((next & ~LINK_FLAGS) + 8, &back) && (back & ~LINK_FLAGS) == head;
}

static bool are_generations(uintptr_t at) {
    return is_ring(at) && is_ring(at + GENERATION) && is_ring(at + 2 * GENERATION) && is_ring(at + PERMANENT);
}

static uintptr_t generations_in(const uintptr_t *page, uintptr_t start, size_t words) {
    for (size_t i = 0; i < words; i++)
        if (UNLIKELY(page[i] == start + i * sizeof *page - FIRST) && are_generations(page[i]))
            return page[i];
    return 0;
}

static RARE uintptr_t find_generations(uintptr_t base) {
    uintptr_t page[128], found = 0;
    for (uintptr_t at = base; at < base + SEARCHED && !found && peek(page, at, sizeof page); at += sizeof page)
        found = generations_in(page, at, sizeof page / sizeof *page);
    return found;
}

/* 0: not known. */
static uintptr_t generations(void) {
    uintptr_t base = cpython.layout->version < 0x0309 ? cpython.runtime : (uintptr_t)python.interpreter();
    if (base != last.base || !last.generations) {
        last.base = base;
        last.generations = base ? find_generations(base) : 0;
    }
    return last.generations;
}

/* False: it takes too long. */
static bool look_through_list(struct look *look, uintptr_t head, uint64_t until) {
    unsigned steps = 0;
    for (uintptr_t link = word(head, 0) & ~LINK_FLAGS; link != head; link = word(link, 0) & ~LINK_FLAGS) {
        uintptr_t container = link + HEAD_SIZE;
        if (word(container, 0))
            look_through(look, container, false);
        if (UNLIKELY(++steps % BETWEEN_CLOCKS == 0) && budget_clock() > until)
            return false;
    }
    return true;
}

static bool look_through_heap(struct look *look, uintptr_t first, uint64_t until) {
    for (unsigned i = 0; i < GENERATIONS; i++)
        if (!look_through_list(look, first + i * GENERATION, until))
            return false;
    return look_through_list(look, first + PERMANENT, until);
}

#define LONGEST 200000000u /* ns: nobody waits for longer */

static bool look_everywhere(struct look *look, const struct method_call *call) {
    uintptr_t first = generations();
    if (!first || *(const int *)(first + COLLECTING))
        return false;
    uint64_t start = budget_clock();
    bool whole = look_through_heap(look, first, start + LONGEST);
    if (whole)
        locals_look(look, call);
    last_cost = budget_clock() - start;
    budget_spend(last_cost);
    return whole && !look->failed;
}

static bool is_ready(void) {
    if (!cpython.layout || !python.interpreter || cpython_is_ending())
        return false;
    if (!tuple_type) {
        tuple_type = module_symbol(cpython.module, "PyTuple_Type");
        dict_type = module_symbol(cpython.module, "PyDict_Type");
        locals_start();
    }
    return tuple_type && dict_type;
}

uintptr_t heap_dict_type(void) {
    return is_ready() ? dict_type : 0;
}

bool holders_count(struct suspect *suspects, unsigned count, const struct method_call *call) {
    if (count > HEAP_SUSPECTS || !is_ready() || !budget_allows(last_cost, "references"))
        return false;
    struct look look = {.suspects = suspects, .count = count};
    for (unsigned i = 0; i < count; i++)
        suspects[i].holders = 0;
    note_suspects(&look);
    return look_everywhere(&look, call);
}

bool holders_of_frames(struct suspect *suspects, unsigned count, const struct method_call *call) {
    if (count > HEAP_SUSPECTS || !is_ready())
        return false;
    struct look look = {.suspects = suspects, .count = count};
    for (unsigned i = 0; i < count; i++)
        suspects[i].holders = 0;
    note_suspects(&look);
    locals_look(&look, call);
    return !look.failed;
}

void heap_forget(void) {
    tuple_type = dict_type = 0;
    last.base = last.generations = 0;
}
