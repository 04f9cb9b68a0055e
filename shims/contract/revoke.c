/* SPDX-License-Identifier: Apache-2.0
 *
 * What is lent for the call alone, and what is left alone because a copy might not be the same to C: memory with pointers in it, memory that
 * another argument leads into, what callbacks get to see. Which of a function's parameters are in question is worked out once for each function;
 * the rest depends on the call.
 *
 * A contract may be wrong: a function may write what it should only read, or more than it should. So all that it has changed is carried back,
 * and no byte that it has not; what the host writes meanwhile stays.
 */
#include "contract/revoke.h"

#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "contract/copies.h"
#include "core/confined.h"
#include "core/contract_table.h"
#include "core/memory.h"
#include "core/modules.h"
#include "core/options.h"
#include "core/records.h"
#include "core/thread.h"
#include "hooks/with.h"

#define PLACES_MOST 6u
#define LENDERS     4096u
#define TEXT_MOST   ((size_t)64 << 10)
#define FIRST_CALLS 2u   /* of each function are guarded */
#define GUARD_EVERY 256u /* and of the others one in so many */
#define PAGE        4096u

/* What is known of one function, for ever. */
struct lender {
    const struct ffisan_contract_function *function;
    uint64_t calls;  /* atomic; not exact */
    uint32_t places; /* parameters that may be lent as copies, one bit each */
    uint32_t leads;  /* parameters that are pointers to pointers */
};
static struct lender *lenders[LENDERS];

/* ---- functions ------------------------------------------------------------------------------------------------------------- */

static const struct ffisan_type *type_of(const struct registered *registered) {
    return &registered->table->types.types[registered->function->type];
}

static const struct ffisan_type *pointee(const struct registered *registered, uint32_t place) {
    const struct type_table *types = &registered->table->types;
    const struct ffisan_type *function = type_of(registered);
    if (place >= function->count)
        return NULL;
    const struct ffisan_type *type = &types->types[types->fields[function->first + place].type];
    bool leads = type->kind == FFISAN_TYPE_POINTER || type->kind == FFISAN_TYPE_ARRAY;
    return leads ? &types->types[type->to] : NULL;
}

static bool is_plain(const struct type_table *types, const struct ffisan_type *type, unsigned depth) {
    switch (type->kind) {
    case FFISAN_TYPE_VOID:
    case FFISAN_TYPE_BOOL:
    case FFISAN_TYPE_CHARACTER:
    case FFISAN_TYPE_WIDE:
    case FFISAN_TYPE_INTEGER:
    case FFISAN_TYPE_ENUM:
    case FFISAN_TYPE_FLOAT:
    case FFISAN_TYPE_COMPLEX:
        return true;
    case FFISAN_TYPE_ARRAY:
        return depth && is_plain(types, &types->types[type->to], depth - 1);
    case FFISAN_TYPE_STRUCT:
        break;
    default:
        return false;
    }
    bool known = !(type->flags & (FFISAN_TYPE_INCOMPLETE | FFISAN_TYPE_FIELDS_UNKNOWN)) && type->count;
    for (uint32_t i = 0; known && i < type->count; i++)
        known = depth && is_plain(types, &types->types[types->fields[type->first + i].type], depth - 1);
    return known;
}

static bool says_bytes(const struct ffisan_contract_term *term) {
    return !(term->flags & FFISAN_TERM_FIELD) && !term->value &&
           (term->word == FFISAN_WORD_IN || term->word == FFISAN_WORD_OUT || term->word == FFISAN_WORD_INOUT ||
            term->word == FFISAN_WORD_CSTRING || term->word == FFISAN_WORD_UTF8);
}

/* Words that do not make it more than lent. */
static bool is_harmless(const struct ffisan_contract_term *term) {
    return says_bytes(term) ||
           ((term->word == FFISAN_WORD_NULLABLE || term->word == FFISAN_WORD_NONNULL) && !(term->flags & FFISAN_TERM_FIELD));
}

