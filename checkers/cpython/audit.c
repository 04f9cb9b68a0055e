/* SPDX-License-Identifier: Apache-2.0
 *
 * What a call knows of objects, and what the heap says of them when it is over.
 *
 * Legal and alike: a reference given up and the place filled anew (Cython), a container that lets go of what it holds, f(*args), results that
 * are arguments, in-place operators, objects that come back to life. None of them leaves more holders than the count says; and nothing is
 * concluded before the call is over.
 *
 * Calls that are not watched closely cost the comparison of some counts. Whose functions lower counts as their work (a container's pop) is
 * asked about ever more seldom.
 */
#include "cpython/audit.h"

#include <string.h>

#include "core/blocks.h"
#include "core/findings.h"
#include "core/memory.h"
#include "core/peek.h"
#include "core/stack.h"
#include "cpython/api.h"
#include "cpython/budget.h"
#include "cpython/callables.h"
#include "cpython/heap.h"
#include "cpython/held.h"
#include "cpython/looks.h"
#include "cpython/methods.h"
#include "cpython/phrases.h"
#include "cpython/subjects.h"

#define KNOWN_MOST     48u
#define ITEMS_MOST     6u    /* of one argument */
#define ALWAYS_ASKED   16u   /* times for each method, then ever more seldom */
#define RESULTS_ASKED  4u    /* calls of each method whose result is asked about though it was not seen before */
#define HALF           50u   /* percent of the budget */
#define SHARED         1000u /* an object with more references than that is everybody's: not all who hold it can be found */
#define NO_ITEM        UINT32_MAX
#define DEAD_MOST      16u /* a power of two */
#define DROPS_MOST     16u
#define FILLED_MOST    1024u /* items of an argument */
#define HEADS_MOST     32u   /* in front of an object in its block: the collector's links, a dict's and weak references' place */
#define HEAD_STEP      16u
#define MAPPED_LEAST   (64u << 10) /* larger blocks of malloc's may be mappings of their own */
#define TYPE_HAS_CYCLE (1u << 14)  /* Py_TPFLAGS_HAVE_GC */

/* An object that the call was lent, or gave away. */
struct known {
    uintptr_t object, type;
    uint64_t count;             /* of references, when it became known */
    uint32_t argument, item;    /* whose it is: FFISAN_SUBJECT_..., and which of its items */
    const char *lender, *thief; /* functions of the API */
    site_id lent, died;
    uint32_t lent_line, died_line;
    bool failed; /* the thief's call */
    bool last;   /* the thief was given the last reference */
};
/* Of one method_call for ever (method_call.rooms). */
struct known_list {
    unsigned count, deaths;
    struct known known[KNOWN_MOST];
    struct known dead[DEAD_MOST]; /* the last of those that died while the call lasted, by number of death */
};

/* ---- objects that may be gone ---- */

static bool read_head(uintptr_t object, uintptr_t head[2]) {
    if (LIKELY(arena_holds(object))) {
        memcpy(head, (const void *)object, 2 * sizeof *head);
        return true;
    }
    return peek(head, object, 2 * sizeof *head);
}

/* Whether an object is there now: the one that was, or another. */
static bool is_alive(const struct known *known) {
    uintptr_t head[2];
    if (!read_head(known->object, head) || head[0] == 0 || head[0] > UINT32_MAX)
        return false;
    return head[1] == known->type || object_is(known->object);
}

/* Where a count can say something. */
static bool is_counted(uintptr_t object) {
    uint64_t count = object_count(object);
    return count && count < SHARED;
}

static bool is_tuple_or_list(uintptr_t object) {
    return is_kind(object, TYPE_IS_TUPLE | TYPE_IS_LIST);
}

/* ---- what is known ---- */

static struct known *find(struct known_list *list, uintptr_t object) {
    for (unsigned i = 0; i < list->count; i++)
        if (list->known[i].object == object)
            return &list->known[i];
    return NULL;
}

static struct known *add(struct known_list *list, uintptr_t object, uint32_t argument, uint32_t item) {
    struct known *known = find(list, object);
    if (known || list->count == KNOWN_MOST || !is_counted(object))
        return known;
    known = &list->known[list->count++];
    *known = (struct known){
        .object = object, .type = type_of(object), .count = object_count(object), .argument = argument, .item = item};
    return known;
}

struct adder {
    struct known_list *list;
    uint32_t argument, item;
};

