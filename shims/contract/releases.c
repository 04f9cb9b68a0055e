/* SPDX-License-Identifier: Apache-2.0
 *
 * The allocators' own release functions, as they take an object: object_freed. Asked where a block that crossed dies, and where
 * a pointer comes that is no block.
 */
#include <string.h>

#include "contract/book.h"
#include "contract/families.h"
#include "contract/objects.h"
#include "contract/remains.h"
#include "contract/roles.h"
#include "core/modules.h"
#include "core/sites.h"

/* One release. */
struct release {
    uintptr_t address;
    const struct origin *origin;
    row_id row;
    const char *function;
};

static bool stop_at_first(struct registered_call *call, void *innermost) {
    *(struct registered_call **)innermost = call;
    return false;
}

static struct registered_call *call_around(void) {
    struct registered_call *innermost = NULL;
    registered_open(stop_at_first, &innermost);
    return innermost;
}

/* Who asked for the memory that it stands in. */
static const struct module *memory_from(const struct object *object) {
    const struct site *site = object->on_block ? site_get(object->block) : NULL;
    return site && site->row ? module_of_row(site->row) : NULL;
}

/* The library was told to use another's functions for its memory (xmlMemSetup, sqlite3_config): each free of the library's comes
 * from there too, and which are the host's own cannot be known. What a program says of itself (ffisan.h) is of no library. */
static bool is_its_allocator(const struct module *by, const struct object *object) {
    return by && object->made.by->definer && !(by->kind & MODULE_LIBC) && memory_from(object) == by;
}

/* Inside a call of a registered function, by the library itself, or by whom it has its memory from: no affair of the host's. */
static bool is_their_own(const struct release *release, const struct object *object) {
    const struct module *by = release->row ? module_of_row(release->row) : module_at(release->origin->ra - 1);
    return (object->made.by && (by == object->made.by->definer || is_its_allocator(by, object))) || call_around();
}

/* realloc and its like give back as free does. */
static bool is_named(const struct object *object, const char *function) {
    const struct registered *made = object->made.by;
    const struct ffisan_contract_term *term = object->made.term;
    bool resizes = strncmp(function, "realloc", 7) == 0;
    return family_allows_free(made, term) || role_named(made, term, function) || (resizes && role_named(made, term, "free"));
}

static enum object_event event_of(const struct release *release, const struct object *object) {
    const struct ffisan_contract_term *term = object->made.term;
    if (is_their_own(release, object))
        return EVENT_DIED;
    if (!object->made.by || !role_gives(term))
        return EVENT_FREED;
    return is_named(object, release->function) ? EVENT_FREED : EVENT_MISFREED;
}

/* The block's death is in the block books already; of what stands in no block only static memory can be judged. */
static bool is_it(const struct object *object) {
    enum remains remains = remains_of(object);
    return remains == REMAINS_UNKNOWN ? object->state == OBJECT_STATIC : remains != REMAINS_OTHER;
}

/* In which call the library freed it; where that is not known, what was known before. */
static struct deed death_of(const struct object *object) {
    struct registered_call *call = call_around();
    if (!call)
        return object->ended;
    call->died = object->value;
    return (struct deed){call->registered, NULL, modules_generation(), call->tid, moment_here(&call->origin, 0)};
}

/* Under the lock. */
static enum ffisan_rule judge(const struct release *release, struct object *was) {
    struct object *object = book_find(release->address, 0);
    if (!object)
        return FFISAN_RULES;
    *was = *object;
    if (!is_it(object)) {
        book_forget(object);
        return FFISAN_RULES;
    }
    enum object_event event = event_of(release, object);
    const struct transition *transition = &transitions[object->state][event];
    if (event == EVENT_DIED && object->state != OBJECT_CLOSED && object->state != OBJECT_ENDED)
        object->ended = death_of(object);
    if (transition->state == OBJECT_NONE)
        book_forget(object);
    else
        book_move(object, (enum object_state)transition->state);
    return (enum ffisan_rule)transition->rule;
}

static RARE void complain(enum ffisan_rule rule, const struct release *release, const struct object *object) {
    struct block block;
    bool known = block_at(object->value - object->inside, &block);
    block.state = BLOCK_LIVE; /* until now */
    block.freed = 0;
    struct finding finding = {.rule = rule,
                              .function = release->function,
                              .origin = release->origin,
                              .address = release->address,
                              .free_row = release->row,
                              .block = known && object->on_block ? &block : NULL};
    struct contract_part made = {.role = FFISAN_ROLE_CREATED,
                                 .registered = object->made.by,
                                 .term = object->made.term,
                                 .argument = object->made.term->place,
                                 .generation = object->made.generation};
    moment_tell(&finding, FFISAN_ROLE_CREATED, object->made.moment);
    contract_report(&finding, &made, 1);
}

bool object_freed(uintptr_t address, const struct origin *origin, row_id row, const char *function, bool *keep) {
    struct release release = {address, origin, row, function};
    struct object was;
    *keep = false;
    if (LIKELY(!book_find(address, 0)) || !book_lock())
        return false;
    enum ffisan_rule rule = judge(&release, &was);
    book_unlock();
    if (rule == FFISAN_RULES || !rule_on(rule))
        return false;
    complain(rule, &release, &was);
    *keep = rule == FFISAN_RULE_FREE_OF_BORROWED || was.inside;
    return true;
}
