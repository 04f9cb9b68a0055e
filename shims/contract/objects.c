/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/objects.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "contract/book.h"
#include "contract/coverage.h"
#include "contract/families.h"
#include "contract/remains.h"
#include "contract/retained.h"
#include "contract/roles.h"
#include "contract/tables.h"
#include "core/confined.h"
#include "core/contract_table.h"
#include "core/modules.h"
#include "core/sites.h"
#include "core/thread.h"

#define NO_ADDRESS 4096u /* below, and as far from the other end: no address of anything */
#define FD_KIND    "fd"

/* A value at a call. */
struct sight {
    const struct registered_call *call;
    const struct ffisan_contract_term *term;
    uint64_t value;
    uint32_t kind; /* book.h */
};

/* What became of an object at an event; `was` is it before that. */
struct change {
    struct object was;
    uint8_t rule; /* FFISAN_RULES: nothing is wrong */
};

/* ---- what a value is ------------------------------------------------------------------------------------------------------- */

static const struct ffisan_type *type_at(const struct registered *registered, uint32_t place) {
    const struct type_table *types = &registered->table->types;
    const struct ffisan_type *function = &types->types[registered->function->type];
    if (place == FFISAN_TERM_RESULT)
        return &types->types[function->to];
    return &types->types[place < function->count ? types->fields[function->first + place].type : 0];
}

/* An integer by its type. Fields and variadic arguments are taken for addresses: handles are pointers there. */
static bool is_number(const struct registered *registered, const struct ffisan_contract_term *term, uint32_t place) {
    const struct ffisan_type *type = type_at(registered, place);
    if (term->value && term->place == place && type->kind == FFISAN_TYPE_POINTER)
        type = term->flags & FFISAN_TERM_FIELD ? &registered->table->types.types[0] : &registered->table->types.types[type->to];
    return type->kind == FFISAN_TYPE_INTEGER || type->kind == FFISAN_TYPE_ENUM || type->kind == FFISAN_TYPE_CHARACTER;
}

static const char *kind_name(const struct registered *registered, const struct ffisan_contract_term *term) {
    return registered && term && term->word != FFISAN_WORD_FAMILY ? term_text(registered, term->kind) : "";
}

uint32_t object_kind(const struct registered *registered, const struct ffisan_contract_term *term) {
    return is_number(registered, term, term->place) ? book_kind(kind_name(registered, term)) : 0;
}

static inline uint32_t kind_at(const struct registered *registered, const struct ffisan_contract_term *term) {
    if (LIKELY(registered->kinds != NULL))
        return registered->kinds[term - registered->terms];
    return object_kind(registered, term);
}

/* NULL, -1, MAP_FAILED, SIG_ERR and what else stands for nothing. */
static bool is_nothing(uint64_t value, uint32_t kind) {
    if (kind)
        return (int64_t)value < 0 || (int32_t)value == -1;
    return value < NO_ADDRESS || value > (uint64_t)0 - NO_ADDRESS;
}

static bool see(struct sight *sight, const struct registered_call *call, const struct ffisan_contract_term *term,
                uint64_t value) {
    *sight = (struct sight){call, term, value, kind_at(call->registered, term)};
    return !is_nothing(value, sight->kind);
}

static bool says_kind(const struct ffisan_contract_term *term) {
    return term->word == FFISAN_WORD_HANDLE;
}

/* Of a handle the kinds have to agree, where both are known; a cast to a base class is nobody's mistake. */
static bool kinds_differ(const struct sight *sight, const struct object *object) {
    const struct ffisan_contract_term *handle =
        says_kind(sight->term) ? sight->term : term_of(sight->call, FFISAN_WORD_HANDLE, sight->term->place);
    const char *here = kind_name(sight->call->registered, handle), *made = kind_name(object->made.by, object->made.term);
    return *here && *made && strcmp(here, made) != 0;
}

/* ---- deeds ----------------------------------------------------------------------------------------------------------------- */