/* Whether some word, if only under a condition, says that more becomes of what is handed over there, or that others depend on it. */
static bool is_kept(const struct registered *registered, uint32_t place) {
    for (uint32_t i = 0; i < registered->function->count; i++) {
        const struct ffisan_contract_term *term = &registered->terms[i];
        if (term->place == place && !is_harmless(term))
            return true;
        bool owned = term->word == FFISAN_WORD_RETAINED || term->word == FFISAN_WORD_INVALIDATES ||
                     term->word == FFISAN_WORD_SERIAL || term->word == FFISAN_WORD_CREATOR_THREAD ||
                     (term->word == FFISAN_WORD_BORROWED && term->place != FFISAN_TERM_RESULT);
        if (owned && term->owner == place)
            return true;
    }
    return false;
}

static bool has_size(const struct registered *registered, uint32_t place) {
    for (uint32_t i = 0; i < registered->function->count; i++)
        if (registered->terms[i].place == place && says_bytes(&registered->terms[i]))
            return true;
    return false;
}

static bool takes_callbacks(const struct registered *registered) {
    const struct ffisan_type *to;
    for (uint32_t place = 0; place < REGISTERED_ARGUMENTS; place++)
        if ((to = pointee(registered, place)) && to->kind == FFISAN_TYPE_FUNCTION)
            return true;
    return false;
}

static size_t append(char *to, size_t used, size_t size, const char *text) {
    size_t length = strnlen(text, size - used - 1);
    memcpy(to + used, text, length);
    to[used + length] = 0;
    return used + length;
}

static size_t append_number(char *to, size_t used, size_t size, uint64_t number) {
    char digits[24], *at = digits + sizeof digits - 1;
    *at = 0;
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    return append(to, used, size, at);
}

/* Said once, when the function is first met. */
static RARE void note(const struct registered *registered, uint32_t place, const char *why) {
    char text[256];
    size_t used = append(text, 0, sizeof text, registered->name);
    used = append(text, used, sizeof text, "() as argument ");
    used = append_number(text, used, sizeof text, place + 1);
    used = append(text, used, sizeof text, ": ");
    append(text, used, sizeof text, why);
    record_note(FFISAN_NOTE_REVOKE, text);
}

static bool may_be_copied(const struct registered *registered, uint32_t place, bool callbacks) {
    const struct ffisan_type *to = pointee(registered, place);
    if (!to || !has_size(registered, place) || is_kept(registered, place))
        return false;
    if (type_of(registered)->flags & FFISAN_TYPE_VARIADIC) /* what is behind the '...' may lead into it */
        return false;
    const char *why = callbacks                                     ? "callbacks of the call may be handed it, too"
                      : !is_plain(&registered->table->types, to, 8) ? "it may hold pointers, or lead to itself"
                                                                    : NULL;
    if (why && to->kind != FFISAN_TYPE_POINTER)
        note(registered, place, why);
    return !why;
}

static RARE struct lender *learn(const struct registered *registered) {
    struct lender *lender = memory_carve(sizeof *lender);
    if (!lender)
        return NULL;
    bool callbacks = takes_callbacks(registered);
    const struct ffisan_type *to;
    lender->function = registered->function;
    for (uint32_t place = 0; place < REGISTERED_ARGUMENTS; place++) {
        if (may_be_copied(registered, place, callbacks))
            lender->places |= 1u << place;
        if ((to = pointee(registered, place)) && to->kind == FFISAN_TYPE_POINTER)
            lender->leads |= 1u << place;
    }
    return lender;
}

