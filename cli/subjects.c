/* SPDX-License-Identifier: Apache-2.0 */
#include "subjects.h"

#include <inttypes.h>
#include <string.h>

#include "pool.h"
#include "reader.h"

#define SUBJECTS_MOST 32u /* of one finding, whatever its record says */
#define HOLDERS_TOLD  4u  /* of them in a headline */

/* ---- reading --------------------------------------------------------------------------------------------------------------- */

static const char *text_of(struct pool *pool, const struct ffisan_record_subject *subject, uint32_t offset) {
    const char *text = record_subject_text(subject, offset);
    return text[0] ? pool_clean(pool, text, POOL_CLEAN_ALL) : NULL;
}

/* What programs call PyArg_ParseTuple is _PyArg_ParseTuple_SizeT to the linker (PY_SSIZE_T_CLEAN): the name that stands in the source. */
static const char *source_name(struct pool *pool, const char *name) {
    static const char suffix[] = "_SizeT";
    size_t length = name ? strlen(name) : 0, end = sizeof(suffix) - 1;
    if (length <= end || strncmp(name, "_Py", 3) != 0 || strcmp(name + length - end, suffix) != 0)
        return name;
    return pool_text(pool, "%.*s", (int)(length - end - 1), name + 1);
}

static struct subject read_one(struct pool *pool, const struct ffisan_record_subject *from) {
    return (struct subject){
        .what = (enum ffisan_subject)from->what,
        .role = (enum ffisan_role)from->role,
        .argument = from->argument,
        .died = from->flags & FFISAN_SUBJECT_DIED,
        .failed = from->flags & FFISAN_SUBJECT_FAILED,
        .count = from->count,
        .wanted = from->wanted,
        .given = from->given,
        .name = source_name(pool, text_of(pool, from, from->name)),
        .detail = text_of(pool, from, from->detail),
    };
}

void subjects_read(struct facts *facts, struct pool *pool, const struct record *record) {
    for (struct record_item item = {0}; record_item_next(record, &item);)
        if (item.subject && facts->subject_count < SUBJECTS_MOST)
            *(struct subject *)pool_append(pool, &facts->subjects, &facts->subject_count, sizeof(*facts->subjects)) =
                read_one(pool, item.subject);
}

const struct subject *subject_of(const struct finding *finding, enum ffisan_subject what) {
    for (size_t i = 0; i < finding->facts.subject_count; i++)
        if (finding->facts.subjects[i].what == what)
            return &finding->facts.subjects[i];
    return NULL;
}

const struct subject *subject_of_role(const struct finding *finding, enum ffisan_subject what, enum ffisan_role role) {
    for (size_t i = 0; i < finding->facts.subject_count; i++)
        if (finding->facts.subjects[i].what == what && finding->facts.subjects[i].role == role)
            return &finding->facts.subjects[i];
    return NULL;
}

/* ---- attribution ----------------------------------------------------------------------------------------------------------- */

bool rule_is_managed(enum ffisan_rule rule) {
    switch (rule) {
    case FFISAN_RULE_UNATTACHED_THREAD:
    case FFISAN_RULE_NO_GIL:
    case FFISAN_RULE_BORROWED_DECREF:
    case FFISAN_RULE_STORED_BORROWED:
    case FFISAN_RULE_OVER_STEAL:
    case FFISAN_RULE_REFERENCE_LEAK:
    case FFISAN_RULE_STALE_INTERIOR:
    case FFISAN_RULE_BUFFER_NOT_RELEASED:
    case FFISAN_RULE_PENDING_ERROR:
    case FFISAN_RULE_GIL_HELD_BLOCKING:
        return true;
    default:
        return false;
    }
}

/* The argument that an object was; of one that came from an argument ("item 0 of argument 1") nothing is said. */
static void name_argument(struct finding *finding) {
    const struct subject *object = subject_of(finding, FFISAN_SUBJECT_OBJECT);
    if (!object || object->argument >= FFISAN_SUBJECT_RESULT)
        return;
    finding->has_argument = true;
    finding->argument_index = object->argument;
}

/* What a call left changed, and it was a method's; one that a binding makes is known by the foreign function. */
static bool is_methods_state(const struct finding *finding) {
    return finding->rule == FFISAN_RULE_THREAD_STATE_LEAK && !finding->facts.call.function &&
           !finding_stack(finding, FFISAN_ROLE_LENT);
}

