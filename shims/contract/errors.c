/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/errors.h"

#include <string.h>

/* The thing that a call gives out by this term, by name; NULL: none. */
static const char *product(const struct registered *registered, const struct ffisan_contract_term *term) {
    bool result = term->place == FFISAN_TERM_RESULT && (term->word == FFISAN_WORD_OWNED || term->word == FFISAN_WORD_BORROWED ||
                                                        term->word == FFISAN_WORD_STATIC || term->word == FFISAN_WORD_HANDLE);
    bool out = term->place < REGISTERED_ARGUMENTS &&
               (term->word == FFISAN_WORD_OUT_OWNED || (term->word == FFISAN_WORD_BORROWED && term->flags & FFISAN_TERM_AFTER));
    return (result || out) && term->kind ? term_text(registered, term->kind) : NULL;
}

bool error_may_show(const struct registered *registered) {
    for (uint32_t i = 0; i < registered->function->count; i++)
        if (product(registered, &registered->terms[i]))
            return true;
    return false;
}

/* ---- what failed ---- */

static void forget(struct failures *failures, const char *kind) {
    uint32_t left = 0;
    for (uint32_t i = 0; i < failures->count; i++)
        if (strcmp(failures->last[i].kind, kind) != 0)
            failures->last[left++] = failures->last[i];
    failures->count = left;
}

static void keep(struct failures *failures, const struct failure *failure) {
    uint32_t kept = failures->count < FAILURES_KEPT ? failures->count : FAILURES_KEPT - 1;
    memmove(&failures->last[1], &failures->last[0], kept * sizeof failures->last[0]);
    failures->last[0] = *failure;
    failures->count = kept + 1;
}

/* What is left in an out-parameter may be what was there before, and good; NULL is not. */
static bool came_of_it(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t *value) {
    return term_value(call, term, value) && (term->place == FFISAN_TERM_RESULT || *value == 0);
}

RARE void error_noted(struct registered_call *call, const struct ffisan_contract_term *fails, uint64_t none) {
    struct failures *failures = registered_failures();
    struct moment moment = {0};
    (void)fails;
    (void)none;
    for (uint32_t i = 0; failures && i < call->registered->function->count; i++) {
        const struct ffisan_contract_term *term = &call->registered->terms[i];
        const char *kind = product(call->registered, term);
        struct failure failure = {call->registered, term, kind, 0, moment};
        if (!kind || !came_of_it(call, term, &failure.value))
            continue;
        if (!moment.site)
            failure.moment = moment = moment_here(&call->origin, 0);
        forget(failures, kind);
        keep(failures, &failure);
    }
}

void error_over(struct registered_call *call, const struct ffisan_contract_term *fails, uint64_t none) {
    struct failures *failures = registered_failures();
    (void)fails;
    (void)none;
    for (uint32_t i = 0; failures && failures->count && i < call->registered->function->count; i++) {
        const char *kind = product(call->registered, &call->registered->terms[i]);
        if (kind)
            forget(failures, kind);
    }
}

/* ---- what uses it ---- */

static RARE void report(struct registered_call *call, const struct ffisan_contract_term *term, const struct failure *failure) {
    struct contract_part parts[] = {
        {.role = FFISAN_ROLE_DETECTED, .registered = call->registered, .term = term, .argument = term->place},
        {.role = FFISAN_ROLE_CREATED,
         .registered = failure->registered,
         .term = failure->term,
         .argument = failure->term->place}};
    struct finding finding = {.rule = FFISAN_RULE_UNCHECKED_ERROR, .origin = &call->origin, .address = failure->value};
    moment_tell(&finding, FFISAN_ROLE_CREATED, failure->moment);
    contract_report(&finding, parts, 2);
}

/* An opaque pointer says of itself that it is a handle, and not that it must be one: then only the failure of what makes such handles counts.
 * To look for something and not to find it is no failure to everybody. */
static bool is_meant(const struct failure *failure, const struct ffisan_contract_term *term, uint64_t value) {
    bool makes = failure->term->word == FFISAN_WORD_OWNED || failure->term->word == FFISAN_WORD_OUT_OWNED;
    return value || makes || !(term->flags & FFISAN_TERM_IMPLIED);
}

bool error_told(struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    const struct failures *failures = registered_failures();
    const struct ffisan_contract_term *handle = term_of(call, FFISAN_WORD_HANDLE, term->place);
    const char *kind = handle ? term_text(call->registered, handle->kind) : NULL;
    for (uint32_t i = 0; failures && kind && i < failures->count; i++) {
        const struct failure *failure = &failures->last[i];
        if (failure->value != value || strcmp(failure->kind, kind) != 0 || !is_meant(failure, term, value) ||
            !rule_on(FFISAN_RULE_UNCHECKED_ERROR))
            continue;
        report(call, term, failure);
        return true;
    }
    return false;
}

/* Who gives a thing back may do so in vain. */
static bool must_be_good(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t value) {
    if (term_of(call, FFISAN_WORD_CONSUMED, term->place) || term_of(call, FFISAN_WORD_UNREF, term->place))
        return false;
    return value || (!term_of(call, FFISAN_WORD_NULLABLE, term->place) &&
                     !term_of(call, FFISAN_WORD_NONNULL, term->place)); /* null_check asks for those */
}

RARE void errors_check(struct registered_call *call) {
    for (uint32_t i = 0; i < call->registered->function->count; i++) {
        const struct ffisan_contract_term *term = &call->registered->terms[i];
        uint64_t value;
        if (term->word == FFISAN_WORD_HANDLE && term->place < REGISTERED_ARGUMENTS && !term->value && term_holds(call, term) &&
            term_value(call, term, &value) && must_be_good(call, term, value))
            error_told(call, term, value);
    }
}
