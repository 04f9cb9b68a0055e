/* SPDX-License-Identifier: Apache-2.0
 *
 * One call is watched at a time, on one thread: the outermost that is watched closely. What functions inside of it make is theirs. A call that
 * makes very much (a main loop in C) is given up, and others have their turn.
 */
#include "cpython/lost.h"

#include <string.h>

#include "core/crossings.h"
#include "core/findings.h"
#include "core/memory.h"
#include "core/modules.h"
#include "core/stack.h"
#include "cpython/api.h"
#include "cpython/budget.h"
#include "cpython/domains.h"
#include "cpython/grown.h"
#include "cpython/heap.h"
#include "cpython/methods.h"
#include "cpython/objects.h"
#include "cpython/repeat.h"
#include "cpython/subjects.h"
#include "cpython/unheld.h"

#define BIRTHS_MOST   2048u
#define BIRTHS_TABLE  (2u * BIRTHS_MOST)
#define NOTED_MOST    512u
#define NOTED_OF_ONE  8u         /* objects of one place that are waited for */
#define NOTED_OF_CALL 2u         /* of these, of one call: a loop is to leave room for other calls */
#define LOOKED_AT     64u        /* objects of one call */
#define COUNT_MOST    UINT32_MAX /* of references: with more it can not die, or is no object */
#define LOST_LEAST    2u         /* calls that have lost something */
#define TOLD_MOST     128u
#define NAME_ROOM     120u

/* Where an object was made, and for whom. */
struct birthplace {
    site_id site;
    uint32_t line;
    const struct method *method;
    const char *api; /* the call that gave it, whose stack it is then; NULL: none */
};

struct birth {
    uintptr_t start; /* of the block; 0: it is gone */
    struct birthplace place;
};

/* An object that outlived its call. */
struct noted {
    uintptr_t object, type; /* 0: free */
    uint64_t contents;      /* so that another one at its address is not taken for it */
    struct birthplace place;
    uint64_t call; /* that made it, by number */
    uint64_t words, count;
    bool lost; /* it was found so */
};

static struct watch {
    uint32_t owner; /* tid, atomic; 0: nobody's turn */
    const struct method_call *call;
    uint64_t number, calls;
    struct birth *births;
    uint16_t *table; /* 1 + index of a birth, by hash */
    unsigned count;
    struct noted *noted;
    struct suspect *suspects;
    struct birthplace told[TOLD_MOST];
    unsigned noted_next, told_count;
} watch;

static bool is_watching(void) {
    uint32_t owner = __atomic_load_n(&watch.owner, __ATOMIC_RELAXED);
    return UNLIKELY(owner != 0) && owner == thread_id();
}

static bool same_place(const struct birthplace *a, const struct birthplace *b) {
    return a->site == b->site && a->line == b->line && a->method == b->method && a->api == b->api;
}

/* ---- what the call makes --------------------------------------------------------------------------------------------------- */

static unsigned slot_of(uintptr_t start) {
    return (unsigned)((start >> 4) * 0x9e3779b97f4a7c15u >> 40) % BIRTHS_TABLE;
}

static struct birth *birth_at(uintptr_t start) {
    for (unsigned at = slot_of(start); watch.table[at]; at = (at + 1) % BIRTHS_TABLE)
        if (watch.births[watch.table[at] - 1].start == start)
            return &watch.births[watch.table[at] - 1];
    return NULL;
}

static void let_go(void) {
    domains_wish(DOMAIN_WISH_LEAK, false);
    watch.call = NULL;
    __atomic_store_n(&watch.owner, 0, __ATOMIC_RELEASE);
}

static struct birthplace place_of(const struct origin *origin, const char *api) {
    struct managed_place place = place_here();
    const struct method_call *call = method_innermost(origin->cfa);
    return (struct birthplace){.site = stack_site(origin, 0),
                               .line = managed_places.line && place.code ? managed_places.line(place) : 0,
                               .method = call ? call->method : NULL,
                               .api = api};
}

static void add_birth(uintptr_t start, const struct birthplace *place) {
    if (watch.count == BIRTHS_MOST) {
        let_go();
        return;
    }
    unsigned at = slot_of(start);
    while (watch.table[at])
        at = (at + 1) % BIRTHS_TABLE;
    watch.births[watch.count] = (struct birth){start, *place};
    watch.table[at] = (uint16_t)++watch.count;
}