bool subjects_attribute(struct finding *finding) {
    if (!rule_is_managed(finding->rule) && !is_methods_state(finding))
        return false;
    if (strcmp(finding->runtime, "native") == 0)
        finding->runtime = "cpython";
    const struct subject *inside = subject_of(finding, FFISAN_SUBJECT_INSIDE);
    if (!inside || !inside->name)
        return false;
    finding->library = inside->detail;
    finding->function = inside->name;
    name_argument(finding);
    return true;
}

/* ---- words ----------------------------------------------------------------------------------------------------------------- */

/* "a list", "an int" */
static const char *one_of(struct pool *pool, const char *type) {
    return pool_text(pool, "%s %s", strchr("aeiouAEIOU", type[0]) ? "an" : "a", type);
}

const char *subject_function(struct pool *pool, const struct subject *inside) {
    if (!inside || !inside->name)
        return NULL;
    return strchr(inside->name, '(') ? inside->name : pool_text(pool, "%s()", inside->name);
}

/* The extension's function that is to blame. */
static const char *actor_text(struct pool *pool, const struct finding *finding) {
    const char *inside = subject_function(pool, subject_of(finding, FFISAN_SUBJECT_INSIDE));
    if (inside)
        return inside;
    if (finding->function)
        return strchr(finding->function, '(') ? finding->function : pool_text(pool, "%s()", finding->function);
    return finding->library ? finding->library : "an extension";
}

static const char *call_name(struct pool *pool, const struct subject *call) {
    return call && call->name ? pool_text(pool, "%s()", call->name) : NULL;
}

static const char *api_text(struct pool *pool, const struct finding *finding, enum ffisan_role role) {
    return call_name(pool, subject_of_role(finding, FFISAN_SUBJECT_CALL, role));
}

/* "its argument 1 (a list)", "self (a spam.Sample)", "a list (item 0 of argument 1)", "an object" */
static const char *object_text(struct pool *pool, const struct subject *object) {
    const char *type = object && object->name ? one_of(pool, object->name) : "an object";
    if (object && object->argument < FFISAN_SUBJECT_RESULT)
        return pool_text(pool, "its argument %u (%s)", object->argument + 1, type);
    if (object && object->argument == FFISAN_SUBJECT_SELF)
        return pool_text(pool, "self (%s)", type);
    return object && object->detail ? pool_text(pool, "%s (%s)", type, object->detail) : type;
}

const char *subject_holder(struct pool *pool, const struct subject *holder) {
    if (!holder->name)
        return holder->detail ? holder->detail : "something";
    const char *who = strcmp(holder->name, "C memory") == 0 ? holder->name : one_of(pool, holder->name);
    if (!holder->detail)
        return who;
    return strstr(holder->detail, " of ") ? holder->detail : pool_text(pool, "%s of %s", holder->detail, who);
}

/* "item 0 of a tuple, local variable 'x' of main()"; NULL: nobody is known. */
static const char *holders_text(struct pool *pool, const struct finding *finding) {
    const char *text = NULL;
    unsigned told = 0;
    for (size_t i = 0; i < finding->facts.subject_count && told < HOLDERS_TOLD; i++) {
        if (finding->facts.subjects[i].what != FFISAN_SUBJECT_HOLDER)
            continue;
        const char *holder = subject_holder(pool, &finding->facts.subjects[i]);
        text = text ? pool_text(pool, "%s, %s", text, holder) : holder;
        told++;
    }
    return text;
}

/* ": the list says 1, and 2 refer to it: a, b", ": it died, and a still refers to it" */
static const char *evidence_text(struct pool *pool, const struct finding *finding, const struct subject *object) {
    const char *holders = holders_text(pool, finding);
    if (object && object->died)
        return holders ? pool_text(pool, ": it died, and is still held by %s", holders) : ", and it died of that";
    if (!object || object->wanted <= object->count)
        return holders ? pool_text(pool, ": it is held by %s", holders) : "";
    return pool_text(pool, ": the %s says %" PRIu64 ", and %" PRIu64 " refer%s to it%s%s", object->name ? object->name : "object",
                     object->count, object->wanted, object->wanted == 1 ? "s" : "", holders ? ": " : "", holders ? holders : "");
}

/* ---- headlines: threads ---------------------------------------------------------------------------------------------------- */

