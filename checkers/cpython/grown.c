/* SPDX-License-Identifier: Apache-2.0
 *
 * What a call hands on to another function of an extension is looked at there, too: the function that has kept the reference is named, and not
 * the one around it.
 */
#include "cpython/grown.h"

#include <string.h>

#include "core/findings.h"
#include "core/memory.h"
#include "core/modules.h"
#include "core/stack.h"
#include "cpython/api.h"
#include "cpython/budget.h"
#include "cpython/lost.h"
#include "cpython/methods.h"
#include "cpython/objects.h"
#include "cpython/subjects.h"
#include "cpython/unheld.h"

#define GIVEN_MOST   128u  /* objects of one call */
#define NOTED_MOST   256u  /* that are waited for */
#define NOTED_OF_ONE 8u    /* of one function and giver */
#define SHARED       1000u /* more references: it is everybody's */
#define LOST_LEAST   2u    /* calls */
#define LOST_MANY    16u   /* references to one object: more than threads are ended with while they wait for the GIL */
#define TOLD_MOST    64u
#define NAME_ROOM    120u

/* Who gave the object to whom. */
struct giver {
    const struct method *method;
    const char *api;   /* NULL: it was an argument */
    uintptr_t ra;      /* of that call */
    uint32_t argument; /* or FFISAN_SUBJECT_NO_ARGUMENT */
    uint32_t line;
    site_id site;
};

/* In the call that is being watched. */
struct given {
    uintptr_t object, type;
    uint64_t before; /* references that others had */
    bool claimed;    /* a function inside of the call has kept one */
    struct giver giver;
};

/* One that has grown. */
struct grown {
    uintptr_t object, type; /* 0: free */
    uint64_t doubt;         /* references that may have been nobody's before */
    uint64_t sum;           /* by how much it has grown in all calls */
    uint64_t calls, stamp;  /* of this giver; the last one's number */
    uint64_t count, words;
    bool lost;
    struct giver giver;
};

static struct ledger {
    struct given *given;
    struct grown *noted;
    struct suspect *suspects;
    struct giver told[TOLD_MOST];
    unsigned given_count, told_count;
    const struct method_call *call;
    uint64_t stamp;
} ledger;

static bool is_same(const struct giver *a, const struct giver *b) {
    return a->method == b->method && a->api == b->api && a->ra == b->ra && a->argument == b->argument;
}

/* ---- what a call is given -------------------------------------------------------------------------------------------------- */

static struct given *given_at(uintptr_t object) {
    for (unsigned i = 0; i < ledger.given_count; i++)
        if (ledger.given[i].object == object)
            return &ledger.given[i];
    return NULL;
}

/* Types are everybody's. Text is often kept on purpose by its inside (PyUnicode_AsUTF8): no word leads to the object then. */
static bool is_left_alone(uintptr_t object) {
    return is_kind(object, TYPE_IS_TYPE | TYPE_IS_TEXT | TYPE_IS_BYTES);
}

static void give(uintptr_t object, uint64_t before, const struct giver *giver) {
    if (ledger.given_count < GIVEN_MOST && before && before < SHARED && !is_left_alone(object))
        ledger.given[ledger.given_count++] =
            (struct given){.object = object, .type = type_of(object), .before = before, .giver = *giver};
}

static uint32_t line_here(void) {
    struct managed_place place = place_here();
    return managed_places.line && place.code ? managed_places.line(place) : 0;
}

/* The site and the line are found when they are needed. */
static void give_arguments(const struct method_call *call) {
    struct giver giver = {.method = call->method};
    for (uint32_t i = 0; i < call->count; i++) {
        giver.argument = i;
        if (!given_at(call->arguments[i]))
            give(call->arguments[i], call->counts[i], &giver);
    }
    giver.argument = FFISAN_SUBJECT_SELF;
    if (call->self && !given_at(call->self) && object_is(call->self))
        give(call->self, call->counts[METHOD_ARGUMENTS], &giver);
}