static struct deed deed_here(const struct registered_call *call, const struct ffisan_contract_term *term) {
    return (struct deed){call->registered, term, modules_generation(), call->tid, moment_here(&call->origin, 0)};
}

static struct contract_part part_of(enum ffisan_role role, const struct deed *deed) {
    return (struct contract_part){.role = role,
                                  .registered = deed->by,
                                  .term = deed->term,
                                  .argument = deed->term ? deed->term->place : FFISAN_TERM_FUNCTION,
                                  .generation = deed->generation};
}

static void tell_deed(struct finding *finding, struct contract_part *parts, unsigned *count, enum ffisan_role role,
                      const struct deed *deed) {
    if (!deed->by)
        return;
    moment_tell(finding, role, deed->moment);
    parts[(*count)++] = part_of(role, deed);
}

/* Not under the book's lock. */
static RARE void complain(enum ffisan_rule rule, const struct sight *sight, const struct object *object, uint64_t wanted,
                          uint64_t given) {
    struct finding finding = {.rule = rule, .origin = &sight->call->origin, .address = sight->value};
    struct contract_part parts[CONTRACT_PARTS] = {{.role = FFISAN_ROLE_DETECTED,
                                                   .registered = sight->call->registered,
                                                   .term = sight->term,
                                                   .argument = sight->term->place,
                                                   .wanted = wanted,
                                                   .given = given}};
    unsigned count = 1;
    self.told_dead = self.told_over = object->value - object->inside;
    tell_deed(&finding, parts, &count, FFISAN_ROLE_CREATED, &object->made);
    if (rule == FFISAN_RULE_USE_AFTER_CLOSE || object->state == OBJECT_ENDED)
        tell_deed(&finding, parts, &count, FFISAN_ROLE_FREED, &object->ended);
    contract_report(&finding, parts, count);
}

/* ---- what is over ---------------------------------------------------------------------------------------------------------- */

/* The owner in which it has ended; a chain of what is borrowed from what is borrowed may be long. NULL: it goes on. */
static const struct object *ended_with(const struct object *object) {
    for (unsigned steps = 0; object && object->state == OBJECT_BORROWED && !object->shared && steps < 16; steps++) {
        object = book_owner(object);
        if (object && (object->state == OBJECT_CLOSED || object->state == OBJECT_ENDED))
            return object;
    }
    return NULL;
}

/* A number of the kernel's may be somebody else's by now, closed and opened by calls that nobody sees. */
static RARE bool descriptor_is_open(uint64_t value) {
    return confined() || syscall(SYS_fcntl, (int)value, F_GETFD) >= 0;
}

/* Whether what is over may be held against the call. */
static RARE bool is_certain(const struct sight *sight, const struct object *object) {
    if (object->kind && object->kind == book_kind(FD_KIND))
        return !descriptor_is_open(object->value) && (says_kind(sight->term) || sight->call->ffi);
    switch (remains_for_certain(object)) {
    case REMAINS_OTHER:
        return false;
    case REMAINS_UNKNOWN: /* whatever has that address may be passed; only a handle of the same kind is it */
        return (object->kind || term_of(sight->call, FFISAN_WORD_HANDLE, sight->term->place)) && !kinds_differ(sight, object) &&
               coverage_is_whole(object->made.by ? object->made.by : sight->call->registered);
    default:
        return !kinds_differ(sight, object);
    }
}

/* ---- events ---------------------------------------------------------------------------------------------------------------- */

/* Under the lock. With a count for what is counted. */
static struct change happen(struct object *object, enum object_event event) {
    const struct transition *transition = &transitions[object->state][event];
    struct change change = {*object, transition->rule};
    if (transition->state == OBJECT_NONE)
        book_forget(object);
    else
        book_move(object, (enum object_state)transition->state);
    return change;
}

/* The same for an object that may be over because its owner is; `rule` none where it cannot be held against the call: then it
 * is forgotten. */
