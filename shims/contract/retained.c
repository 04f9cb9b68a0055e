/* SPDX-License-Identifier: Apache-2.0
 *
 * From calls to registrations and to their ends. At doubt a registration is not made, or ended: a failed call that might have let go of
 * what it was to replace, keys that cannot be compared, a notify that somebody else's registration may have been meant by.
 */
#include "contract/retained.h"

#include <string.h>

#include "contract/kept.h"
#include "contract/losses.h"
#include "contract/objects.h"
#include "contract/roles.h"
#include "core/blocks.h"
#include "core/callbacks.h"
#include "core/contract_table.h"
#include "core/places.h"
#include "core/thread.h"

#define ENDED     (1u << 31) /* of registered_call.kept: retained_returned has been here */
#define NEAR      4096u
#define FAR       (1u << 20) /* how far back the start of a block is looked for */
#define TEXT_MOST 4096u
#define KEY_MOST  256u
#define NOT_KNOWN UINT64_MAX

/* ---- the words of a place ---- */

static bool is_life(const struct ffisan_contract_term *term) {
    switch (term->word) {
    case FFISAN_WORD_RETAINED:
    case FFISAN_WORD_RETAINED_FOREVER:
    case FFISAN_WORD_NOTIFIED:
    case FFISAN_WORD_UNTIL_DONE:
    case FFISAN_WORD_ONCE:
    case FFISAN_WORD_USER_DATA:
        return true;
    default:
        return false;
    }
}

/* Fields of one struct have the place of the parameter that leads to it: their names tell them apart. */
static bool same_thing(const struct registered_call *call, const struct ffisan_contract_term *a,
                       const struct ffisan_contract_term *b) {
    return a->place == b->place &&
           (a->name == b->name || strcmp(term_text(call->registered, a->name), term_text(call->registered, b->name)) == 0);
}

/* The next of the call's words about how long something is kept whose condition holds, from *index on; NULL: no more. */
static const struct ffisan_contract_term *next_life(const struct registered_call *call, uint32_t *index) {
    const struct registered *registered = call->registered;
    while (*index < registered->function->count) {
        const struct ffisan_contract_term *term = &registered->terms[(*index)++];
        if (is_life(term) && term_holds(call, term))
            return term;
    }
    return NULL;
}

/* One word acts for all of its place. */
static bool is_first(const struct registered_call *call, const struct ffisan_contract_term *term) {
    const struct ffisan_contract_term *other;
    for (uint32_t i = 0; (other = next_life(call, &i)) != NULL;)
        if (same_thing(call, other, term))
            return other == term;
    return false;
}

/* ---- keys ---- */

static uint64_t mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* A name is meant by its text, whatever its letters' case: to some libraries they are one. */
static bool text_key(uint64_t address, uint64_t *key) {
    char text[KEY_MOST];
    *key = 0;
    for (size_t i = 0; i < sizeof text; i++) {
        if (!contract_read(&text[i], address + i, 1))
            return false;
        if (!text[i])
            return true;
        *key = mix(*key, (unsigned char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]));
    }
    return true;
}

static bool is_text(const struct registered_call *call, uint32_t code) {
    const struct contract_table *table = call->registered->table;
    const uint8_t *at = table->code + code;
    const struct ffisan_type *function = &table->types.types[call->registered->function->type];
    if (at[0] != FFISAN_CODE_ARGUMENT || at[2] != FFISAN_CODE_END || at[1] >= function->count)
        return false;
    const struct ffisan_type *type = &table->types.types[table->types.fields[function->first + at[1]].type];
    return type->kind == FFISAN_TYPE_POINTER && table->types.types[type->to].kind == FFISAN_TYPE_CHARACTER;
}

struct keys {
    uint64_t hash;
    uint32_t count;
    bool known;
};

static void add_keys(const struct registered_call *call, const struct ffisan_contract_term *term, struct keys *keys) {
    for (uint32_t i = 0; i < term->count; i++) {
        uint32_t code = call->registered->table->numbers[term->first + i];
        uint64_t value, key;
        if (!term_evaluate(call, code, &value)) {
            keys->known = false;
            return;
        }
        bool text = value && is_text(call, code);
        if (text && !text_key(value, &key))
            keys->known = false;
        keys->hash = mix(keys->hash, text ? key : value);
        keys->count++;
    }
}

