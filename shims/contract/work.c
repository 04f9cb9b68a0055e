/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/work.h"

#include <string.h>

#include "contract/errors.h"
#include "contract/objects.h"
#include "contract/roles.h"
#include "core/contract_table.h"
#include "core/memory.h"
#include "core/options.h"

#define TERMS_MOST 64u /* of one function; further ones are not looked at */

/* All lists of one function, while they are made. */
struct making {
    const struct ffisan_contract_term *terms;
    uint32_t count;
    struct step enter[TERMS_MOST], leave[TERMS_MOST];
    const struct ffisan_contract_term *fails[TERMS_MOST];
    uint8_t held[TERMS_MOST], kept[TERMS_MOST];
    uint16_t enter_count, leave_count, fails_count;
    uint8_t held_count, kept_count;
    bool shows; /* its failure may be seen by what comes of it (errors.h) */
};

static const struct word_work *work_for(const struct ffisan_contract_term *term) {
    static const struct word_work nothing;
    const struct word_work *work = term->word < FFISAN_WORDS ? &word_work[term->word] : &nothing;
    return !work->rules || (work->rules & options.rules_on) ? work : &nothing;
}

/* By order, those of one order as they are written. */
static void insert(struct step *steps, uint16_t *count, struct step step) {
    unsigned at = (*count)++, order = word_work[step.term->word].order;
    for (; at > 0 && word_work[steps[at - 1].term->word].order > order; at--)
        steps[at] = steps[at - 1];
    steps[at] = step;
}

static void remember(struct making *making, uint32_t index, bool value) {
    const struct ffisan_contract_term *term = &making->terms[index];
    if (term->when && !(term->flags & FFISAN_TERM_OUTCOME))
        making->held[index] = making->held_count++;
    if (value && term->value && !(term->flags & FFISAN_TERM_AFTER) && making->kept_count < REGISTERED_VALUES)
        making->kept[index] = making->kept_count++;
}

static void take(struct making *making, uint32_t index) {
    const struct ffisan_contract_term *term = &making->terms[index];
    const struct word_work *work = work_for(term);
    bool early = work->enter && !(term->flags & (FFISAN_TERM_AFTER | FFISAN_TERM_OUTCOME));
    bool after = work->after && (term->flags & (FFISAN_TERM_AFTER | FFISAN_TERM_OUTCOME));
    struct step step = {term, early ? work->enter : NULL, after ? work->after : work->leave, after ? work->after : work->failed};
    bool late = (step.leave || step.failed) && (term->word != FFISAN_WORD_FAILS || making->shows);
    if (early)
        insert(making->enter, &making->enter_count, step);
    if (late)
        insert(making->leave, &making->leave_count, step);
    if (term->word == FFISAN_WORD_FAILS && term->size)
        making->fails[making->fails_count++] = term;
    if (early || late || term->word == FFISAN_WORD_FAILS)
        remember(making, index, late);
}

static void take_all(struct making *making, const struct registered *registered) {
    memset(making->held, WORK_NONE, sizeof making->held);
    memset(making->kept, WORK_NONE, sizeof making->kept);
    making->terms = registered->terms;
    making->shows = error_may_show(registered);
    making->count = registered->function->count < TERMS_MOST ? registered->function->count : TERMS_MOST;
    for (uint32_t i = 0; i < making->count; i++)
        take(making, i);
}

static char *put(char *to, const void *from, size_t size) {
    memcpy(to, from, size);
    return to + size;
}

static struct work *keep(const struct making *making) {
    size_t steps = sizeof(struct step), pointer = sizeof(void *);
    struct work *work = memory_carve(sizeof *work + (size_t)(making->enter_count + making->leave_count) * steps +
                                     making->fails_count * pointer + 2 * (size_t)making->count);
    if (!work)
        return NULL;
    char *at = (char *)(work + 1);
    work->on_enter = (const struct step *)at;
    at = put(at, making->enter, making->enter_count * steps);
    work->on_leave = (const struct step *)at;
    at = put(at, making->leave, making->leave_count * steps);
    work->fails = (const struct ffisan_contract_term *const *)at;
    at = put(at, making->fails, making->fails_count * pointer);
    work->held = (const uint8_t *)at;
    at = put(at, making->held, making->count);
    work->kept = (const uint8_t *)at;
    put(at, making->kept, making->count);
    work->enter_count = making->enter_count;
    work->leave_count = making->leave_count;
    work->fails_count = making->fails_count;
    return work;
}

/* Who closes a handle, or comes back into the library, asks which calls are under way with it. */
static bool works_on_handles(const struct registered *registered) {
    for (uint32_t i = 0; i < registered->function->count; i++)
        if (registered->terms[i].word == FFISAN_WORD_HANDLE && registered->terms[i].place < REGISTERED_ARGUMENTS)
            return true;
    return false;
}

static bool shows(const struct registered *registered) {
    const struct ffisan_type *types = registered->table->types.types;
    for (uint32_t i = 0; i < registered->function->count; i++)
        if (registered->terms[i].place == FFISAN_TERM_RESULT &&
            (registered->terms[i].word == FFISAN_WORD_OWNED || registered->terms[i].word == FFISAN_WORD_BORROWED ||
             registered->terms[i].word == FFISAN_WORD_STATIC))
            return false;
    return types[types[registered->function->type].to].kind == FFISAN_TYPE_POINTER;
}

/* NULL: there is no memory. */
static const uint32_t *kinds_of(const struct registered *registered) {
    uint32_t *kinds = memory_carve((registered->function->count + 1) * sizeof *kinds);
    for (uint32_t i = 0; kinds && i < registered->function->count; i++)
        kinds[i] = object_kind(registered, &registered->terms[i]);
    return kinds;
}

static uint8_t registers_of(const struct passed *passed) {
    uint8_t most = 0;
    for (uint32_t i = 0; i < passed->count; i++) {
        const struct passed_value *value = &passed->arguments[i];
        if (value->place != PASSED_REGISTER && value->place != PASSED_NOWHERE)
            return UINT8_MAX;
        if (value->place == PASSED_REGISTER && value->at >= most)
            most = (uint8_t)(value->at + 1);
    }
    return most;
}

const struct work *work_make(const struct registered *registered, bool around) {
    struct making making = {0};
    unsigned role = role_of(registered);
    take_all(&making, registered);
    if (!making.enter_count && !making.leave_count && !(around && making.count) && !(role & (ROLE_ENDS | ROLE_ENDS_KEPT)))
        return NULL;
    struct work *work = keep(&making);
    if (!work)
        return NULL;
    work->registered = *registered;
    work->registered.kinds = kinds_of(registered);
    work->remembers = making.held_count || making.kept_count;
    work->shows = shows(registered);
    work->ends = role & ROLE_ENDS;
    work->ends_kept = role & ROLE_ENDS_KEPT;
    work->through = making.leave_count || around || work->ends || work->ends_kept || works_on_handles(registered);
    passed_by(&registered->table->types, registered->function->type, &work->passed);
    work->integers = registers_of(&work->passed);
    work->crosses = !(registered->definer->kind & MODULE_LIBC);
    work->answers_nothing = work->passed.result.place == PASSED_NOWHERE;
    /* What it is given by value would not all be handed on (hooks/gates.h). */
    work->through = work->through && work->passed.stack_bytes <= 1024;
    return work;
}