static struct change happen_at(const struct sight *sight, struct object *object, enum object_event event) {
    const struct object *owner = ended_with(object);
    struct change change;
    if (object->state == OBJECT_GIVEN && remains_of(object) == REMAINS_DEAD)
        happen(object, EVENT_DIED);
    if (owner && !owner->closing) {
        object->ended = owner->ended;
        happen(object, EVENT_OWNER_ENDED);
    }
    bool closing = object->closing || (owner && owner->closing);
    enum ffisan_rule rule = transitions[object->state][event].rule;
    if (rule == FFISAN_RULES || closing)
        return closing ? (struct change){*object, FFISAN_RULES} : happen(object, event);
    bool over = object->state == OBJECT_CLOSED || object->state == OBJECT_ENDED;
    if (over ? is_certain(sight, object) : remains_of(object) != REMAINS_OTHER)
        return happen(object, event);
    change = (struct change){*object, FFISAN_RULES};
    book_forget(object);
    return change;
}

/* From what is seen at a call to what happened; how the event depends on the object, `event_for` says. */
typedef enum object_event event_for(const struct sight *sight, const struct object *object);
/* What is to be written down of the object as it is now, when nothing was wrong; under the lock. */
typedef void written(const struct sight *sight, struct object *object, const struct object *was);

/* Answers whether anything was wrong. */
static bool meet(const struct sight *sight, event_for *event, written *write) {
    struct change change = {.rule = FFISAN_RULES};
    if (!book_find(sight->value, sight->kind) || !book_lock())
        return false;
    struct object *object = book_find(sight->value, sight->kind);
    if (object) {
        change = happen_at(sight, object, event(sight, object));
        if (change.rule == FFISAN_RULES && write && object->serial == change.was.serial)
            write(sight, object, &change.was);
    }
    book_unlock();
    if (LIKELY(change.rule == FFISAN_RULES))
        return false;
    complain((enum ffisan_rule)change.rule, sight, &change.was, 0, 0);
    return true;
}

/* Called by the library itself, or by another one of the same contract (libssl's calls of libcrypto): what they do with each
 * other is their own affair. Of what they take nothing more is known than that it is not the host's any more; what they make is
 * not the host's. */
static bool is_among_them(const struct registered_call *call) {
    return !call->ffi && tables_have(call->registered->table, module_at(call->origin.ra - 1));
}

/* ---- uses ------------------------------------------------------------------------------------------------------------------ */

static enum object_event used(const struct sight *sight, const struct object *object) {
    (void)sight;
    (void)object;
    return EVENT_USED;
}

/* Read without the lock. */
static inline bool goes_on(const struct object *object) {
    switch (__atomic_load_n(&object->state, __ATOMIC_ACQUIRE)) {
    case OBJECT_CLOSED:
    case OBJECT_ENDED:
        return false;
    case OBJECT_GIVEN:
        return !object->on_block;
    case OBJECT_BORROWED:
        return object->shared || !object->owner;
    default:
        return true;
    }
}

/* Who gives it back, or takes or drops a count, says it better. */
static bool is_said_otherwise(const struct registered_call *call, uint32_t place) {
    return term_of(call, FFISAN_WORD_CONSUMED, place) || term_of(call, FFISAN_WORD_UNREF, place) ||
           term_of(call, FFISAN_WORD_REF, place);
}

RARE static bool used_late(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    struct sight sight;
    return see(&sight, call, term, value) && !is_said_otherwise(call, term->place) && !is_among_them(call) &&
           meet(&sight, used, NULL);
}

bool object_is_over(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    const struct object *object = call->returned ? NULL : book_find(value, 0);
    return UNLIKELY(object != NULL) && UNLIKELY(!goes_on(object)) && used_late(call, term, value);
}

void object_used(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    const struct object *object = call->returned ? NULL : book_find(value, kind_at(call->registered, term));
    if (UNLIKELY(object != NULL) && UNLIKELY(!goes_on(object)))
        used_late(call, term, value);
}

/* ---- what comes ------------------------------------------------------------------------------------------------------------ */

