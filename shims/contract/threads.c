/* SPDX-License-Identifier: Apache-2.0
 *
 * SERIAL: each handle has a place, by a hash of its value, that says which thread is inside with it. Who finds another thread
 * there looks for that one's open call before it says anything: a call that was left by an exception, or a fork, leaves its
 * place as it was. Of two handles with one place the later one is seen. A process with one thread notes it too: a callback may
 * start a second one.
 */
#include "contract/threads.h"

#include "contract/book.h"
#include "contract/remains.h"
#include "contract/roles.h"
#include "core/modules.h"

#define PLACE_BITS 10

static struct inside_place {
    uint64_t value;
    uintptr_t cfa; /* of the call */
    const struct registered *by;
    const struct ffisan_contract_term *term;
    struct moment moment;
    uint32_t tid; /* 0: nobody is */
} places[1u << PLACE_BITS];

static struct inside_place *place_of(uint64_t value) {
    return &places[value * 0x9e3779b97f4a7c15u >> (64 - PLACE_BITS)];
}

/* ---- serial ---------------------------------------------------------------------------------------------------------------- */

struct search {
    uint64_t value;
    struct inside_place there; /* as it was read */
    bool found;
};

static bool is_there(const struct registered_call *call, void *search_) {
    struct search *search = search_;
    uint64_t value;
    const struct ffisan_contract_term *term = search->there.term;
    /* The place may have been read in the middle of a change. */
    bool whole = call->registered == search->there.by && term >= call->registered->terms &&
                 term < call->registered->terms + call->registered->function->count;
    search->found = whole && call->tid == search->there.tid && !call->returned && call->origin.cfa == search->there.cfa &&
                    term_owner(call, term, &value) && value == search->value;
    return !search->found;
}

static struct contract_part part_here(const struct registered_call *call, const struct ffisan_contract_term *term) {
    return (struct contract_part){.role = FFISAN_ROLE_DETECTED,
                                  .registered = call->registered,
                                  .term = term,
                                  .argument = term->owner < REGISTERED_ARGUMENTS ? term->owner : term->place,
                                  .given = call->tid};
}

static void tell_creation(struct finding *finding, struct contract_part *part, const struct deed *made) {
    moment_tell(finding, FFISAN_ROLE_CREATED, made->moment);
    *part = (struct contract_part){.role = FFISAN_ROLE_CREATED,
                                   .registered = made->by,
                                   .term = made->term,
                                   .argument = made->term ? made->term->place : FFISAN_TERM_FUNCTION,
                                   .generation = made->generation,
                                   .given = made->tid};
}

static RARE void complain_of_two(const struct registered_call *call, const struct ffisan_contract_term *term,
                                 const struct inside_place *other) {
    struct finding finding = {.rule = FFISAN_RULE_CONCURRENT_USE, .origin = &call->origin, .address = other->value};
    struct contract_part parts[] = {part_here(call, term),
                                    {.role = FFISAN_ROLE_LAST_USED,
                                     .registered = other->by,
                                     .term = other->term,
                                     .argument = other->term->owner,
                                     .given = other->tid}};
    parts[0].wanted = other->tid;
    moment_tell(&finding, FFISAN_ROLE_LAST_USED, other->moment);
    contract_report(&finding, parts, 2);
}

/* The place has not changed while the other's call was looked for: it is still in there, or just about to leave. */
static RARE void meet_other(const struct registered_call *call, const struct ffisan_contract_term *term,
                            const struct inside_place *place, uint64_t value) {
    struct search search = {.value = value, .there = *place};
    if (search.there.value != value || !search.there.by || !search.there.tid)
        return;
    registered_open_everywhere(is_there, &search);
    if (search.found && __atomic_load_n(&place->tid, __ATOMIC_ACQUIRE) == search.there.tid && place->cfa == search.there.cfa)
        complain_of_two(call, term, &search.there);
}

static void take_place(struct inside_place *place, const struct registered_call *call, const struct ffisan_contract_term *term,
                       uint64_t value) {
    __atomic_store_n(&place->tid, 0, __ATOMIC_RELEASE);
    place->value = value;
    place->cfa = call->origin.cfa;
    place->by = call->registered;
    place->term = term;
    place->moment = moment_here(&call->origin, 0);
    __atomic_store_n(&place->tid, call->tid, __ATOMIC_RELEASE);
}