/* What Python code makes that the extension calls is not the extension's to lose. */
static bool is_the_extensions(const struct origin *origin) {
    const struct method_call *call = method_innermost(origin->cfa);
    return call && call->method && !call->method->own;
}

static void born(const struct domain_event *event) {
    if (!is_watching() || event->domain != CPYTHON_OBJECT || !is_the_extensions(event->origin))
        return;
    struct birthplace place = place_of(event->origin, NULL);
    struct birth *before = birth_at(event->start);
    if (before)
        before->place = place;
    else
        add_birth(event->start, &place);
}

static uintptr_t dying(const struct domain_event *event) {
    struct birth *birth = is_watching() ? birth_at(event->start) : NULL;
    if (birth)
        birth->start = UINTPTR_MAX; /* its place in the table stays */
    return 0;
}

static void moved(uintptr_t from, const struct domain_event *event) {
    struct birth *birth = is_watching() && from != event->start ? birth_at(from) : NULL;
    if (!birth)
        return;
    struct birthplace place = birth->place;
    birth->start = UINTPTR_MAX;
    add_birth(event->start, &place);
}

static const struct domain_listener births = {.wish = DOMAIN_WISH_LEAK, .born = born, .moved = moved, .dying = dying};

/* What a call answers and only its caller has was made for it, be it of the memory of one that had died (a free list). */
static void answered(struct api_call *call) {
    uintptr_t object = call->result;
    if (!is_watching() || object < 4096 || object % 8 || !call->method || call->method->method->own || !object_is(object) ||
        object_count(object) != 1)
        return;
    struct birth *birth = NULL;
    for (uintptr_t offset = 0; offset <= 32 && !birth; offset += 16)
        birth = birth_at(object - offset);
    struct birthplace place = place_of(call->origin, call->name);
    if (birth)
        birth->place = place;
    else
        add_birth(object, &place);
}

static const struct api_listener answers[] = {{.leave = answered}, {0}};

const struct method_call *lost_call(void) {
    return is_watching() ? watch.call : NULL;
}

bool lost_has_made(uintptr_t object) {
    for (uintptr_t offset = 0; offset <= 32; offset += 16)
        if (birth_at(object - offset))
            return true;
    return false;
}

/* ---- what outlives it ------------------------------------------------------------------------------------------------------ */

static uintptr_t object_at(uintptr_t start) {
    for (uintptr_t offset = 0; offset <= 32; offset += 16)
        if (object_is(start + offset))
            return object_count(start + offset) > COUNT_MOST ? 0 : start + offset;
    return 0;
}

static bool is_told(const struct birthplace *place) {
    for (unsigned i = 0; i < watch.told_count; i++)
        if (same_place(&watch.told[i], place))
            return true;
    return false;
}

/* A free one; of as many of its place as are waited for, the oldest that is not known to be lost. */
static struct noted *room_for(const struct birthplace *place) {
    struct noted *oldest = NULL, *none = NULL;
    unsigned same = 0, now = 0;
    for (unsigned i = 0; i < NOTED_MOST; i++) {
        struct noted *noted = &watch.noted[i];
        if (!noted->object) {
            none = none ? none : noted;
        } else if (same_place(&noted->place, place)) {
            same++;
            now += noted->call == watch.calls;
            if (!noted->lost && (!oldest || noted->call < oldest->call))
                oldest = noted;
        }
    }
    if (now >= NOTED_OF_CALL)
        return NULL;
    return same >= NOTED_OF_ONE ? oldest : none;
}

/* Of kinds that are often made at the address of one that died: what does not change while one lives, or seldom (list). */
static uint64_t contents_of(uintptr_t object) {
    if (is_kind(object, TYPE_IS_INT))
        return word(object, INT_HEAD) ^ (uint64_t) * (const uint32_t *)(object + INT_DIGITS) << 32;
    if (is_kind(object, TYPE_IS_TUPLE))
        return tuple_size(object) ? tuple_item(object, 0) ^ tuple_size(object) << 48 : 0;
    if (is_kind(object, TYPE_IS_LIST))
        return word(object, LIST_ITEMS) ^ word(object, LIST_SIZE) << 48;
    if (is_kind(object, TYPE_IS_BYTES))
        return word(object, BYTES_DATA) ^ word(object, BYTES_SIZE) << 48;
    return is_kind(object, TYPE_IS_TEXT) ? word(object, TEXT_LENGTH) : 0;
}