/* It may be the one that is known: then not for another reason than that its block is the same, or that there is none. */
static bool is_still(const struct object *object) {
    return object && remains_of(object) != REMAINS_OTHER && remains_of(object) != REMAINS_DEAD;
}

static bool is_owned(const struct object *object) {
    return object && (object->state == OBJECT_OWNED || object->state == OBJECT_COUNTED);
}

static enum object_event taken_among_them(const struct sight *sight, const struct object *object) {
    (void)sight;
    bool over = object->state == OBJECT_CLOSED || object->state == OBJECT_ENDED || ended_with(object);
    return over ? EVENT_SEEN : EVENT_SUNK;
}

/* Under the lock. */
static void come_among_them(const struct sight *sight) {
    struct object *object = book_find(sight->value, sight->kind);
    if (object && !(is_owned(object) && is_still(object)))
        book_forget(object);
}

/* What was closed behind our back: its block is gone. Two are looked at for each that comes. */
static void sweep(void) {
    for (unsigned i = 0; i < 2; i++) {
        struct object *object = book_next();
        if (!is_owned(object) || !object->on_block)
            continue;
        enum remains remains = remains_of(object);
        if (remains == REMAINS_OTHER || remains == REMAINS_DEAD)
            book_forget(object);
    }
}

/* What it was made of, or 0. */
static uint64_t first_handle(const struct registered_call *call) {
    const struct registered *registered = call->registered;
    for (uint32_t i = 0; i < registered->function->count; i++)
        if (registered->terms[i].word == FFISAN_WORD_HANDLE && registered->terms[i].place < call->argument_count)
            return call->arguments[registered->terms[i].place];
    return 0;
}

uint64_t object_parent(uint64_t value) {
    const struct object *object = book_find(value, 0);
    return object ? object->parent : 0;
}

bool object_is_known(uint64_t value) {
    return book_find(value, 0) != NULL;
}

/* Under the lock. */
static struct object *enter(const struct sight *sight, enum object_state state) {
    if (state == OBJECT_OWNED || state == OBJECT_COUNTED) /* of the others only so many are kept */
        sweep();
    struct object *object = book_enter(sight->value, sight->kind);
    if (!object)
        return NULL;
    object->made = deed_here(sight->call, sight->term);
    object->managed = sight->call->ffi != NULL;
    object->parent = first_handle(sight->call);
    remains_note(object);
    if (state != OBJECT_OWNED)
        book_move(object, state);
    return object;
}

/* One count more of what is owned already, where the term's functions drop counts. */
static bool counted_again(const struct sight *sight, struct object *object) {
    if (!is_owned(object) || !object->on_block || !is_still(object) || !role_counted(sight->call->registered, sight->term))
        return false;
    happen(object, EVENT_REFERENCED);
    object->count++;
    return true;
}

/* Plain memory that free() takes is the block books' own; what crossed is known here for the message. */
static bool is_only_memory(const struct sight *sight) {
    const struct registered *registered = sight->call->registered;
    return !sight->call->ffi && !*kind_name(registered, sight->term) &&
           (role_named(registered, sight->term, "free") || family_allows_free(registered, sight->term));
}

static void come_owned(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    struct sight sight;
    bool among_them = is_among_them(call);
    if (!see(&sight, call, term, value) || !book_lock())
        return;
    struct object *object = book_find(sight.value, sight.kind);
    if (among_them) {
        come_among_them(&sight);
    } else if (is_only_memory(&sight)) {
        if (object)
            book_forget(object);
    } else if (!counted_again(&sight, object)) {
        enter(&sight, OBJECT_OWNED);
    }
    book_unlock();
}

void object_owned(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    come_owned(call, term, value);
}

void object_out_owned(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    come_owned(call, term, value);
}