/* What a container holds is an object, unless somebody has made a mistake: its own words can be read, if they are in an arena. */
static bool is_held_object(uintptr_t object) {
    return arena_holds(object) || (object && object_is(object));
}

static int add_item(void *object, void *context) {
    struct adder *adder = context;
    if (is_held_object((uintptr_t)object))
        add(adder->list, (uintptr_t)object, adder->argument, adder->item);
    return ++adder->item >= ITEMS_MOST;
}

static bool is_dict(uintptr_t object) {
    uint64_t count = object_count(object);
    return count && count <= UINT32_MAX && type_of(object) == heap_dict_type();
}

/* Attributes stand in a dict of the object's. */
static int add_attribute(void *object, void *context) {
    struct adder *adder = context;
    int enough = add_item(object, adder);
    if (!enough && is_held_object((uintptr_t)object) && is_dict((uintptr_t)object))
        object_traverse((uintptr_t)object, add_item, adder);
    return enough;
}

/* The first items, in their order: tp_traverse of lists begins at the end. */
static void add_sequence(struct adder *adder, uintptr_t sequence) {
    size_t count = word(sequence, TUPLE_SIZE);
    uintptr_t items = is_kind(sequence, TYPE_IS_LIST) ? word(sequence, LIST_ITEMS) : sequence + TUPLE_ITEMS;
    for (size_t i = 0; i < count && i < ITEMS_MOST; i++)
        add_item((void *)word(items, i * sizeof items), adder);
}

static bool is_module(uintptr_t object) {
    return type_of(object) == python.module_type;
}

/* What the object holds. Not of types and modules, whose things are many and everybody's. */
static void add_items(struct known_list *list, uintptr_t object, uint32_t argument) {
    struct adder adder = {list, argument, 0};
    uintptr_t flags = word(type_of(object), TYPE_FLAGS);
    if (flags & TYPE_IS_TYPE || is_module(object))
        return;
    if (is_tuple_or_list(object))
        add_sequence(&adder, object);
    else if (flags & TYPE_HAS_CYCLE)
        object_traverse(object, flags & TYPE_IS_DICT ? add_item : add_attribute, &adder);
}

/* ---- at the beginning ---- */

static bool is_watched(const struct method_call *call) {
    return call && !call->method->own && call->method->kind != METHOD_SLOT_NOTHING;
}

static struct known_list *list_of(struct method_call *call) {
    return call && call->closely ? call->notes[METHOD_CALL_AUDIT] : NULL;
}

static void add_lent(struct known_list *list, const struct method_call *call) {
    for (uint32_t i = 0; i < call->count; i++)
        add(list, call->arguments[i], i, NO_ITEM);
    if (call->self)
        add(list, call->self, FFISAN_SUBJECT_SELF, NO_ITEM);
    if (call->keywords)
        add_items(list, call->keywords, FFISAN_SUBJECT_NO_ARGUMENT);
    for (uint32_t i = 0; i < call->count; i++)
        add_items(list, call->arguments[i], i);
    if (call->self)
        add_items(list, call->self, FFISAN_SUBJECT_SELF);
}

static void begin(struct method_call *call) {
    if (!call->closely || !is_watched(call) || !cpython.layout)
        return;
    if (!call->rooms[METHOD_CALL_AUDIT])
        call->rooms[METHOD_CALL_AUDIT] = memory_carve(sizeof(struct known_list));
    struct known_list *list = call->notes[METHOD_CALL_AUDIT] = call->rooms[METHOD_CALL_AUDIT];
    if (!list)
        return;
    list->count = list->deaths = 0;
    if (call->method->kind != METHOD_START)
        add_lent(list, call);
}

/* ---- what the API lends, and what it steals ---- */

static uint32_t line_here(void) {
    return managed_places.here ? managed_places.line(managed_places.here()) : 0;
}

static site_id site_of(const struct api_call *call) {
    return stack_site(call->origin, call->caller ? call->caller->row : 0);
}

static void lent(struct api_call *call) {
    struct known_list *list = list_of(call->method);
    struct known *known = list && call->result ? add(list, call->result, FFISAN_SUBJECT_NO_ARGUMENT, NO_ITEM) : NULL;
    if (!known || known->lender)
        return;
    known->lender = call->name;
    known->lent = site_of(call);
    known->lent_line = line_here();
}