static const char *called_text(struct pool *pool, const struct finding *finding) {
    const char *api = api_text(pool, finding, FFISAN_ROLE_DETECTED);
    if (api)
        return api;
    return finding->facts.called[0] ? pool_text(pool, "%s()", source_name(pool, finding->facts.called)) : "Python's API";
}

static bool explain_no_gil(struct finding *finding, struct pool *pool) {
    finding->message =
        pool_text(pool, "%s was called without the GIL, by %s", called_text(pool, finding), actor_text(pool, finding));
    return true;
}

static bool explain_unattached(struct finding *finding, struct pool *pool) {
    finding->message = pool_text(pool, "%s was called by %s on a thread that Python never met", called_text(pool, finding),
                                 actor_text(pool, finding));
    return true;
}

static bool explain_blocking(struct finding *finding, struct pool *pool) {
    const struct subject *state = subject_of(finding, FFISAN_SUBJECT_STATE);
    const char *foreign = api_text(pool, finding, FFISAN_ROLE_DETECTED);
    const char *who = foreign ? foreign : actor_text(pool, finding);
    finding->message = state ? pool_text(pool, "%s kept the GIL for %" PRIu64 " ms", who, state->given)
                             : pool_text(pool, "%s kept the GIL for long", who);
    return true;
}

/* ---- headlines: references ------------------------------------------------------------------------------------------------- */

static bool explain_borrowed(struct finding *finding, struct pool *pool) {
    const struct subject *object = subject_of(finding, FFISAN_SUBJECT_OBJECT);
    const char *lender = api_text(pool, finding, FFISAN_ROLE_LENT), *actor = actor_text(pool, finding);
    const char *from = lender ? pool_text(pool, ", from %s,", lender) : "";
    const char *evidence = evidence_text(pool, finding, object);
    bool result = object && object->argument == FFISAN_SUBJECT_RESULT;
    finding->message =
        result ? pool_text(pool, "%s returned %s%s that it did not own%s", actor, object_text(pool, object), from, evidence)
               : pool_text(pool, "%s gave up a reference to %s%s that it did not own%s", actor, object_text(pool, object), from,
                           evidence);
    if (result)
        finding->fix =
            pool_text(pool, "Py_INCREF what %s is about to return, or Py_NewRef it: the caller will give it up.", actor);
    else if (lender)
        finding->fix =
            pool_text(pool, "Do not DECREF what %s returns: it is borrowed. INCREF it first where it must last.", lender);
    else if (object && object->argument < FFISAN_SUBJECT_RESULT)
        finding->fix = "Do not DECREF an argument: it belongs to the caller. INCREF it before it is given to what steals a "
                       "reference.";
    return true;
}

static bool explain_over_steal(struct finding *finding, struct pool *pool) {
    const struct subject *object = subject_of(finding, FFISAN_SUBJECT_OBJECT);
    const struct subject *thief = subject_of(finding, FFISAN_SUBJECT_CALL);
    const char *name = call_name(pool, thief);
    finding->message = pool_text(pool, "%s gave away one reference to %s twice, once to %s%s%s", actor_text(pool, finding),
                                 object_text(pool, object), name ? name : "a function that takes it over",
                                 thief && thief->failed ? ", which had failed and taken it all the same" : "",
                                 evidence_text(pool, finding, object));
    if (name)
        finding->fix = pool_text(pool,
                                 "%s takes the reference over%s: Py_INCREF the object before it if it is still needed, and do "
                                 "not DECREF it afterwards.",
                                 name, thief->failed ? ", also when it fails" : "");
    return true;
}

static bool explain_stored(struct finding *finding, struct pool *pool) {
    const struct subject *object = subject_of(finding, FFISAN_SUBJECT_OBJECT);
    const char *lender = api_text(pool, finding, FFISAN_ROLE_LENT), *holders = holders_text(pool, finding);
    finding->message =
        pool_text(pool, "%s kept a borrowed reference to %s%s in %s; the object has died since", actor_text(pool, finding),
                  object_text(pool, object), lender ? pool_text(pool, ", from %s,", lender) : "", holders ? holders : "C memory");
    return true;
}

static bool explain_leaked(struct finding *finding, struct pool *pool) {
    const struct subject *object = subject_of(finding, FFISAN_SUBJECT_OBJECT);
    const char *maker = api_text(pool, finding, FFISAN_ROLE_CREATED);
    uint64_t calls = object ? object->given : 0;
    finding->message = pool_text(pool, "%s left a reference to %s%s that nobody has%s", actor_text(pool, finding),
                                 object_text(pool, object), maker ? pool_text(pool, ", from %s,", maker) : "",
                                 calls > 1 ? pool_text(pool, ", in each of %" PRIu64 " calls", calls) : "");
    if (maker)
        finding->fix =
            pool_text(pool, "Py_DECREF what %s returns when it is no longer needed, on every path out of the function.", maker);
    return true;
}