static bool is_watched(void) {
    return ledger.call && ledger.call == lost_call();
}

/* A new reference to what was there. */
static void gave_object(const struct api_call *call, uintptr_t object) {
    if (object < 4096 || object % 8 || !object_is(object) || object_count(object) < 2 || object_count(object) >= SHARED)
        return;
    struct giver giver = {.method = call->method->method,
                          .api = call->name,
                          .ra = call->origin->ra,
                          .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                          .line = line_here(),
                          .site = stack_site(call->origin, 0)};
    struct given *given = given_at(object);
    if (given && given->type == type_of(object))
        given->giver = giver;
    else if (!given)
        give(object, object_count(object) - 1, &giver);
}

static bool is_asked(const struct api_call *call) {
    return is_watched() && call->method && !call->method->method->own;
}

static void gave(struct api_call *call) {
    if (is_asked(call))
        gave_object(call, call->result);
}

static void gave_through(struct api_call *call, unsigned argument) {
    if (is_asked(call) && (int)call->result == 1)
        gave_object(call, *(const uintptr_t *)call->arguments[argument]);
}

static void gave_through_second(struct api_call *call) {
    gave_through(call, 1);
}

static void gave_through_third(struct api_call *call) {
    gave_through(call, 2);
}

/* ---- what has grown -------------------------------------------------------------------------------------------------------- */

static bool is_told(const struct giver *giver) {
    for (unsigned i = 0; i < ledger.told_count; i++)
        if (is_same(&ledger.told[i], giver))
            return true;
    return false;
}

/* The object's own; a free one; of as many of its giver as are waited for the oldest. */
static struct grown *room_for(const struct given *given) {
    struct grown *oldest = NULL, *none = NULL;
    unsigned same = 0;
    for (unsigned i = 0; i < NOTED_MOST; i++) {
        struct grown *noted = &ledger.noted[i];
        if (noted->object == given->object)
            return noted;
        if (!noted->object) {
            none = none ? none : noted;
        } else if (is_same(&noted->giver, &given->giver)) {
            same++;
            if (!noted->lost && (!oldest || noted->stamp < oldest->stamp))
                oldest = noted;
        }
    }
    return same >= NOTED_OF_ONE ? oldest : none;
}

/* Of the references that it had before, those that nobody was seen to have: the callers' variables, and what they pass, did not change. */
static uint64_t doubtful(const struct given *given) {
    struct suspect *suspect = ledger.suspects;
    *suspect = (struct suspect){.object = given->object};
    uint64_t had = holders_of_frames(suspect, 1, ledger.call) ? suspect->holders : 0;
    const struct method_call *call = ledger.call;
    for (uint32_t i = 0; call->tuple && word(call->tuple - 16, 0) && i < call->count; i++)
        had += call->arguments[i] == given->object; /* a tuple that the collector knows was not looked into */
    *suspect = (struct suspect){0};
    had = had ? had : 1;
    return given->before > had ? given->before - had : 0;
}

/* As it is remembered, if it can be the same object: all that it has grown by is still there. */
static void note(const struct given *given, uint64_t growth) {
    struct grown *noted = is_told(&given->giver) ? NULL : room_for(given);
    if (!noted)
        return;
    if (noted->object != given->object || noted->type != given->type || noted->lost || given->before <= noted->sum)
        *noted = (struct grown){.object = given->object, .type = given->type, .giver = given->giver, .doubt = doubtful(given)};
    noted->sum += growth;
    noted->calls += is_same(&noted->giver, &given->giver);
    noted->stamp = ledger.stamp;
}

static bool can_be_lost(const struct given *given) {
    return object_is(given->object) && type_of(given->object) == given->type && object_count(given->object) < SHARED &&
           !module_at(given->object) && !lost_has_made(given->object);
}

static void note_growth(uintptr_t result) {
    for (unsigned i = 0; i < ledger.given_count; i++) {
        const struct given *given = &ledger.given[i];
        if (!can_be_lost(given))
            continue;
        uint64_t now = object_count(given->object) - (given->object == result);
        if (now > given->before)
            note(given, now - given->before);
    }
}