static struct keys keys_of(const struct registered_call *call) {
    const struct registered *registered = call->registered;
    struct keys keys = {.known = true};
    for (uint32_t i = 0; i < registered->function->count; i++)
        if (registered->terms[i].word == FFISAN_WORD_KEYED_BY && term_holds(call, &registered->terms[i]))
            add_keys(call, &registered->terms[i], &keys);
    return keys;
}

/* ---- what ends a registration ---- */

/* A function without an entry is not seen when it is called. */
static bool all_are_seen(const struct registered *registered, const struct ffisan_contract_term *term) {
    const uint32_t *numbers = &registered->table->numbers[term->first];
    for (uint32_t i = 1; i < term->count; i += 2)
        if (numbers[i] >= registered->table->function_count)
            return false;
    return true;
}

static bool end_by_functions(const struct registered_call *call, const struct ffisan_contract_term *term, struct kept *kept) {
    if (term->owner != FFISAN_TERM_LIBRARY && (!term_owner(call, term, &kept->owner) || !kept->owner))
        return false;
    kept->ends = term;
    return all_are_seen(call->registered, term);
}

/* Its call has to be seen: it is a callback of a runtime's. */
static bool end_by_call(uint64_t code, uintptr_t *end) {
    struct callback *callback = callback_at(code);
    if (!callback)
        return false;
    __atomic_store_n(&callback->awaited, true, __ATOMIC_RELAXED);
    *end = code;
    return true;
}

static bool end_by_notify(const struct registered_call *call, const struct ffisan_contract_term *term, uintptr_t *end) {
    uint64_t code;
    return term_owner(call, term, &code) && (!code || end_by_call(code, end));
}

/* What the word says of how long it is kept. `callback`: the code of the callback that it is about, or whose user data. */
static bool add_end(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t callback,
                    struct kept *kept, bool *lasting) {
    switch (term->word) {
    case FFISAN_WORD_RETAINED_FOREVER:
        *lasting = true;
        return true;
    case FFISAN_WORD_RETAINED:
        return end_by_functions(call, term, kept);
    case FFISAN_WORD_NOTIFIED:
        return end_by_notify(call, term, &kept->notify);
    case FFISAN_WORD_UNTIL_DONE:
        return end_by_notify(call, term, &kept->done);
    case FFISAN_WORD_ONCE:
        return end_by_call(callback, &kept->once);
    default:
        return true;
    }
}

/* ---- user data ---- */

/* Whether `term` speaks of the callback that `user` says its data goes to. */
static bool is_its_callback(const struct registered_call *call, const struct ffisan_contract_term *term,
                            const struct ffisan_contract_term *user, uint64_t callback) {
    uint64_t value;
    return term->word != FFISAN_WORD_USER_DATA && term->place == user->owner &&
           (!(user->flags & FFISAN_TERM_FIELD) || (term_value(call, term, &value) && value == callback));
}

/* It lives as long as its callback. False: how long that is cannot be seen. */
static bool add_callback_ends(const struct registered_call *call, const struct ffisan_contract_term *user, struct kept *kept,
                              bool *lasting) {
    const struct ffisan_contract_term *term;
    uint64_t callback;
    if (!term_owner(call, user, &callback) || !callback)
        return false;
    for (uint32_t i = 0; (term = next_life(call, &i)) != NULL;)
        if (is_its_callback(call, term, user, callback) && !add_end(call, term, callback, kept, lasting))
            return false;
    return true;
}

/* What a callback's notify will be told. */
static uint64_t data_of(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t callback) {
    const struct registered *registered = call->registered;
    uint64_t owner, value;
    for (uint32_t i = 0; i < registered->function->count; i++) {
        const struct ffisan_contract_term *user = &registered->terms[i];
        if (user->word == FFISAN_WORD_USER_DATA && user->owner == term->place && term_holds(call, user) &&
            term_owner(call, user, &owner) && owner == callback && term_value(call, user, &value))
            return value;
    }
    return NOT_KNOWN;
}