static bool explain_stale(struct finding *finding, struct pool *pool) {
    const struct subject *object = subject_of(finding, FFISAN_SUBJECT_OBJECT);
    const char *giver = api_text(pool, finding, FFISAN_ROLE_LENT), *user = api_text(pool, finding, FFISAN_ROLE_DETECTED);
    const char *type = object && object->name ? one_of(pool, object->name) : "an object";
    finding->message =
        pool_text(pool, "%s used the inside of %s%s after the object had died%s", actor_text(pool, finding), type,
                  giver ? pool_text(pool, ", from %s,", giver) : "", user ? pool_text(pool, ": it was handed to %s", user) : "");
    return true;
}

static bool explain_buffer(struct finding *finding, struct pool *pool) {
    const struct subject *object = subject_of(finding, FFISAN_SUBJECT_OBJECT);
    const char *taker = api_text(pool, finding, FFISAN_ROLE_CREATED);
    finding->message = pool_text(pool, "%s took the buffer of %s%s and never gave it back", actor_text(pool, finding),
                                 object_text(pool, object), taker ? pool_text(pool, " with %s", taker) : "");
    if (taker)
        finding->fix =
            pool_text(pool, "Call PyBuffer_Release on every path after %s has succeeded, error paths included.", taker);
    return true;
}

/* ---- headlines: exceptions and state --------------------------------------------------------------------------------------- */

/* "a ValueError (bad size)" */
static const char *exception_text(struct pool *pool, const struct subject *exception) {
    if (!exception || !exception->name)
        return "an exception";
    const char *type = one_of(pool, exception->name);
    return exception->detail ? pool_text(pool, "%s (%s)", type, exception->detail) : type;
}

static bool explain_pending(struct finding *finding, struct pool *pool) {
    const struct subject *exception = subject_of(finding, FFISAN_SUBJECT_EXCEPTION);
    const char *call = api_text(pool, finding, FFISAN_ROLE_DETECTED), *source = api_text(pool, finding, FFISAN_ROLE_CREATED);
    const char *actor = actor_text(pool, finding), *what = exception_text(pool, exception);
    const char *left = source ? pool_text(pool, ", which %s had left", source) : "";
    if (call)
        finding->message = pool_text(pool, "%s called %s with %s set%s", actor, call, what, left);
    else if (exception)
        finding->message = pool_text(pool, "%s returned success with %s set%s", actor, what, left);
    else
        finding->message = pool_text(pool, "%s returned failure without an exception", actor);
    if (source)
        finding->fix =
            pool_text(pool, "Check what %s returns: pass its failure on (return NULL or -1), or call PyErr_Clear().", source);
    else if (!exception)
        finding->fix = "Set an exception before NULL or -1 is returned (PyErr_SetString), or return a result.";
    return true;
}

/* Without a value: floating point, structs. */
static const char *given_text(struct pool *pool, const struct subject *result) {
    if (!result || !result->name)
        return "was given a value that nobody chose instead of a result";
    if (strcmp(result->name, "nothing") == 0)
        return "goes on as if nothing had happened";
    if (strcmp(result->name, "error value") == 0)
        return "was given the value of error= instead of a result (0, where none is set)";
    return pool_text(pool, "was given %" PRId64 "%s instead of a result", (int64_t)result->given,
                     result->detail ? pool_text(pool, " (%s)", result->detail) : "");
}

static bool explain_swallowed(struct finding *finding, struct pool *pool) {
    const struct subject *result = subject_of(finding, FFISAN_SUBJECT_STATE);
    const char *exception = exception_text(pool, subject_of(finding, FFISAN_SUBJECT_EXCEPTION));
    const char *callback = finding->facts.callback ? pool_text(pool, "%s()", finding->facts.callback) : "a callback";
    const char *caller = callback_caller_name(pool, finding);
    const char *given = given_text(pool, result);
    finding->message = pool_text(pool, "%s ended %s; %s %s", exception, callback, caller ? caller : "C", given);
    return true;
}