/* ---- judgement ------------------------------------------------------------------------------------------------------------- */

/* How many references nobody has, and had before neither: all that were added, but for a few that a word may be left over of. */
static uint64_t lost_of(const struct grown *noted) {
    uint64_t unheld = noted->count > noted->words ? noted->count - noted->words : 0;
    uint64_t lost = unheld > noted->doubt ? unheld - noted->doubt : 0;
    return lost >= noted->sum - noted->sum / 4 ? lost : 0;
}

static uint64_t calls_that_lost(const struct giver *giver) {
    uint64_t calls = 0;
    for (unsigned i = 0; i < NOTED_MOST; i++) {
        const struct grown *noted = &ledger.noted[i];
        if (noted->object && noted->lost && is_same(&noted->giver, giver))
            calls += noted->calls < lost_of(noted) ? noted->calls : lost_of(noted);
    }
    return calls;
}

static void report(const struct grown *noted) {
    struct subjects subjects = {0};
    struct finding finding = {.rule = FFISAN_RULE_REFERENCE_LEAK};
    const struct giver *giver = &noted->giver;
    char type[NAME_ROOM];
    object_type_name(noted->object, type, sizeof type);
    if (!type[0])
        return;
    finding.sites[FFISAN_ROLE_CREATED] = giver->site;
    finding.lines[FFISAN_ROLE_CREATED] = giver->line;
    subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_OBJECT,
                                              .role = FFISAN_ROLE_CREATED,
                                              .argument = giver->argument,
                                              .count = noted->count,
                                              .wanted = noted->words,
                                              .name = type});
    if (giver->api)
        subjects_add(&subjects, &(struct subject){.what = FFISAN_SUBJECT_CALL,
                                                  .role = FFISAN_ROLE_CREATED,
                                                  .argument = FFISAN_SUBJECT_NO_ARGUMENT,
                                                  .name = giver->api});
    subjects_add_method(&subjects, FFISAN_ROLE_DETECTED, giver->method);
    subjects_report(&finding, &subjects, NULL);
    if (ledger.told_count < TOLD_MOST)
        ledger.told[ledger.told_count++] = *giver;
}

/* When the interpreter ends it ends threads that wait for the GIL, and what they were handed is nobody's then. */
static bool is_lost(const struct grown *noted) {
    uint64_t least = words_alone() || !cpython_is_ending() ? 1 : LOST_MANY;
    return lost_of(noted) >= least;
}

static void judge_some(struct grown **some, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        ledger.suspects[i] = (struct suspect){.object = some[i]->object};
    bool done = unheld_count(ledger.suspects, count);
    for (unsigned i = 0; i < count; i++) {
        some[i]->words = ledger.suspects[i].words;
        some[i]->count = object_count(some[i]->object);
        some[i]->lost = done && is_lost(some[i]);
        if (!some[i]->lost)
            some[i]->object = 0;
    }
    memset(ledger.suspects, 0, count * sizeof *ledger.suspects);
}

/* The next ones that are not known to be lost, from `*at` on; those that are there no more go. */
static unsigned choose(struct grown **some, unsigned *at) {
    unsigned count = 0;
    for (; *at < NOTED_MOST && count < HEAP_SUSPECTS; ++*at) {
        struct grown *noted = &ledger.noted[*at];
        if (noted->lost)
            continue;
        if (!unheld_is_there(noted->object, noted->type))
            noted->object = 0;
        else
            some[count++] = noted;
    }
    return count;
}

static void judge(bool whatever_it_costs) {
    struct grown *some[HEAP_SUSPECTS];
    unsigned at = 0, count;
    while ((count = choose(some, &at)) != 0) {
        uint64_t start = budget_clock();
        if (!whatever_it_costs && !budget_allows(UNHELD_COSTS, "references that nobody has"))
            return;
        judge_some(some, count);
        budget_spend(budget_clock() - start);
    }
}