/* Classes are made once and for ever; who keeps them keeps them in ways of its own (GLib's types). */
static void note(uintptr_t object, const struct birthplace *place) {
    struct noted *noted = is_told(place) || is_kind(object, TYPE_IS_TYPE) ? NULL : room_for(place);
    uintptr_t type = *(const uintptr_t *)(object + OBJECT_TYPE);
    if (noted)
        *noted =
            (struct noted){.object = object, .type = type, .contents = contents_of(object), .place = *place, .call = watch.calls};
}

static void note_survivors(void) {
    unsigned looked_at = 0;
    for (unsigned i = watch.count; i-- > 0 && looked_at < LOOKED_AT;) {
        const struct birth *birth = &watch.births[i];
        uintptr_t object = birth->start != UINTPTR_MAX ? object_at(birth->start) : 0;
        looked_at += birth->start != UINTPTR_MAX;
        if (object)
            note(object, &birth->place);
    }
}

/* ---- judgement ------------------------------------------------------------------------------------------------------------- */

static void report(const struct noted *noted) {
    struct subjects subjects = {0};
    struct finding finding = {.rule = FFISAN_RULE_REFERENCE_LEAK};
    char type[NAME_ROOM];
    object_type_name(noted->object, type, sizeof type);
    if (!type[0])
        return;
    finding.sites[FFISAN_ROLE_CREATED] = noted->place.site;
    finding.lines[FFISAN_ROLE_CREATED] = noted->place.line;
    subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_OBJECT,
                                              .role = FFISAN_ROLE_CREATED,
                                              .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                              .count = noted->count,
                                              .wanted = noted->words,
                                              .name = type});
    if (noted->place.api)
        subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_CALL,
                                                  .role = FFISAN_ROLE_CREATED,
                                                  .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                                  .name = noted->place.api});
    subjects_add_method(&subjects, FFISAN_ROLE_DETECTED, noted->place.method);
    subjects_report(&finding, &subjects, NULL);
    if (watch.told_count < TOLD_MOST)
        watch.told[watch.told_count++] = noted->place;
}

/* Of how many calls objects of that place are lost. */
static unsigned calls_that_lost(const struct birthplace *place) {
    uint64_t seen[NOTED_OF_ONE];
    unsigned count = 0;
    for (unsigned i = 0; i < NOTED_MOST && count < NOTED_OF_ONE; i++) {
        const struct noted *noted = &watch.noted[i];
        bool again = false;
        if (!noted->object || !noted->lost || !same_place(&noted->place, place))
            continue;
        for (unsigned k = 0; k < count; k++)
            again = again || seen[k] == noted->call;
        if (!again)
            seen[count++] = noted->call;
    }
    return count;
}

static void judge_some(struct noted **some, unsigned count) {
    memset(watch.suspects, 0, HEAP_SUSPECTS * sizeof *watch.suspects);
    for (unsigned i = 0; i < count; i++)
        watch.suspects[i].object = some[i]->object;
    bool done = count && unheld_count(watch.suspects, count);
    for (unsigned i = 0; i < count; i++) {
        some[i]->words = watch.suspects[i].words;
        some[i]->count = object_count(some[i]->object);
        some[i]->lost = done && some[i]->count > some[i]->words;
        if (!some[i]->lost)
            some[i]->object = 0;
    }
    memset(watch.suspects, 0, HEAP_SUSPECTS * sizeof *watch.suspects);
}

static bool is_among(struct noted *const *some, unsigned count, uintptr_t object) {
    for (unsigned i = 0; i < count; i++)
        if (some[i]->object == object)
            return true;
    return false;
}

/* False: the budget is used up. */
static bool judge_within(struct noted **some, unsigned count, bool whatever_it_costs) {
    uint64_t start = budget_clock();
    if (!whatever_it_costs && !budget_allows(UNHELD_COSTS, "references that nobody has"))
        return false;
    judge_some(some, count);
    budget_spend(budget_clock() - start);
    return true;
}