/* All words of the place together; false: it is not to be followed. */
static bool add_ends(const struct registered_call *call, const struct ffisan_contract_term *first, uint64_t value,
                     struct kept *kept) {
    const struct ffisan_contract_term *term;
    bool lasting = false;
    for (uint32_t i = 0; (term = next_life(call, &i)) != NULL;) {
        if (!same_thing(call, term, first))
            continue;
        if (!(term->word == FFISAN_WORD_USER_DATA ? add_callback_ends(call, term, kept, &lasting)
                                                  : add_end(call, term, value, kept, &lasting)))
            return false;
    }
    return lasting || kept->ends || kept->notify || kept->done || kept->once;
}

/* ---- what is kept ---- */

/* The bytes that the same place is said to have. One byte where nothing says it: where it starts is what counts. */
static size_t length_of(const struct registered_call *call, const struct ffisan_contract_term *first, uintptr_t start) {
    const struct registered *registered = call->registered;
    for (uint32_t i = 0; i < registered->function->count; i++) {
        const struct ffisan_contract_term *term = &registered->terms[i];
        uint64_t bytes;
        char end = 1;
        if (!same_thing(call, term, first) || !term_holds(call, term))
            continue;
        if ((term->word == FFISAN_WORD_IN || term->word == FFISAN_WORD_OUT || term->word == FFISAN_WORD_INOUT) &&
            term_bytes(call, term, &bytes))
            return bytes;
        if (term->word == FFISAN_WORD_CSTRING || term->word == FFISAN_WORD_UTF8)
            for (size_t length = 0; length < TEXT_MOST && contract_read(&end, start + length, 1); length++)
                if (!end)
                    return length + 1;
    }
    return 1;
}

/* The heap block around it is marked, so that its release comes by here. */
static void mark_block(uintptr_t address, struct kept *kept) {
    struct block block;
    if (!block_at(address, &block) && !block_around(address, NEAR, &block) &&
        (place_is_managed(address) || !block_around(address, FAR, &block)))
        return;
    if (block.state != BLOCK_LIVE || address >= block.start + block.size)
        return;
    block_cross(block.start, &block);
    if (kept) {
        kept->block = block.start;
        kept->allocated = block.allocated;
    }
}

static bool add_memory(const struct registered_call *call, const struct ffisan_contract_term *first, uint64_t value,
                       struct kept *kept) {
    kept->start = value;
    kept->size = length_of(call, first, value);
    kept->data = value;
    if (!kept->size || value < NEAR || value + kept->size < value ||
        (first->word == FFISAN_WORD_USER_DATA && place_is_identity(value)))
        return false;
    mark_block(value, kept);
    return true;
}

/* Code that no runtime made lasts for ever. */
static bool add_callback(const struct registered_call *call, const struct ffisan_contract_term *first, uint64_t value,
                         struct kept *kept) {
    kept->callback = value;
    kept->data = data_of(call, first, value);
    return callback_at(value) != NULL;
}

/* A handle that no constructor has made and that is a variable of some function, with which it ends unseen: what is given to the next
 * one at that address is given to another owner. */
static bool ends_unseen(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t owner) {
    uintptr_t low, high;
    return owner >= NEAR && term_of(call, FFISAN_WORD_HANDLE, term->owner) && thread_stack(&low, &high) && owner >= low &&
           owner < high && !object_is_known(owner);
}

static bool describe(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value, struct kept *kept) {
    bool is_code = term->flags & FFISAN_TERM_CALLBACK;
    *kept = (struct kept){.registered = call->registered,
                          .term = term,
                          .argument = term->place,
                          .cfa = call->origin.cfa,
                          .tid = call->tid,
                          .state = KEPT_PENDING};
    struct keys keys = keys_of(call);
    kept->keys = keys.hash;
    kept->key_count = keys.count;
    if (!keys.known || !add_ends(call, term, value, kept) || ends_unseen(call, term, kept->owner) ||
        !(is_code ? add_callback(call, term, value, kept) : add_memory(call, term, value, kept)))
        return false;
    if (kept->owner >= NEAR)
        mark_block(kept->owner, NULL);
    kept->generation = modules_generation();
    kept->moment = moment_here(&call->origin, 0);
    return true;
}

/* ---- the step ---- */

/* The registration that this call made at that place, on its way in; or an earlier call from the same stack address left. */
struct pending {
    const struct registered_call *call;
    const struct ffisan_contract_term *term;
    uint64_t value;
    bool keep, found; /* keep: it is confirmed, else dropped */
};