/* What was lost and has died since had somebody after all. */
static void forget_the_dead(void) {
    for (unsigned i = 0; i < NOTED_MOST; i++)
        if (ledger.noted[i].lost && !unheld_is_there(ledger.noted[i].object, ledger.noted[i].type))
            ledger.noted[i] = (struct grown){0};
}

static void tell(void) {
    forget_the_dead();
    for (unsigned i = 0; i < NOTED_MOST; i++) {
        const struct grown *noted = &ledger.noted[i];
        if (noted->object && noted->lost && !is_told(&noted->giver) && calls_that_lost(&noted->giver) >= LOST_LEAST)
            report(noted);
    }
}

/* ---- moments --------------------------------------------------------------------------------------------------------------- */

static bool is_full(void) {
    for (unsigned i = 0; i < NOTED_MOST; i++)
        if (!ledger.noted[i].object)
            return false;
    return true;
}

static bool make_room(void) {
    if (ledger.suspects)
        return true;
    ledger.given = memory_map(GIVEN_MOST * sizeof *ledger.given);
    ledger.noted = memory_map(NOTED_MOST * sizeof *ledger.noted);
    struct suspect *suspects = memory_map(HEAP_SUSPECTS * sizeof *suspects);
    if (!ledger.given || !ledger.noted || !suspects)
        return false;
    ledger.suspects = suspects;
    return true;
}

static void begin(const struct method_call *call) {
    ledger.call = NULL;
    if (!make_room())
        return;
    if (!call->outer && is_full()) {
        judge(false);
        tell();
    }
    ledger.call = call;
    ledger.given_count = 0;
    ledger.stamp++;
}

static bool has_arguments(const struct method_call *call) {
    return !call->method->own && call->method->kind != METHOD_START && call->method->kind != METHOD_SLOT_NOTHING;
}

static void entered(struct method_call *call) {
    if (!lost_call() || !has_arguments(call))
        return;
    if (lost_call() == call)
        begin(call);
    if (is_watched())
        give_arguments(call);
}

/* Where the call was made from, for what was its argument. */
static void name_place(struct given *given, const struct method_call *call) {
    struct origin origin = method_origin(call);
    given->giver.site = stack_site(&origin, 0);
    given->giver.line = line_here();
}

/* An argument that has grown here is this function's affair, though the one around it had it first. */
static void claim(const struct method_call *call, uintptr_t result) {
    for (uint32_t i = 0; i < call->count; i++) {
        uintptr_t object = call->arguments[i];
        struct given *given = given_at(object);
        if (!given || given->claimed || !object_is(object) || object_count(object) - (object == result) <= call->counts[i])
            continue;
        if (!given->giver.api || given->giver.method != call->method)
            given->giver = (struct giver){.method = call->method, .argument = i};
        if (!given->giver.api)
            name_place(given, call);
        given->claimed = !given->giver.api;
    }
}

static void claim_self(const struct method_call *call, uintptr_t result) {
    struct given *given = call->self ? given_at(call->self) : NULL;
    if (given && !given->giver.api && given->giver.method == call->method && object_is(call->self) &&
        object_count(call->self) - (call->self == result) > call->counts[METHOD_ARGUMENTS])
        name_place(given, call);
}

static void left(struct method_call *call, uintptr_t result) {
    if (!is_watched() || !has_arguments(call))
        return;
    claim(call, result);
    claim_self(call, result);
    if (ledger.call != call)
        return;
    note_growth(result);
    ledger.call = NULL;
}

static const struct method_listener calls = {.enter = entered, .leave = left};