static void steals(struct api_call *call, uintptr_t object) {
    struct known_list *list = list_of(call->method);
    struct known *known = list && object ? add(list, object, FFISAN_SUBJECT_NO_ARGUMENT, NO_ITEM) : NULL;
    call->notes[0] = known ? (uint64_t)(known - list->known) + 1 : 0;
    if (!known)
        return;
    known->thief = call->name;
    known->lent = site_of(call);
    known->lent_line = line_here();
    known->last = object_count(object) == 1;
    if (known->last)
        memory_hold(object, call->method->cfa);
}

static void steals_third(struct api_call *call) {
    steals(call, call->arguments[2]);
}
static void steals_second(struct api_call *call) {
    steals(call, call->arguments[1]);
}

/* ---- reports ---- */

static void detail_of(const struct known *known, char *to, size_t size) {
    to[0] = 0;
    if (known->item == NO_ITEM)
        return;
    struct phrase phrase = phrase_begin(to, size);
    if (known->argument >= METHOD_ARGUMENTS) {
        phrase_add(&phrase, known->argument == FFISAN_SUBJECT_SELF ? "held by self" : "a keyword argument");
        return;
    }
    phrase_add(&phrase, "item ");
    phrase_add_number(&phrase, known->item);
    phrase_add(&phrase, " of argument ");
    phrase_add_number(&phrase, known->argument + 1);
}

struct verdict {
    const struct method_call *call;
    const struct known *known;
    const struct suspect *suspect; /* NULL: nobody was looked for */
    const struct origin *origin;
    uint64_t count, held;
    bool dead, is_result;
};

static void add_object(struct subjects *subjects, const struct verdict *verdict) {
    char name[128] = "", detail[64];
    const struct known *known = verdict->known;
    uintptr_t text;
    if (peek(&text, known->type + TYPE_NAME, sizeof text))
        peek_text(name, text, sizeof name);
    detail_of(known, detail, sizeof detail);
    uint32_t argument = verdict->is_result       ? FFISAN_SUBJECT_RESULT
                        : known->item == NO_ITEM ? known->argument
                                                 : FFISAN_SUBJECT_NO_ARGUMENT;
    subjects_add(subjects, &(struct subject){.what = FFISAN_SUBJECT_OBJECT,
                                             .role = FFISAN_ROLE_DETECTED,
                                             .argument = argument,
                                             .flags = verdict->dead ? FFISAN_SUBJECT_DIED : 0,
                                             .address = known->object,
                                             .count = verdict->count,
                                             .wanted = verdict->held,
                                             .name = name,
                                             .detail = detail});
}

static void add_calls(struct subjects *subjects, const struct known *known) {
    const char *name = known->thief ? known->thief : known->lender;
    if (name)
        subjects_add(subjects, &(struct subject){.what = FFISAN_SUBJECT_CALL,
                                                 .role = FFISAN_ROLE_LENT,
                                                 .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                                 .flags = known->failed ? FFISAN_SUBJECT_FAILED : 0,
                                                 .name = name});
}

static void add_holders(struct subjects *subjects, const struct suspect *suspect) {
    struct holder_text text;
    for (unsigned i = 0; suspect && i < suspect->holders && i < HEAP_HOLDERS; i++) {
        holder_describe(&suspect->first[i], suspect->object, &text);
        subjects_add(subjects, &(struct subject){.what = FFISAN_SUBJECT_HOLDER,
                                                 .role = FFISAN_ROLE_DETECTED,
                                                 .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                                 .address = suspect->first[i].where,
                                                 .name = text.name,
                                                 .detail = text.detail});
    }
}

static void report(const struct verdict *verdict) {
    const struct known *known = verdict->known;
    struct subjects subjects = {0};
    add_object(&subjects, verdict);
    add_calls(&subjects, known);
    add_holders(&subjects, verdict->suspect);
    struct finding finding = {.rule = known->thief ? FFISAN_RULE_OVER_STEAL : FFISAN_RULE_BORROWED_DECREF,
                              .origin = verdict->origin,
                              .distinction = (uintptr_t)verdict->call->method ^ known->argument};
    finding.sites[FFISAN_ROLE_LENT] = known->lent;
    finding.lines[FFISAN_ROLE_LENT] = known->lent_line;
    finding.sites[FFISAN_ROLE_FREED] = known->died;
    finding.lines[FFISAN_ROLE_FREED] = known->died_line;
    subjects_report(&finding, &subjects, verdict->call);
}

/* ---- the dead ---- */