static bool settle_pending(struct kept *kept, void *context) {
    struct pending *pending = context;
    const struct registered_call *call = pending->call;
    if (kept->tid != call->tid || kept->cfa != call->origin.cfa)
        return true;
    bool same = kept->registered == call->registered && same_thing(call, kept->term, pending->term);
    if (!same && kept->registered == call->registered)
        return true;
    if (same && pending->keep && (kept->start ? kept->start : kept->callback) == pending->value) {
        kept_confirm(kept);
        pending->found = true;
    } else {
        kept_remove(kept);
    }
    return true;
}

static bool settle(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value, bool keep) {
    struct pending pending = {call, term, value, keep, false};
    if (!__atomic_load_n(&kept_pendings, __ATOMIC_RELAXED))
        return false;
    if (!kept_enter())
        return true;
    kept_each(KEPT_BY_CALL, call->origin.cfa, settle_pending, &pending);
    kept_leave();
    return pending.found;
}

static void enter_book(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value,
                       enum kept_state state) {
    struct kept kept;
    if (!describe(call, term, value, &kept) || !kept_enter())
        return;
    kept.state = state;
    kept_add(&kept);
    kept_leave();
}

void retained_keep(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    if (call->returned)
        retained_returned(call);
    if (!is_first(call, term))
        return;
    if (!call->returned) {
        settle(call, term, value, false);
        if (value)
            enter_book(call, term, value, KEPT_PENDING);
    } else if (!settle(call, term, value, true) && value && (term->flags & (FFISAN_TERM_AFTER | FFISAN_TERM_OUTCOME))) {
        enter_book(call, term, value, KEPT_HELD);
    }
}

void retained_failed(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    retained_returned(call);
    settle(call, term, value, false);
}

/* ---- ends ---- */

struct ending {
    const struct registered_call *call;
    struct keys keys;
    struct losses losses;
};

static bool end_owned(struct kept *kept, void *losses) {
    if (kept->state >= KEPT_HELD)
        losses_let_go(losses, kept);
    return true;
}

void retained_owner_ends(uint64_t owner) {
    struct losses losses;
    losses.count = 0;
    if (!owner || !kept_any() || !kept_enter())
        return;
    kept_each(KEPT_BY_OWNER, owner, end_owned, &losses);
    kept_leave();
    losses_tell_end(&losses);
}

static bool keys_agree(const struct kept *kept, const struct keys *keys) {
    return !keys->known || !keys->count || keys->count != kept->key_count || keys->hash == kept->keys;
}

/* The host has made another one, and handed it over to the same place: for (...) { x = new(); bind(x); }. */
static bool is_replaced(const struct kept *kept, const struct registered_call *call) {
    return kept->registered->function == call->registered->function && kept->argument < call->argument_count &&
           call->arguments[kept->argument];
}

static bool end_named(struct kept *kept, void *context) {
    struct ending *ending = context;
    if (kept->state < KEPT_HELD || !kept_ended_by(kept, ending->call->registered) || !keys_agree(kept, &ending->keys))
        return true;
    if (is_replaced(kept, ending->call))
        kept_remove(kept);
    else
        losses_let_go(&ending->losses, kept);
    return true;
}

static RARE void end_all_named(const struct registered_call *call) {
    struct ending ending;
    ending.call = call;
    ending.keys = keys_of(call);
    ending.losses.count = 0;
    if (!kept_enter())
        return;
    for (uint32_t i = 0; i < call->argument_count; i++)
        if (call->arguments[i])
            kept_each(KEPT_BY_OWNER, call->arguments[i], end_named, &ending);
    kept_each(KEPT_BY_OWNER, 0, end_named, &ending);
    kept_leave();
    losses_tell_end(&ending.losses);
}

void retained_returned(struct registered_call *call) {
    if (LIKELY(!kept_any()) || (call->kept & ENDED))
        return;
    call->kept |= ENDED;
    end_all_named(call);
}

/* ---- callbacks that go ---- */

static struct contract_part part_of(const struct kept *kept) {
    return (struct contract_part){.role = FFISAN_ROLE_LENT,
                                  .registered = kept->registered,
                                  .term = kept->term,
                                  .argument = kept->argument,
                                  .generation = kept->generation};
}