/* An allocator's function with no word on its result. */
void object_of_family(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    (void)value;
    static const enum ffisan_word owners[] = {FFISAN_WORD_OWNED, FFISAN_WORD_BORROWED, FFISAN_WORD_STATIC};
    if (type_at(call->registered, FFISAN_TERM_RESULT)->kind != FFISAN_TYPE_POINTER)
        return;
    for (unsigned i = 0; i < sizeof owners / sizeof *owners; i++)
        if (term_of(call, owners[i], FFISAN_TERM_RESULT))
            return;
    come_owned(call, term, call->result);
}

void object_static(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    struct sight sight;
    if (!see(&sight, call, term, value) || !book_lock())
        return;
    const struct object *object = book_find(sight.value, sight.kind);
    if (!object || object->state != OBJECT_STATIC)
        enter(&sight, OBJECT_STATIC);
    book_unlock();
}

/* ---- borrowed -------------------------------------------------------------------------------------------------------------- */

/* What the library itself owns hangs on an object that stands for it. */
#define LIBRARY_KIND "(library)"
static bool library_lends; /* some library does */

static struct object *library_of(const struct registered_call *call) {
    uint64_t value = (uintptr_t)call->registered->definer;
    uint32_t kind = book_kind(LIBRARY_KIND);
    library_lends = true;
    struct object *library = book_find(value, kind);
    return library ? library : book_enter(value, kind);
}

/* Of a function whose owner is not in the book nothing is taken down: it may point into memory of the host's own (strchr). */
static struct object *owner_of(const struct sight *sight) {
    const struct registered *registered = sight->call->registered;
    const struct ffisan_contract_term *term = sight->term;
    uint64_t value;
    if (term->owner == FFISAN_TERM_LIBRARY)
        return library_of(sight->call);
    if (!term_owner(sight->call, term, &value) || value == sight->value)
        return NULL;
    const struct ffisan_contract_term *handle = term_of(sight->call, FFISAN_WORD_HANDLE, term->owner);
    struct object *owner = book_find(value, handle ? kind_at(registered, handle) : 0);
    return owner && (owner->state == OBJECT_CLOSED || owner->state == OBJECT_ENDED) ? NULL : owner;
}

/* Lent once more: by the same owner, or by a second one; then the end of neither is its end. */
static bool lent_again(const struct sight *sight, struct object *object, struct object *owner) {
    if (is_owned(object) && is_still(object))
        return true;
    if (!object || object->state != OBJECT_BORROWED || !is_still(object) || ended_with(object))
        return false;
    if (book_owner(object) != owner) {
        object->shared = true;
        book_lend(object, NULL);
        return true;
    }
    return object->made.term == sight->term;
}

void object_borrowed(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    struct sight sight;
    bool among_them = is_among_them(call);
    if (!see(&sight, call, term, value) || !book_lock())
        return;
    struct object *owner = among_them ? NULL : owner_of(&sight), *object = book_find(sight.value, sight.kind);
    if (!owner) {
        if (object && !is_owned(object))
            book_forget(object);
    } else if (!lent_again(&sight, object, owner)) {
        object = enter(&sight, OBJECT_BORROWED);
        if (object)
            book_lend(object, owner);
    }
    book_unlock();
}

static void end(struct object *object, const struct registered_call *call, const struct ffisan_contract_term *term) {
    if (object->state != OBJECT_BORROWED)
        return;
    book_lend(object, NULL);
    object->ended = deed_here(call, term);
    happen(object, EVENT_CHANGED);
}

struct ending {
    const struct registered_call *call;
    const struct ffisan_contract_term *term; /* INVALIDATES; NULL: those whose own term names the function */
};

static void end_child(struct object *object, void *ending_) {
    const struct ending *ending = ending_;
    if (ending->term || role_names(object->made.by, object->made.term, ending->call->registered))
        end(object, ending->call, ending->term);
}

static uint32_t kind_of_argument(const struct registered_call *call, uint32_t place) {
    const struct ffisan_contract_term *handle = term_of(call, FFISAN_WORD_HANDLE, place);
    return handle ? kind_at(call->registered, handle) : 0;
}