/* PyModule_AddObject takes the reference only when it succeeds. */
static bool consumes_on_failure(const char *thief) {
    return strcmp(thief, "PyModule_AddObject") != 0;
}

/* Whoever drops what is dead writes into memory that is nobody's: it is held back, or lies on a free list. A drop leaves a count below 0 there
 * and does no more. Nothing but the extension is at work between two calls of the API: what was 0 at the end of the one, and is below 0 at the
 * beginning of the next, was dropped by it. */
static void bury(struct known_list *list, const struct known *known) {
    list->dead[list->deaths++ % DEAD_MOST] = *known;
}

static struct known *find_dead(struct known_list *list, uintptr_t object) {
    for (unsigned i = 0; i < DEAD_MOST && i < list->deaths; i++)
        if (list->dead[i].object == object)
            return &list->dead[i];
    return NULL;
}

/* Types whose objects are kept for the next of them. Their type's word may be a link, then. */
static bool is_kept_free(uintptr_t type) {
    static uintptr_t types[4];
    static const char *const names[] = {"PyFloat_Type", "PyList_Type", "PyTuple_Type", "PyDict_Type"};
    for (unsigned i = 0; i < 4; i++) {
        if (UNLIKELY(!types[i]))
            types[i] = module_symbol(cpython.module, names[i]);
        if (type && types[i] == type)
            return true;
    }
    return false;
}

static bool read_count(const struct known *dead, int64_t *count) {
    uintptr_t head[2];
    if (!memory_held(dead->object) && !is_kept_free(dead->type))
        return false;
    bool read = read_head(dead->object, head);
    *count = (int64_t)head[0];
    return read;
}

static void tell_dead(const struct method_call *call, struct known *dead, const struct origin *origin) {
    report(&(struct verdict){.call = call, .known = dead, .origin = origin});
    dead->object = 0;
}

static void look_at_dead(const struct method_call *call, struct known_list *list, const struct origin *origin) {
    int64_t count;
    for (unsigned i = 0; i < DEAD_MOST && i < list->deaths; i++) {
        struct known *dead = &list->dead[i];
        if (dead->object && read_count(dead, &count) && count < 0 && count >= -(int64_t)DROPS_MOST)
            tell_dead(call, dead, origin);
    }
}

/* What has come back to life, or is another's now, is forgotten. */
static void keep_dead(struct known_list *list) {
    int64_t count;
    for (unsigned i = 0; i < DEAD_MOST && i < list->deaths; i++)
        if (list->dead[i].object && (!read_count(&list->dead[i], &count) || count))
            list->dead[i].object = 0;
}

static struct known_list *dead_of(const struct api_call *call) {
    struct known_list *list = list_of(call->method);
    return UNLIKELY(list && list->deaths) && is_watched(call->method) ? list : NULL;
}

static void heard(struct api_call *call) {
    struct known_list *list = dead_of(call);
    if (list)
        look_at_dead(call->method, list, call->origin);
}
static void was_heard(struct api_call *call) {
    struct known_list *list = dead_of(call);
    if (list)
        keep_dead(list);
}

static void stole(struct api_call *call) {
    struct known_list *list = list_of(call->method);
    if (!list || !call->notes[0] || (int)call->result >= 0)
        return;
    struct known *known = &list->known[call->notes[0] - 1];
    known->failed = true;
    if (known->last && consumes_on_failure(call->name))
        bury(list, known);
}

/* ---- a death in the extension ---- */

/* The object has no reference left, and is about to be taken apart. */
static void dies(struct api_call *call, uintptr_t object) {
    struct method_call *method = call->method;
    struct known_list *list = list_of(method);
    if (!list)
        return;
    struct known *known = find(list, object), stranger = {.object = object, .type = type_of(object), .item = NO_ITEM};
    stranger.argument = FFISAN_SUBJECT_NO_ARGUMENT;
    if (!known)
        known = &stranger;
    if (known->died || (known == &stranger && list->deaths >= DEAD_MOST))
        return;
    known->died = site_of(call);
    known->died_line = line_here();
    if (memory_hold(object, method->cfa))
        bury(list, known);
}

/* It is dead already, and was given references since. */
static bool is_dead(const struct api_call *call, uintptr_t object) {
    struct known_list *list = list_of(call->method);
    struct known *dead = list ? find_dead(list, object) : NULL;
    if (!dead || !memory_held(object))
        return false;
    tell_dead(call->method, dead, call->origin);
    return true;
}

