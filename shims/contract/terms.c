/* SPDX-License-Identifier: Apache-2.0
 *
 * What a contract's expressions come to at a call.
 */
#include <string.h>

#include "contract/work.h"
#include "core/contract_table.h"

#define TEXT_PIECE 4096u
#define TEXT_MOST  (16u << 20) /* of which the length is asked for */

/* ---- what expressions ask for ---- */

static bool argument_of(const void *context, uint32_t index, uint64_t *value) {
    const struct registered_call *call = context;
    if (index >= call->argument_count || work_of(call)->passed.arguments[index].place == PASSED_NOWHERE)
        return false;
    *value = call->arguments[index];
    return true;
}

static bool result_of(const void *context, uint64_t *value) {
    const struct registered_call *call = context;
    *value = call->result;
    return call->returned && work_of(call)->passed.result.place != PASSED_NOWHERE;
}

static bool load(const void *context, uintptr_t address, void *to, size_t size) {
    (void)context;
    return contract_read(to, address, size);
}

static UNCHECKED_READS bool length_of(const void *context, uintptr_t text, uint64_t *length) {
    (void)context;
    for (size_t done = 0; done < TEXT_MOST;) {
        size_t piece = contract_readable(text + done, TEXT_PIECE - (text + done) % TEXT_PIECE);
        const char *end = piece ? memchr((const char *)text + done, 0, piece) : NULL;
        if (end)
            return *length = (uintptr_t)end - text, true;
        if (!piece || (text + done + piece) % TEXT_PIECE)
            return false;
        done += piece;
    }
    return false;
}

static const struct contract_inputs inputs = {argument_of, result_of, load, length_of};

bool term_evaluate(const struct registered_call *call, uint32_t code, uint64_t *value) {
    const uint8_t *at = call->registered->table->code + code;
    if (LIKELY(at[0] == FFISAN_CODE_ARGUMENT && at[2] == FFISAN_CODE_END)) /* most are no more than that */
        return argument_of(call, at[1], value);
    return contract_evaluate(call->registered->table, code, &inputs, call, value);
}

bool term_of_result(const struct registered_call *call, uint32_t code, uint64_t *value) {
    static const struct contract_inputs result_alone = {.result = result_of};
    return contract_evaluate(call->registered->table, code, &result_alone, call, value);
}

/* ---- terms ---- */

static bool place_value(const struct registered_call *call, uint32_t place, uint64_t *value) {
    return place == FFISAN_TERM_RESULT ? result_of(call, value) : argument_of(call, place, value);
}

static bool names_argument(const struct ffisan_contract_term *term) {
    return term->word == FFISAN_WORD_INVALIDATES || term->word == FFISAN_WORD_SERIAL || term->word == FFISAN_WORD_CREATOR_THREAD;
}

static uint8_t index_in(const uint8_t *list, const struct registered_call *call, const struct ffisan_contract_term *term) {
    size_t index = (size_t)(term - call->registered->terms);
    return index < 64 && index < call->registered->function->count ? list[index] : WORK_NONE;
}

bool term_value(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t *value) {
    uint8_t kept = index_in(work_of(call)->kept, call, term);
    if (kept != WORK_NONE && call->value_known >> kept & 1) {
        *value = call->values[kept];
        return true;
    }
    if ((term->flags & FFISAN_TERM_AFTER) && !call->returned)
        return false;
    if (term->value)
        return term_evaluate(call, term->value, value);
    if (term->place == FFISAN_TERM_FUNCTION)
        return names_argument(term) && term_owner(call, term, value);
    return place_value(call, term->place, value);
}

bool term_owner(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t *value) {
    if (term->other)
        return term_evaluate(call, term->other, value);
    if (term->owner == FFISAN_TERM_RESULT) {
        *value = call->result;
        return call->returned;
    }
    return term->owner < REGISTERED_ARGUMENTS && argument_of(call, term->owner, value);
}

bool term_bytes(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t *bytes) {
    return term->size && term_evaluate(call, term->size, bytes);
}

/* As it was on the way in, for what does not look at the outcome. */
bool term_holds(const struct registered_call *call, const struct ffisan_contract_term *term) {
    uint64_t value;
    if (!term->when)
        return true;
    uint8_t held = index_in(work_of(call)->held, call, term);
    if (held != WORK_NONE)
        return call->held >> held & 1;
    if ((term->flags & FFISAN_TERM_OUTCOME) && !call->returned)
        return false;
    return term_evaluate(call, term->when, &value) && value;
}

const char *term_text(const struct registered *registered, uint32_t offset) {
    return type_text(&registered->table->types, offset);
}

const struct ffisan_contract_term *term_of(const struct registered_call *call, enum ffisan_word word, uint32_t place) {
    for (uint32_t i = 0; i < call->registered->function->count; i++) {
        const struct ffisan_contract_term *term = &call->registered->terms[i];
        if (term->word == word && term->place == place && term_holds(call, term))
            return term;
    }
    return NULL;
}

const char *term_function(const struct registered *registered, const struct ffisan_contract_term *term, uint32_t index,
                          const struct ffisan_contract_function **function) {
    const struct contract_table *table = registered->table;
    if (function)
        *function = NULL;
    if (2 * (uint64_t)index + 1 >= term->count)
        return NULL;
    uint32_t name = table->numbers[term->first + 2 * index], number = table->numbers[term->first + 2 * index + 1];
    if (function && number < table->function_count)
        *function = &table->functions[number];
    return type_text(&table->types, name);
}