void object_invalidates(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    struct ending ending = {call, term};
    if (!value || !book_lock())
        return;
    struct object *owner = book_find(value, kind_of_argument(call, term->owner));
    if (owner)
        book_children(owner, end_child, &ending);
    book_unlock();
}

static void called_on(struct object *object, struct ending *ending) {
    if (!object)
        return;
    book_children(object, end_child, ending);
    /* Called on the borrowed thing itself: it has changed hands in a way that only the library knows. */
    if (object->state == OBJECT_BORROWED && role_names(object->made.by, object->made.term, ending->call->registered))
        book_forget(object);
}

/* Read without the lock. */
static bool may_end(uint64_t value, uint32_t kind) {
    const struct object *object = book_find(value, kind);
    return UNLIKELY(object != NULL) && (object->child || object->state == OBJECT_BORROWED);
}

static bool ends_something(const struct registered_call *call) {
    if (library_lends && may_end((uintptr_t)call->registered->definer, book_kind(LIBRARY_KIND)))
        return true;
    for (uint32_t i = 0; i < call->argument_count; i++) {
        uint64_t value = call->arguments[i];
        uint32_t kind = is_nothing(value, 0) ? kind_of_argument(call, i) : 0;
        if ((kind || !is_nothing(value, 0)) && may_end(value, kind))
            return true;
    }
    return false;
}

void objects_called(struct registered_call *call) {
    struct ending ending = {call, NULL};
    if (LIKELY(!ends_something(call)) || !book_lock())
        return;
    if (library_lends)
        called_on(book_find((uintptr_t)call->registered->definer, book_kind(LIBRARY_KIND)), &ending);
    for (uint32_t i = 0; i < call->argument_count; i++)
        called_on(book_find(call->arguments[i], kind_of_argument(call, i)), &ending);
    book_unlock();
}

/* ---- given back ------------------------------------------------------------------------------------------------------------ */

/* Whether this function is one to give the object back to, as far as its term says. */
static bool is_right(const struct object *object, const struct registered *by) {
    const struct ffisan_contract_term *made = object->made.term;
    return (made->count ? role_names(object->made.by, made, by) : !family_differs(object->made.by, by)) ||
           family_agrees(object->made.by, by);
}

/* What a release by this function is for the object. */
static enum object_event closed(const struct sight *sight, const struct object *object) {
    bool destructor = role_of(sight->call->registered) & ROLE_DESTRUCTOR;
    if (!is_owned(object))
        return destructor ? EVENT_CLOSED : EVENT_SUNK;
    bool wrong = role_gives(object->made.term) && !is_right(object, sight->call->registered);
    if (wrong && destructor)
        return EVENT_MISCLOSED;
    if (object->state == OBJECT_COUNTED)
        return object->count > 1 ? EVENT_DROPPED : EVENT_LET_GO;
    return wrong ? EVENT_SUNK : EVENT_CLOSED;
}

/* The end of a count is not the end of the object: others may hold it. */
static enum object_event dropped(const struct sight *sight, const struct object *object) {
    enum object_event event = closed(sight, object);
    return is_owned(object) && (event == EVENT_CLOSED || event == EVENT_SUNK) ? EVENT_LET_GO : event;
}

static void write_end(const struct sight *sight, struct object *object, const struct object *was) {
    bool counts = was->state == OBJECT_COUNTED && object->state == OBJECT_COUNTED;
    object->before = was->state;
    object->count_before = was->count;
    object->count -= counts && object->count > 1;
    object->ended = deed_here(sight->call, sight->term);
    object->closing = object->state == OBJECT_CLOSED && was->state != OBJECT_CLOSED && !sight->call->returned;
}

static bool ended_here(const struct object *object, const struct registered_call *call) {
    return object && object->ended.by == call->registered && object->ended.tid == call->tid;
}

/* The destructor has returned: from now on every use is one too late. */
static void closed_for_good(const struct sight *sight) {
    if (!book_find(sight->value, sight->kind) || !book_lock())
        return;
    struct object *object = book_find(sight->value, sight->kind);
    if (ended_here(object, sight->call))
        object->closing = false;
    book_unlock();
}