struct release {
    struct callback *callback;
    struct kept_loss loss;
    struct kept found;
    bool hit, any;
};

/* For the day that C calls it. */
static void leave_word(struct callback *callback, const struct kept *kept) {
    callback->kept_by = kept->registered;
    callback->kept_term = kept->term;
    callback->kept_argument = kept->argument;
    callback->kept_generation = kept->generation;
    callback->kept_line = kept->moment.line;
    callback->kept_site = kept->moment.site;
}

static bool look_for_callback(struct kept *kept, void *context) {
    struct release *release = context;
    (void)kept;
    release->hit = true;
    return false;
}

static bool take_callback(struct kept *kept, void *context) {
    struct release *release = context;
    if (kept->state == KEPT_HELD)
        leave_word(release->callback, kept);
    if (kept->state == KEPT_HELD && kept->owner) {
        kept_lose(kept, &release->loss);
        return true;
    }
    if (kept->state == KEPT_HELD && !release->any) {
        release->found = *kept;
        release->any = true;
    }
    kept_remove(kept);
    return true;
}

bool retained_callback_released(struct callback *callback, const struct origin *origin, struct contract_part *part,
                                struct moment *moment) {
    struct release release = {.callback = callback};
    if (!kept_any() || !kept_enter())
        return false;
    kept_each(KEPT_BY_CALLBACK, callback->code, look_for_callback, &release);
    kept_leave();
    if (!release.hit)
        return false;
    release.loss = loss_here(origin, 0, "ffi_closure_free");
    if (!kept_enter())
        return false;
    kept_each(KEPT_BY_CALLBACK, callback->code, take_callback, &release);
    kept_leave();
    *part = part_of(&release.found);
    *moment = release.found.moment;
    return release.any;
}

/* ---- what was lost, and might be used now ---- */

struct use {
    const struct registered_call *call;
    struct losses losses;
};

static bool take_used(struct kept *kept, void *context) {
    struct use *use = context;
    if (kept->state == KEPT_LOST && !kept_dropped_by(kept, use->call->registered))
        losses_take(&use->losses, kept);
    return true;
}

RARE void retained_begins_rarely(const struct registered_call *call) {
    struct use use;
    use.call = call;
    use.losses.count = 0;
    if (role_of(call->registered) & ROLE_DESTRUCTOR || !kept_enter())
        return;
    for (uint32_t i = 0; i < call->argument_count; i++) {
        uint64_t parent = call->arguments[i] ? object_parent(call->arguments[i]) : 0;
        if (call->arguments[i])
            kept_each(KEPT_BY_OWNER, call->arguments[i], take_used, &use);
        if (parent)
            kept_each(KEPT_BY_OWNER, parent, take_used, &use);
    }
    kept_leave();
    losses_tell_use(&use.losses, call);
}

/* ---- callbacks that are called ---- */

/* Which of the registrations that wait for this code is meant: those whose data it is called with; where there is none, all. */
struct called {
    const uint64_t *arguments;
    unsigned count;
    bool all, any;
    struct losses losses;
};

static bool end_called(struct kept *kept, void *context) {
    struct called *called = context;
    bool meant = called->all;
    for (unsigned i = 0; i < called->count && !meant; i++)
        meant = called->arguments[i] == kept->data;
    if (meant) {
        losses_let_go(&called->losses, kept);
        called->any = true;
    }
    return true;
}

static void end_calls(enum kept_index index, uintptr_t code, struct called *called) {
    called->all = called->any = false;
    kept_each(index, code, end_called, called);
    called->all = !called->any;
    kept_each(index, code, end_called, called);
}

void retained_callback_called(const struct callback *callback, const uint64_t *arguments, unsigned count) {
    struct called called;
    called.arguments = arguments;
    called.count = count;
    called.losses.count = 0;
    if (!kept_any() || !kept_enter())
        return;
    end_calls(KEPT_BY_NOTIFY, callback->code, &called);
    end_calls(KEPT_BY_DONE, callback->code, &called);
    end_calls(KEPT_BY_ONCE, callback->code, &called);
    kept_leave();
    losses_tell_end(&called.losses);
}