static bool is_argument(const struct method_call *call, uintptr_t object, uint32_t *argument) {
    for (uint32_t i = 0; i < call->count; i++)
        if (call->arguments[i] == object) {
            *argument = i;
            return true;
        }
    *argument = FFISAN_SUBJECT_SELF;
    return call->self == object;
}

/* Whether deallocates has anything to do. */
static bool may_matter(uintptr_t object) {
    const struct method_call *call = self.method ? method_innermost((uintptr_t)__builtin_frame_address(0)) : NULL;
    uint32_t argument;
    return is_watched(call) && (call->closely || is_argument(call, object, &argument));
}

static void report_death(const struct api_call *call, uintptr_t object, uint32_t argument) {
    struct known known = {.object = object, .type = type_of(object), .argument = argument, .item = NO_ITEM};
    struct suspect suspect = {.object = object};
    struct verdict verdict = {.call = call->method, .known = &known, .origin = call->origin, .dead = true};
    if (holders_count(&suspect, 1, call->method))
        verdict.suspect = &suspect;
    verdict.held = suspect.holders;
    report(&verdict);
}

static void deallocates(struct api_call *call) {
    uintptr_t object = call->arguments[0];
    uint32_t argument;
    if (LIKELY(!is_watched(call->method)) || call->method->method->kind == METHOD_START)
        return;
    if (UNLIKELY(is_dead(call, object)))
        return;
    if (UNLIKELY(is_argument(call->method, object, &argument)))
        report_death(call, object, argument);
    dies(call, object);
}

/* Where Py_DECREF is a function: of extensions that are built for every version. */
static void gives_up(struct api_call *call) {
    uintptr_t object = call->arguments[0];
    if (object && object_count(object) == 1)
        deallocates(call);
    else if (object && !object_count(object) && is_watched(call->method))
        is_dead(call, object);
}

/* ---- at the end ---- */

static bool gives_object(const struct method_call *call) {
    switch ((enum method_kind)call->method->kind) {
    case METHOD_SETTER:
    case METHOD_SLOT_INT:
    case METHOD_SLOT_SIZE:
    case METHOD_SLOT_NOTHING:
    case METHOD_START:
        return false;
    default:
        return true;
    }
}

/* What there is to ask the heap about. */
struct inquiry {
    unsigned count;
    bool certain; /* something has died */
    struct suspect suspects[HEAP_SUSPECTS];
    struct known *known[HEAP_SUSPECTS];
};

static void ask_about(struct inquiry *inquiry, struct known *known) {
    if (inquiry->count == HEAP_SUSPECTS)
        return;
    for (unsigned i = 0; i < inquiry->count; i++)
        if (inquiry->known[i] == known)
            return;
    inquiry->suspects[inquiry->count] = (struct suspect){.object = known->object};
    inquiry->known[inquiry->count++] = known;
}

static bool is_suspect(const struct known *known, uintptr_t result) {
    uint64_t count = object_count(known->object);
    return known->thief || count < known->count || (result && known->object == result && count <= known->count);
}

static void choose(struct inquiry *inquiry, struct known_list *list, uintptr_t result) {
    for (unsigned i = 0; i < list->count; i++) {
        struct known *known = &list->known[i];
        bool alive = is_alive(known);
        inquiry->certain = inquiry->certain || !alive;
        if (!alive || is_suspect(known, result))
            ask_about(inquiry, known);
    }
}

/* What self, or a new container, holds now may have been stored without a reference of its own. */
struct filled {
    struct inquiry *inquiry;
    struct known_list *list;
    bool only_arguments;
};
static int is_held_now(void *object, void *context) {
    struct filled *filled = context;
    struct known *known = find(filled->list, (uintptr_t)object);
    bool wanted = known && (!filled->only_arguments || (known->item == NO_ITEM && known->argument < METHOD_ARGUMENTS));
    if (UNLIKELY(wanted) && is_alive(known) && object_count(known->object) == known->count)
        ask_about(filled->inquiry, known);
    return 0;
}

static void choose_by_self(struct inquiry *inquiry, struct known_list *list, const struct method_call *call) {
    struct filled filled = {inquiry, list, true};
    uintptr_t flags = call->self && call->count && object_is(call->self) ? word(type_of(call->self), TYPE_FLAGS) : TYPE_IS_TYPE;
    if (flags & TYPE_HAS_CYCLE && !(flags & TYPE_IS_TYPE) && !is_module(call->self))
        object_traverse(call->self, is_held_now, &filled);
}