void thread_serial(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    if (!value)
        return;
    struct inside_place *place = place_of(value);
    uint32_t tid = __atomic_load_n(&place->tid, __ATOMIC_ACQUIRE);
    if (UNLIKELY(tid && tid != call->tid && place->value == value))
        meet_other(call, term, place, value);
    bool outer = tid == call->tid && place->value == value && place->cfa > call->origin.cfa;
    if (!outer)
        take_place(place, call, term, value);
}

void thread_serial_left(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    struct inside_place *place = place_of(value);
    (void)term;
    if (place->tid == call->tid && place->value == value && place->cfa == call->origin.cfa)
        __atomic_store_n(&place->tid, 0, __ATOMIC_RELEASE);
}

/* ---- the thread that made it ----------------------------------------------------------------------------------------------- */

static bool is_made_elsewhere(const struct object *object, const struct registered_call *call) {
    const struct ffisan_contract_term *term = object->made.term;
    return role_gives(term) && object->made.tid && object->made.tid != call->tid;
}

void thread_creator(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    const struct object *found = book_find(value, 0);
    if (LIKELY(!found || !is_made_elsewhere(found, call)) || !book_lock())
        return;
    struct object object = *found;
    bool sure = object.serial && object.value == value && book_is_ours(&object) && remains_of(&object) != REMAINS_OTHER &&
                (object.state == OBJECT_OWNED || object.state == OBJECT_COUNTED) && is_made_elsewhere(&object, call);
    book_unlock();
    if (!sure)
        return;
    struct finding finding = {.rule = FFISAN_RULE_WRONG_THREAD, .origin = &call->origin, .address = value};
    struct contract_part parts[2] = {part_here(call, term)};
    parts[0].wanted = object.made.tid;
    tell_creation(&finding, &parts[1], &object.made);
    contract_report(&finding, parts, 2);
}

/* ---- reentry --------------------------------------------------------------------------------------------------------------- */

struct reentry {
    const struct registered_call *call;
    const struct registered_call *outer; /* NULL: there is none */
    uint32_t argument, outer_argument;
};

/* A number may be somebody else's number: both have to say of what kind it is. */
static bool is_same_handle(const struct registered_call *outer, uint32_t place, const struct reentry *reentry,
                           const struct ffisan_contract_term *handle) {
    return outer->arguments[place] == reentry->call->arguments[handle->place] &&
           term_of(outer, FFISAN_WORD_HANDLE, place) != NULL;
}

static bool is_inside(struct registered_call *outer, void *reentry_) {
    struct reentry *reentry = reentry_;
    if (outer == reentry->call || outer->returned || outer->doubtful)
        return true;
    const struct registered *registered = reentry->call->registered;
    for (uint32_t i = 0; i < registered->function->count; i++) {
        const struct ffisan_contract_term *handle = &registered->terms[i];
        if (handle->word != FFISAN_WORD_HANDLE || handle->value || handle->place >= reentry->call->argument_count ||
            !reentry->call->arguments[handle->place])
            continue;
        for (uint32_t place = 0; place < outer->argument_count; place++)
            if (is_same_handle(outer, place, reentry, handle)) {
                reentry->outer = outer;
                reentry->argument = handle->place;
                reentry->outer_argument = place;
                return false;
            }
    }
    return true;
}

void thread_no_reentry(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    struct reentry reentry = {.call = call};
    (void)value;
    registered_open(is_inside, &reentry);
    if (LIKELY(!reentry.outer))
        return;
    struct finding finding = {
        .rule = FFISAN_RULE_REENTRANT_CALL, .origin = &call->origin, .address = call->arguments[reentry.argument]};
    struct contract_part parts[] = {
        {.role = FFISAN_ROLE_DETECTED, .registered = call->registered, .term = term, .argument = reentry.argument},
        {.role = FFISAN_ROLE_LAST_USED, .registered = reentry.outer->registered, .argument = reentry.outer_argument}};
    moment_tell(&finding, FFISAN_ROLE_LAST_USED, moment_here(&reentry.outer->origin, 0));
    contract_report(&finding, parts, 2);
}