/* What gives new references, and may give them to what was there. */
static const struct api_listener givers[] = {
    {.name = "PyObject_GetAttr", .leave = gave},
    {.name = "PyObject_GetAttrString", .leave = gave},
    {.name = "PyObject_GenericGetAttr", .leave = gave},
    {.name = "_PyObject_GenericGetAttrWithDict", .leave = gave},
    {.name = "_PyObject_GetAttrId", .leave = gave},
    {.name = "_PyObject_LookupAttr", .leave = gave_through_third},
    {.name = "PyObject_GetOptionalAttr", .leave = gave_through_third},
    {.name = "PyObject_GetOptionalAttrString", .leave = gave_through_third},
    {.name = "PyObject_GetItem", .leave = gave},
    {.name = "PySequence_GetItem", .leave = gave},
    {.name = "PySequence_Fast", .leave = gave},
    {.name = "PySequence_Tuple", .leave = gave},
    {.name = "PyMapping_GetItemString", .leave = gave},
    {.name = "PyMapping_GetOptionalItem", .leave = gave_through_third},
    {.name = "PyMapping_GetOptionalItemString", .leave = gave_through_third},
    {.name = "PyDict_GetItemRef", .leave = gave_through_third},
    {.name = "PyDict_GetItemStringRef", .leave = gave_through_third},
    {.name = "PyDict_SetDefaultRef", .leave = gave_through_third},
    {.name = "PyList_GetItemRef", .leave = gave},
    {.name = "PyWeakref_GetRef", .leave = gave_through_second},
    {.name = "PyObject_GetIter", .leave = gave},
    {.name = "PyIter_Next", .leave = gave},
    {.name = "PyImport_Import", .leave = gave},
    {.name = "PyImport_ImportModule", .leave = gave},
    {.name = "PyImport_ImportModuleLevel", .leave = gave},
    {.name = "PyImport_ImportModuleLevelObject", .leave = gave},
    {.name = "PyImport_GetModule", .leave = gave},
    {.name = "PyImport_AddModuleRef", .leave = gave},
    {.name = "PyObject_Call", .leave = gave},
    {.name = "PyObject_CallNoArgs", .leave = gave},
    {.name = "PyObject_CallOneArg", .leave = gave},
    {.name = "PyObject_CallObject", .leave = gave},
    {.name = "PyObject_CallFunction", .leave = gave},
    {.name = "_PyObject_CallFunction_SizeT", .leave = gave},
    {.name = "PyObject_CallFunctionObjArgs", .leave = gave},
    {.name = "PyObject_CallMethod", .leave = gave},
    {.name = "_PyObject_CallMethod_SizeT", .leave = gave},
    {.name = "PyObject_CallMethodObjArgs", .leave = gave},
    {.name = "PyObject_Vectorcall", .leave = gave},
    {.name = "_PyObject_Vectorcall", .leave = gave},
    {.name = "_PyObject_MakeTpCall", .leave = gave},
    {.name = "PyObject_VectorcallDict", .leave = gave},
    {.name = "PyObject_VectorcallMethod", .leave = gave},
    {.name = "PyVectorcall_Call", .leave = gave},
    {.name = "PyObject_Str", .leave = gave},
    {.name = "PyObject_Repr", .leave = gave},
    {.name = "PyObject_Bytes", .leave = gave},
    {.name = "PyObject_Type", .leave = gave},
    {.name = "PyNumber_Index", .leave = gave},
    {.name = "PyNumber_Long", .leave = gave},
    {.name = "PyNumber_Float", .leave = gave},
    {.name = "PyNumber_InPlaceAdd", .leave = gave},
    {.name = "PySequence_InPlaceConcat", .leave = gave},
    {.name = "PyUnicode_FromObject", .leave = gave},
    {.name = "PyBytes_FromObject", .leave = gave},
    {.name = "Py_BuildValue", .leave = gave},
    {.name = "_Py_BuildValue_SizeT", .leave = gave},
    {.name = "Py_NewRef", .leave = gave},
    {0},
};

void grown_start(void) {
    api_listen(givers);
    methods_listen(&calls);
}

void grown_end(void) {
    if (!ledger.suspects)
        return;
    ledger.call = NULL;
    judge(true);
    tell();
    ledger.suspects = NULL; /* no more of it */
}