/* A container among the arguments that another argument was put into. */
static bool may_be_filled(uintptr_t object) {
    return object_is(object) && is_tuple_or_list(object) && word(object, TUPLE_SIZE) <= FILLED_MOST;
}

static void choose_by_arguments(struct inquiry *inquiry, struct known_list *list, const struct method_call *call) {
    struct filled filled = {inquiry, list, true};
    for (uint32_t i = 0; call->count > 1 && i < call->count; i++)
        if (may_be_filled(call->arguments[i]))
            object_traverse(call->arguments[i], is_held_now, &filled);
}

static bool is_new(uintptr_t object) {
    return object_count(object) == 1 && word(type_of(object), TYPE_FLAGS) & TYPE_HAS_CYCLE;
}

static void choose_by_result(struct inquiry *inquiry, struct known_list *list, const struct method_call *call, uintptr_t result) {
    struct filled filled = {inquiry, list, false};
    if (!result || find(list, result))
        return;
    if (is_tuple_or_list(result) && is_new(result))
        object_traverse(result, is_held_now, &filled);
    if (call->method->looks > RESULTS_ASKED || budget_used() > HALF)
        return;
    struct known *known = add(list, result, FFISAN_SUBJECT_RESULT, NO_ITEM);
    if (known)
        ask_about(inquiry, known);
}

static struct origin origin_of(const struct method_call *call) {
    const uintptr_t *above = (const uintptr_t *)call->cfa;
    return (struct origin){.cfa = call->cfa, .ra = above[-1], .frame_pointer = above[-2]};
}

static void judge(const struct method_call *call, const struct inquiry *inquiry, unsigned index, uintptr_t result) {
    const struct known *known = inquiry->known[index];
    const struct suspect *suspect = &inquiry->suspects[index];
    struct origin origin = origin_of(call);
    struct verdict verdict = {.call = call, .known = known, .suspect = suspect, .origin = &origin};
    verdict.dead = !is_alive(known);
    verdict.is_result = result && known->object == result;
    verdict.count = verdict.dead ? 0 : object_count(known->object);
    verdict.held = suspect->holders + verdict.is_result;
    uint64_t most = known->count + 1 + verdict.is_result; /* with more, it was wrong before this call */
    if (verdict.held > verdict.count && verdict.held <= most)
        report(&verdict);
}

/* How often it was asked, and whether to ask again. */
static bool is_time(struct method *method) {
    uint64_t asked = (uintptr_t)method->notes[METHOD_NOTE_AUDIT] + 1;
    method->notes[METHOD_NOTE_AUDIT] = (void *)asked;
    return asked <= ALWAYS_ASKED || (asked & (asked - 1)) == 0;
}

static void ask(const struct method_call *call, struct inquiry *inquiry, uintptr_t result) {
    if (!inquiry->count || (!is_time(call->method) && !inquiry->certain))
        return;
    if (!holders_count(inquiry->suspects, inquiry->count, call))
        return;
    for (unsigned i = 0; i < inquiry->count; i++)
        judge(call, inquiry, i, result);
}

static void end_of_close(struct method_call *call, struct known_list *list, uintptr_t result) {
    struct inquiry inquiry;
    inquiry.count = 0;
    inquiry.certain = false;
    result = gives_object(call) ? result : 0;
    choose(&inquiry, list, result);
    choose_by_self(&inquiry, list, call);
    choose_by_arguments(&inquiry, list, call);
    choose_by_result(&inquiry, list, call, result);
    ask(call, &inquiry, result);
}

/* ---- calls that are not watched closely ---- */

/* Memory that is there for as long as it takes to read a word of it: a module's own, a block of malloc's in a heap. */
static bool is_there(uintptr_t object) {
    struct block block;
    if (module_at(object))
        return true;
    for (uintptr_t head = 0; head <= HEADS_MOST; head += HEAD_STEP)
        if (block_at(object - head, &block) && block.state == BLOCK_LIVE && block.size < MAPPED_LEAST)
            return true;
    return false;
}

/* Outside of the arenas that are known. The kernel is asked last: it takes longer than many a method. */
static RARE bool read_elsewhere(uintptr_t object, uintptr_t head[2]) {
    if (!is_there(object) && !arena_learn(object))
        return read_head(object, head);
    memcpy(head, (const void *)object, 2 * sizeof *head);
    return true;
}