static bool is_still_there(const struct noted *noted) {
    return unheld_is_there(noted->object, noted->type) && contents_of(noted->object) == noted->contents;
}

/* Those that are there no more go first, and the second note of one object. What was lost stays noted. */
static void judge(bool whatever_it_costs) {
    struct noted *some[HEAP_SUSPECTS];
    uint64_t start = budget_clock(), spent = budget_spent();
    unsigned count = 0;
    bool allowed = true;
    for (unsigned i = 0; i < NOTED_MOST && allowed; i++) {
        struct noted *noted = &watch.noted[i];
        if (noted->lost)
            continue;
        if (!is_still_there(noted) || is_among(some, count, noted->object))
            noted->object = 0;
        else
            some[count++] = noted;
        if (count == HEAP_SUSPECTS || (count && i + 1 == NOTED_MOST)) {
            allowed = judge_within(some, count, whatever_it_costs);
            count = 0;
        }
    }
    if (count && allowed)
        judge_some(some, count);
    budget_spend(budget_clock() - start - (budget_spent() - spent)); /* to ask of each whether it is there */
}

/* What has died since had somebody after all: in a register of another thread, for instance. */
static void forget_the_dead(void) {
    for (unsigned i = 0; i < NOTED_MOST; i++)
        if (watch.noted[i].lost && !is_still_there(&watch.noted[i]))
            watch.noted[i] = (struct noted){0};
}

static void tell(void) {
    forget_the_dead();
    for (unsigned i = 0; i < NOTED_MOST; i++) {
        const struct noted *noted = &watch.noted[i];
        if (noted->object && noted->lost && !is_told(&noted->place) && calls_that_lost(&noted->place) >= LOST_LEAST)
            report(noted);
    }
}

static bool is_full(void) {
    for (unsigned i = 0; i < NOTED_MOST; i++)
        if (!watch.noted[i].object)
            return false;
    return true;
}

/* ---- moments --------------------------------------------------------------------------------------------------------------- */

static bool make_room(void) {
    if (watch.suspects)
        return true;
    watch.births = memory_map(BIRTHS_MOST * sizeof *watch.births);
    watch.table = memory_map(BIRTHS_TABLE * sizeof *watch.table);
    watch.noted = memory_map(NOTED_MOST * sizeof *watch.noted);
    struct suspect *suspects = memory_map(HEAP_SUSPECTS * sizeof *suspects);
    if (!watch.births || !watch.table || !watch.noted || !suspects)
        return false;
    watch.suspects = suspects;
    return true;
}

/* At the beginning of an outermost call nothing is held back, nor on its way. */
static void entered(struct method_call *call) {
    uint32_t nobody = 0;
    if (call->method->own || !cpython.layout || cpython_is_ending() || repeat_runs())
        return;
    if (watch.call && is_watching() && watch.call->cfa <= call->cfa) /* it was left by a jump */
        let_go();
    if (!__atomic_compare_exchange_n(&watch.owner, &nobody, thread_id(), false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    if (!make_room()) {
        __atomic_store_n(&watch.owner, 0, __ATOMIC_RELEASE);
        return;
    }
    if (!call->outer && is_full()) {
        judge(false);
        tell();
    }
    watch.call = call;
    watch.number = call->number;
    watch.calls++;
    if (watch.count)
        memset(watch.table, 0, BIRTHS_TABLE * sizeof *watch.table);
    watch.count = 0;
    domains_wish(DOMAIN_WISH_LEAK, true);
}

static void left(struct method_call *call, uintptr_t result) {
    (void)result;
    if (!is_watching() || watch.call != call || watch.number != call->number)
        return;
    note_survivors();
    let_go();
}

static const struct method_listener calls = {.enter = entered, .leave = left};

void lost_end(void) {
    uint32_t nobody = 0;
    if (!watch.suspects ||
        !__atomic_compare_exchange_n(&watch.owner, &nobody, thread_id(), false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    judge(true);
    tell();
    grown_end();
    watch.suspects = NULL; /* no more of it */
}

void lost_start(void) {
    if (!rule_on(FFISAN_RULE_REFERENCE_LEAK))
        return;
    domains_listen(&births);
    api_listen(answers);
    methods_listen(&calls);
    grown_start();
}