static bool copy_of(const struct sight *sight, struct object *copy) {
    if (!book_find(sight->value, sight->kind) || !book_lock())
        return false;
    const struct object *object = book_find(sight->value, sight->kind);
    if (object)
        *copy = *object;
    book_unlock();
    return object != NULL;
}

/* Another thread's call that was handed the same thing. */
struct other_user {
    const struct sight *sight;
    struct registered_call call;
    uint32_t place;
    bool found;
};

static bool uses_it(const struct registered_call *call, void *other_) {
    struct other_user *other = other_;
    for (uint32_t i = 0; i < call->argument_count && !other->found; i++)
        if (call->arguments[i] == other->sight->value && call->tid != other->sight->call->tid && !call->returned &&
            !(role_of(call->registered) & ROLE_DESTRUCTOR)) {
            other->call = *call;
            other->place = i;
            other->found = true;
        }
    return !other->found;
}

static RARE void complain_of_user(const struct other_user *other, const struct object *object) {
    const struct sight *sight = other->sight;
    struct finding finding = {.rule = FFISAN_RULE_FREED_DURING_CALL, .origin = &sight->call->origin, .address = sight->value};
    struct contract_part parts[CONTRACT_PARTS] = {
        {.role = FFISAN_ROLE_DETECTED,
         .registered = sight->call->registered,
         .term = sight->term,
         .argument = sight->term->place},
        {.role = FFISAN_ROLE_LAST_USED, .registered = other->call.registered, .argument = other->place}};
    unsigned count = 2;
    uint32_t generation = modules_generation();
    finding.sites[FFISAN_ROLE_LAST_USED] = site_intern(0, generation, generation, &other->call.origin.ra, 1, false);
    tell_deed(&finding, parts, &count, FFISAN_ROLE_CREATED, &object->made);
    self.told_over = object->value - object->inside;
    contract_report(&finding, parts, count);
}

/* Of numbers nobody says it: closing a descriptor is how some end another thread's wait. What is counted lives on. */
static void look_for_users(const struct sight *sight) {
    struct object object;
    struct other_user other = {.sight = sight};
    if (*blocks_alone || sight->kind || !rule_on(FFISAN_RULE_FREED_DURING_CALL) || !copy_of(sight, &object) ||
        object.state != OBJECT_OWNED || sight->term->word != FFISAN_WORD_CONSUMED)
        return;
    registered_open_everywhere(uses_it, &other);
    if (other.found)
        complain_of_user(&other, &object);
}

static void give_back(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value,
                      event_for *event) {
    struct sight sight;
    if (!see(&sight, call, term, value))
        return;
    if (is_among_them(call)) {
        meet(&sight, taken_among_them, NULL);
        return;
    }
    if (call->returned && !(term->flags & (FFISAN_TERM_OUTCOME | FFISAN_TERM_AFTER))) {
        closed_for_good(&sight);
        return;
    }
    if (!call->returned && (role_of(call->registered) & ROLE_DESTRUCTOR))
        look_for_users(&sight);
    /* Of a destructor whose success shows in what it answers, the library's own free came first. */
    if (!call->returned || call->died != sight.value)
        meet(&sight, event, write_end);
    if (role_of(call->registered) & ROLE_DESTRUCTOR)
        retained_owner_ends(value);
}

void object_consumed(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    give_back(call, term, value, closed);
}

void object_dropped(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    give_back(call, term, value, dropped);
}

/* It failed: everything is as it was before. What was borrowed from it had only seemed to end (ended_with). */
void object_kept(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    struct sight sight;
    if (!see(&sight, call, term, value) || !book_lock())
        return;
    struct object *object = book_find(sight.value, sight.kind);
    if (ended_here(object, call) && object->before) {
        book_move(object, (enum object_state)object->before);
        object->count = object->count_before;
        object->ended = (struct deed){0};
        object->before = 0;
        object->closing = false;
    }
    book_unlock();
}