static inline bool is_lower(uintptr_t object, uint64_t before) {
    uintptr_t head[2];
    if (!before || before >= SHARED)
        return false;
    if (LIKELY(arena_holds(object)))
        head[0] = *(const uintptr_t *)object;
    else if (!read_elsewhere(object, head))
        return false;
    return head[0] < before || head[0] > UINT32_MAX;
}

static RARE void end_of_lowered(struct method_call *call, uintptr_t result) {
    struct known known[METHOD_ARGUMENTS + 1];
    struct inquiry inquiry;
    unsigned count = 0;
    inquiry.count = 0;
    inquiry.certain = false;
    for (uint32_t i = 0; i <= METHOD_ARGUMENTS; i++) {
        bool is_self = i == METHOD_ARGUMENTS;
        uintptr_t object = is_self ? call->self : i < call->count ? call->arguments[i] : 0, head[2];
        if (!object || !is_lower(object, call->counts[i]) || !read_head(object, head))
            continue;
        known[count] = (struct known){.object = object,
                                      .type = head[1],
                                      .count = call->counts[i],
                                      .argument = is_self ? FFISAN_SUBJECT_SELF : i,
                                      .item = NO_ITEM};
        ask_about(&inquiry, &known[count++]);
    }
    ask(call, &inquiry, gives_object(call) ? result : 0);
}

static inline bool some_lower(const struct method_call *call) {
    for (uint32_t i = 0; i < call->count; i++)
        if (UNLIKELY(is_lower(call->arguments[i], call->counts[i])))
            return true;
    return call->self && is_lower(call->self, call->counts[METHOD_ARGUMENTS]);
}

static void end_watched(struct method_call *call, uintptr_t result) {
    struct known_list *list = list_of(call);
    if (!list)
        return;
    struct origin origin = origin_of(call);
    if (list->deaths && !call->cut && is_watched(call))
        look_at_dead(call, list, &origin);
    end_of_close(call, list, result);
}

static void end(struct method_call *call, uintptr_t result) {
    if (!call->closely && is_watched(call) && cpython.layout && call->method->kind != METHOD_START && some_lower(call))
        end_of_lowered(call, result);
}

/* ---- */

static const struct api_listener of_api[] = {
    {.name = NULL, .enter = heard, .leave = was_heard},
    {.name = "_Py_Dealloc", .enter = deallocates, .always = true, .counts = may_matter},
    {.name = "Py_DecRef", .enter = gives_up},
    {.name = "_Py_DecRef", .enter = gives_up},
    {.name = "PyList_GetItem", .leave = lent},
    {.name = "PyTuple_GetItem", .leave = lent},
    {.name = "PyDict_GetItem", .leave = lent},
    {.name = "PyDict_GetItemWithError", .leave = lent},
    {.name = "PyDict_GetItemString", .leave = lent},
    {.name = "_PyDict_GetItem_KnownHash", .leave = lent},
    {.name = "PyDict_SetDefault", .leave = lent},
    {.name = "PyStructSequence_GetItem", .leave = lent},
    {.name = "PyWeakref_GetObject", .leave = lent},
    {.name = "PySys_GetObject", .leave = lent},
    {.name = "PyImport_AddModule", .leave = lent},
    {.name = "PyModule_GetDict", .leave = lent},
    {.name = "PyMethod_Self", .leave = lent},
    {.name = "PyFunction_GetDefaults", .leave = lent},
    {.name = "PyList_SetItem", .enter = steals_third, .leave = stole},
    {.name = "PyTuple_SetItem", .enter = steals_third, .leave = stole},
    {.name = "PyStructSequence_SetItem", .enter = steals_third},
    {.name = "PyModule_AddObject", .enter = steals_third, .leave = stole},
    {.name = "PyModule_Add", .enter = steals_third, .leave = stole},
    {.name = "PyException_SetCause", .enter = steals_second},
    {.name = "PyException_SetContext", .enter = steals_second},
    {0},
};
static const struct method_listener of_watched = {.enter = begin, .leave = end_watched};
static const struct method_listener of_methods = {.leave = end, .always = true, .others = true};

void audit_start(void) {
    if (!rule_on(FFISAN_RULE_BORROWED_DECREF) && !rule_on(FFISAN_RULE_OVER_STEAL))
        return;
    api_listen(of_api);
    methods_listen(&of_watched);
    methods_listen(&of_methods);
}