static bool explain_state(struct finding *finding, struct pool *pool) {
    const struct subject *state = subject_of(finding, FFISAN_SUBJECT_STATE);
    if (!state || !state->name)
        return false;
    if (strcmp(state->name, "thread state") == 0) {
        finding->message = "a thread ended that was still attached to Python";
        finding->fix = "Call PyGILState_Release for each PyGILState_Ensure before the thread ends.";
        return true;
    }
    finding->message = pool_text(
        pool, "%s left the %s changed: %s",
        finding->facts.call.function ? pool_text(pool, "%s()", finding->facts.call.function) : actor_text(pool, finding),
        state->name,
        state->detail ? state->detail
                      : pool_text(pool, "0x%" PRIx64 " before, 0x%" PRIx64 " after", state->wanted, state->given));
    return true;
}

/* ---- the table ------------------------------------------------------------------------------------------------------------- */

static bool (*const explain[FFISAN_RULES])(struct finding *, struct pool *) = {
    [FFISAN_RULE_NO_GIL] = explain_no_gil,
    [FFISAN_RULE_UNATTACHED_THREAD] = explain_unattached,
    [FFISAN_RULE_BORROWED_DECREF] = explain_borrowed,
    [FFISAN_RULE_STORED_BORROWED] = explain_stored,
    [FFISAN_RULE_OVER_STEAL] = explain_over_steal,
    [FFISAN_RULE_REFERENCE_LEAK] = explain_leaked,
    [FFISAN_RULE_STALE_INTERIOR] = explain_stale,
    [FFISAN_RULE_BUFFER_NOT_RELEASED] = explain_buffer,
    [FFISAN_RULE_PENDING_ERROR] = explain_pending,
    [FFISAN_RULE_EXCEPTION_IN_CALLBACK] = explain_swallowed,
    [FFISAN_RULE_GIL_HELD_BLOCKING] = explain_blocking,
    [FFISAN_RULE_THREAD_STATE_LEAK] = explain_state,
};

/* ---- what stays after each call -------------------------------------------------------------------------------------------- */

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

/* "200 objects (list), from PyList_New()", "200 references to a str", "200 blocks" */
static const char *stays_text(struct pool *pool, const struct finding *finding, const struct subject *repeat) {
    const struct subject *object = subject_of(finding, FFISAN_SUBJECT_OBJECT);
    const char *maker = api_text(pool, finding, FFISAN_ROLE_CREATED), *s = plural(repeat->given);
    const char *from = maker ? pool_text(pool, ", from %s,", maker) : "";
    if (strcmp(repeat->name, "references") == 0)
        return pool_text(pool, "%" PRIu64 " reference%s to %s%s", repeat->given, s, object_text(pool, object), from);
    if (object && object->name)
        return pool_text(pool, "%" PRIu64 " object%s of type %s%s", repeat->given, s, object->name, from);
    return pool_text(pool, "%" PRIu64 " block%s of memory%s", repeat->given, s, from);
}

static const char *reached_text(const struct finding *finding, const struct subject *repeat) {
    const struct subject *object = subject_of(finding, FFISAN_SUBJECT_OBJECT);
    if (strcmp(repeat->name, "references") == 0 || (object && object->count > object->wanted))
        return "; nobody has the reference";
    if (strcmp(repeat->name, "lost") == 0)
        return "; no live pointer leads to them";
    return object || strcmp(repeat->name, "held") == 0 ? "; something still leads to them" : "";
}

static bool explain_repeated(struct finding *finding, struct pool *pool, const struct subject *repeat) {
    const char *inside = subject_function(pool, subject_of(finding, FFISAN_SUBJECT_INSIDE));
    const char *maker = api_text(pool, finding, FFISAN_ROLE_CREATED);
    finding->message = pool_text(pool, "%" PRIu64 " calls left %s behind%s%s%s", repeat->count, stays_text(pool, finding, repeat),
                                 inside ? ", in " : "", inside ? inside : "", reached_text(finding, repeat));
    if (maker)
        finding->fix =
            pool_text(pool, "Py_DECREF what %s returns when it is no longer needed, on every path out of the function.", maker);
    return true;
}

bool subjects_explain(struct finding *finding, struct pool *pool) {
    const struct subject *repeat = subject_of(finding, FFISAN_SUBJECT_REPEAT);
    if (repeat && repeat->name)
        return explain_repeated(finding, pool, repeat);
    return explain[finding->rule] && explain[finding->rule](finding, pool);
}