/* ---- counts ---------------------------------------------------------------------------------------------------------------- */

static enum object_event referenced(const struct sight *sight, const struct object *object) {
    (void)sight;
    (void)object;
    return EVENT_REFERENCED;
}

/* What the host owns already has one count more; what it had none of has one. */
static void write_count(const struct sight *sight, struct object *object, const struct object *was) {
    (void)sight;
    object->count = is_owned(was) ? was->count + 1 : 1;
}

void object_counted(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    struct sight sight;
    if (!see(&sight, call, term, value) || is_among_them(call))
        return;
    meet(&sight, referenced, write_count);
    if (book_find(sight.value, sight.kind) || !book_lock())
        return;
    enter(&sight, OBJECT_COUNTED);
    book_unlock();
}

/* ---- sizes ----------------------------------------------------------------------------------------------------------------- */

static unsigned sizes_of(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t *sizes) {
    unsigned count = term->count < OBJECT_SIZES ? term->count : OBJECT_SIZES;
    for (unsigned i = 0; i < count; i++)
        if (!term_evaluate(call, call->registered->table->numbers[term->first + i], &sizes[i]))
            return 0;
    return count;
}

/* What the call gives out, or takes back: the value of its first term of one of these words. */
static bool value_of_word(const struct registered_call *call, enum ffisan_word a, enum ffisan_word b, struct sight *sight) {
    for (uint32_t i = 0; i < call->registered->function->count; i++) {
        const struct ffisan_contract_term *term = &call->registered->terms[i];
        uint64_t value;
        if ((term->word == a || term->word == b) && term_of(call, (enum ffisan_word)term->word, term->place) == term &&
            term_value(call, term, &value) && see(sight, call, term, value))
            return true;
    }
    return false;
}

void object_sizes(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    uint64_t sizes[OBJECT_SIZES];
    struct sight sight;
    (void)value;
    unsigned count = sizes_of(call, term, sizes);
    if (!count || !value_of_word(call, FFISAN_WORD_OWNED, FFISAN_WORD_OUT_OWNED, &sight) || !book_lock())
        return;
    struct object *object = book_find(sight.value, sight.kind);
    if (is_owned(object) && object->made.by == call->registered) {
        memcpy(object->sizes, sizes, sizeof sizes);
        object->size_count = (uint8_t)count;
    }
    book_unlock();
}

void object_sized(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    uint64_t sizes[OBJECT_SIZES];
    struct sight sight;
    struct object object;
    (void)value;
    unsigned count = sizes_of(call, term, sizes);
    if (!count || !value_of_word(call, FFISAN_WORD_CONSUMED, FFISAN_WORD_UNREF, &sight) || !copy_of(&sight, &object) ||
        !is_owned(&object) || !is_still(&object) || !is_right(&object, call->registered))
        return;
    sight.term = term;
    for (unsigned i = 0; i < count && i < object.size_count; i++)
        if (sizes[i] != object.sizes[i]) {
            complain(FFISAN_RULE_WRONG_SIZE_DEALLOC, &sight, &object, object.sizes[i], sizes[i]);
            return;
        }
}

/* ---- from elsewhere -------------------------------------------------------------------------------------------------------- */

bool objects_over(void) {
    return book_over() != 0;
}

/* Only of what is over it changes anything, or of what is borrowed and may be. */
void object_seen(uintptr_t address) {
    const struct object *known = UNLIKELY(book_over() != 0) ? book_find(address, 0) : NULL;
    if (LIKELY(!known) || known->state == OBJECT_STATIC || !book_lock())
        return;
    struct object *object = book_find(address, 0);
    if (object && (remains_of(object) == REMAINS_OTHER || ended_with(object)))
        book_forget(object);
    else if (object)
        happen(object, EVENT_SEEN);
    book_unlock();
}

void objects_forked(void) {
    book_forked();
}