static struct lender *lender_of(const struct registered *registered) {
    uint32_t at = (uint32_t)(((uintptr_t)registered->function >> 5) * 0x9e3779b1u);
    for (uint32_t step = 0; step < 16; step++, at++) {
        struct lender **place = &lenders[at % LENDERS], *there = __atomic_load_n(place, __ATOMIC_ACQUIRE);
        if (LIKELY(there && there->function == registered->function))
            return there;
        if (there)
            continue;
        struct lender *fresh = learn(registered);
        if (fresh && __atomic_compare_exchange_n(place, &there, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return fresh;
        return fresh && there && there->function == registered->function ? there : NULL;
    }
    return NULL;
}

/* ---- one call: in ---------------------------------------------------------------------------------------------------------- */

/* The text with its NUL; 0: it has none in what can be read. */
static size_t text_size(uintptr_t text) {
    for (size_t known = 0; known < TEXT_MOST;) {
        size_t step = PAGE - (text + known) % PAGE;
        if (contract_readable(text + known, step) != step)
            return 0;
        size_t length = strnlen((const char *)text + known, step);
        if (length < step)
            return known + length + 1;
        known += step;
    }
    return 0;
}

/* The most that any of its words gives it. */
static size_t bytes_lent(const struct registered_call *call, uint32_t place, const struct ffisan_contract_term **by) {
    const struct registered *registered = call->registered;
    size_t most = 0;
    for (uint32_t i = 0; i < registered->function->count; i++) {
        const struct ffisan_contract_term *term = &registered->terms[i];
        uint64_t bytes = 0;
        if (term->place != place || !says_bytes(term) || !term_holds(call, term))
            continue;
        bool text = term->word == FFISAN_WORD_CSTRING || term->word == FFISAN_WORD_UTF8;
        if (text)
            bytes = text_size(call->arguments[place]);
        else if (!term_bytes(call, term, &bytes))
            return 0;
        if (bytes > most) {
            most = bytes;
            *by = term;
        }
    }
    return most;
}

/* What is lent at one place. */
struct offer {
    uint32_t place;
    uintptr_t start;
    size_t size;
    const struct ffisan_contract_term *term;
};

/* Another argument in it, or at its end, may be meant together with it. */
static bool is_met(const struct registered_call *call, const struct offer *offer) {
    for (uint32_t i = 0; i < call->argument_count; i++)
        if (i != offer->place && call->arguments[i] - offer->start <= offer->size)
            return true;
    return false;
}

static bool overlaps(const struct offer *offer, const struct offer *all, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (all[i].place != offer->place && offer->start < all[i].start + all[i].size &&
            all[i].start < offer->start + offer->size)
            return true;
    return false;
}

static unsigned gather(const struct registered_call *call, uint32_t places, struct offer offers[PLACES_MOST]) {
    unsigned count = 0;
    for (; places && count < PLACES_MOST; places &= places - 1) {
        struct offer offer = {.place = (uint32_t)__builtin_ctz(places)};
        offer.start = offer.place < call->argument_count ? call->arguments[offer.place] : 0;
        offer.size = offer.start ? bytes_lent(call, offer.place, &offer.term) : 0;
        if (offer.size && offer.size <= COPY_MOST - COPY_EXTRA)
            offers[count++] = offer;
    }
    return count;
}

static size_t extra_behind(uintptr_t end) {
    size_t rest = (PAGE - end % PAGE) % PAGE;
    return rest < COPY_EXTRA ? rest : COPY_EXTRA;
}

/* By the contract and by the type: `const void *from FFISAN_IN(size)`. */
static bool is_constant(const struct registered *registered, const struct offer *offer) {
    const struct type_table *types = &registered->table->types;
    const struct ffisan_type *type = &types->types[types->fields[type_of(registered)->first + offer->place].type];
    bool read = offer->term->word != FFISAN_WORD_OUT && offer->term->word != FFISAN_WORD_INOUT;
    return read && (type->flags & FFISAN_TYPE_CONST);
}

static void lend(struct registered_call *call, const struct offer *offer, uint64_t number) {
    if (contract_readable(offer->start, offer->size) != offer->size)
        return;
    bool guarded = number <= FIRST_CALLS || number % GUARD_EVERY == 0;
    unsigned how = (guarded ? COPY_GUARDED : 0) | (is_constant(call->registered, offer) ? COPY_CONSTANT : 0);
    struct copy *copy = copy_make(offer->start, offer->size, extra_behind(offer->start + offer->size), how);
    if (!copy)
        return;
    if (!registered_replace(call, offer->place, copy->start)) {
        copy_take_away(copy);
        return;
    }
    copy->registered = call->registered;
    copy->term = offer->term;
    copy->argument = offer->place;
    copy->generation = modules_generation();
    copy->number = number;
    copy->moment = moment_here(&call->origin, 0);
    copy->next = call->revoked;
    call->revoked = copy;
}

/* A call at this depth that never came back (longjmp, an exception): what it wrote is not known to be wanted. */
static RARE void abandon(struct registered_call *call) {
    for (struct copy *copy = call->revoked, *next; copy; copy = next) {
        next = copy->next;
        copy_take_away(copy);
    }
    call->revoked = NULL;
}

void revoke_enter(struct registered_call *call) {
    struct offer offers[PLACES_MOST];
    if (UNLIKELY(call->revoked != NULL))
        abandon(call);
    struct lender *lender = lender_of(call->registered);
    if (LIKELY(!lender || !lender->places))
        return;
    uint64_t number = __atomic_add_fetch(&lender->calls, 1, __ATOMIC_RELAXED);
    unsigned count = gather(call, lender->places, offers);
    for (unsigned i = 0; i < count; i++)
        if (!is_met(call, &offers[i]) && !overlaps(&offers[i], offers, count))
            lend(call, &offers[i], number);
}

/* ---- what is said of it ----------------------------------------------------------------------------------------------------- */

static struct contract_part part_of(const struct copy *copy) {
    return (struct contract_part){.role = FFISAN_ROLE_LENT,
                                  .registered = copy->registered,
                                  .term = copy->term,
                                  .argument = copy->argument,
                                  .generation = copy->generation,
                                  .wanted = copy->size,
                                  .given = copy->number};
}

static void describe(const struct copy *copy, uintptr_t address, struct finding *finding) {
    finding->rule = FFISAN_RULE_RETAINED_POINTER;
    finding->address = copy->original + (address - copy->start);
    finding->offset = address - copy->start;
    moment_tell(finding, FFISAN_ROLE_LENT, copy->moment);
}

/* Valgrind tells of ranges by the names that they were given: this one leads to a record of the lend. One record for each place and line that lends. */
static RARE void name(struct copy *copy) {
    static _Alignas(8) char room[CONTRACT_ROOM]; /* Valgrind runs one thread at a time, and changes it rarely */
    char text[sizeof FFISAN_LENT_NAME + 20];
    const struct contract_part part = part_of(copy);
    struct finding finding = {0};
    describe(copy, copy->start, &finding);
    contract_tell(&finding, &part, 1, room);
    const struct ffisan_record_finding *record = finding_record_checked(&finding);
    if (!record)
        return;
    size_t used = append(text, 0, sizeof text, FFISAN_LENT_NAME);
    append_number(text, used, sizeof text, (uintptr_t)record - (uintptr_t)records_header());
    copy->mark = with_memory.name(copy->start, copy->size, text) + 1;
}

/* ---- and out --------------------------------------------------------------------------------------------------------------- */

/* Against its contract, and perhaps where nobody can write: then the program would have died of it, and does not. */
static RARE void write_carefully(uintptr_t to, const void *from, size_t size) {
    struct iovec local = {(void *)(uintptr_t)from, size}, remote = {(void *)to, size};
    if (!confined())
        syscall(SYS_process_vm_writev, getpid(), &local, 1ul, &remote, 1ul, 0ul);
}

static void write_run(const struct copy *copy, size_t at, size_t size) {
    bool allowed = copy->term->word == FFISAN_WORD_OUT || copy->term->word == FFISAN_WORD_INOUT;
    if (LIKELY(allowed && at + size <= copy->size))
        memcpy((void *)(copy->original + at), (const void *)(copy->start + at), size);
    else
        write_carefully(copy->original + at, (const void *)(copy->start + at), size);
}

/* What C has written. */
static void carry_back(const struct copy *copy) {
    const uint8_t *now = (const uint8_t *)copy->start, *before = (const uint8_t *)copy->before;
    size_t end = copy->size + copy->extra;
    for (size_t at = copy_changed(copy, 0); at < end; at = copy_changed(copy, at)) {
        size_t run = at;
        while (run < end && now[run] != before[run])
            run++;
        write_run(copy, at, run - at);
        at = run;
    }
}

static bool leads_in(const struct copy *copy, uint64_t value) {
    return copy->size && value - copy->start <= copy->size;
}

static bool lead_back(const struct registered_call *call, uint64_t *value) {
    for (const struct copy *copy = call->revoked; copy; copy = copy->next)
        if (leads_in(copy, *value)) {
            *value = copy->original + (*value - copy->start);
            return true;
        }
    return false;
}

static void lead_back_pointers(const struct registered_call *call, uint32_t leads) {
    for (; leads; leads &= leads - 1) {
        uint32_t place = (uint32_t)__builtin_ctz(leads);
        uint64_t value;
        uintptr_t at = place < call->argument_count ? call->arguments[place] : 0;
        if (at && contract_read(&value, at, sizeof value) && lead_back(call, &value))
            memcpy((void *)at, &value, sizeof value);
    }
}

void revoke_leave(struct registered_call *call) {
    const struct lender *lender = call->revoked ? lender_of(call->registered) : NULL;
    if (LIKELY(!call->revoked))
        return;
    if (lead_back(call, &call->results[0]))
        call->result = call->results[0];
    lead_back_pointers(call, lender ? lender->leads : 0);
    for (struct copy *copy = call->revoked, *next; copy; copy = next) {
        next = copy->next;
        carry_back(copy);
        if (with_memory.name)
            name(copy);
        copy_take_away(copy);
    }
    call->revoked = NULL;
}

/* ---- a late use ------------------------------------------------------------------------------------------------------------ */

static void report(const struct copy *copy, uintptr_t address, struct finding *finding) {
    const struct contract_part part = part_of(copy);
    describe(copy, address, finding);
    contract_report(finding, &part, 1);
}

static void written(struct copy *copy, size_t offset) {
    uintptr_t address = copy->start + offset;
    struct finding finding = {.byte = *(const uint8_t *)address};
    report(copy, address, &finding);
}

/* The same memory is lent again at this moment: then C is in its right, whichever address it uses. */
struct search {
    const struct copy *copy;
    bool lent;
};
static bool is_lent_in(const struct registered_call *call, void *context) {
    struct search *search = context;
    for (uint32_t i = 0; i < call->argument_count; i++)
        search->lent |= call->arguments[i] == search->copy->original;
    return !search->lent;
}

bool revoke_fault(uintptr_t address, const void *context) {
    struct copy *copy = copy_at(address);
    if (!copy || !copy->guarded || __atomic_load_n(&copy->state, __ATOMIC_ACQUIRE) != COPY_TAKEN || !copy_open_again(copy))
        return false;
    struct search search = {.copy = copy};
    registered_open_everywhere(is_lent_in, &search);
    struct finding finding = {.context = context};
    if (!search.lent && !copy->told)
        report(copy, address, &finding);
    copy->told = true;
    return true;
}

uintptr_t revoke_given_back(uintptr_t address) {
    struct copy *copy = copy_at(address);
    if (!copy || address != copy->start)
        return 0;
    copy->size = copy->extra = 0;
    return copy->original;
}

/* Another checker has found it; by the address the two are put together. */
static void explain(uintptr_t address, struct finding *finding) {
    static _Alignas(8) char room[CONTRACT_ROOM]; /* one thread reports */
    const struct copy *copy = copy_at(address);
    if (!copy || copy->state != COPY_TAKEN)
        return;
    const struct contract_part part = part_of(copy);
    describe(copy, address, finding);
    finding->address = address;
    finding->block = NULL;
    contract_tell(finding, &part, 1, room);
}

void revoke_end(void) {
    if (options.revoke)
        copies_check();
}

void revoke_start(void) {
    if (!options.revoke || !options.contracts[0] || !copies_start(written))
        return;
    registered_around(revoke_enter, revoke_leave);
    with_on_access(explain);
}

void revoke_forked(void) {
    copies_forked();
}
