/* SPDX-License-Identifier: Apache-2.0 */
#include "checks.h"

#include <string.h>

#include "complaints.h"
#include "cursors.h"
#include "near.h"
#include "sources.h"
#include "words.h"

#define NEAR 3u /* letters that may differ, and one less */

struct position word_argument_at(const struct word *word, size_t argument) {
    if (word->implied)
        return word->at;
    return argument < word->count && word->expressions[argument] ? word->expressions[argument]->at
                                                                 : sources_argument(word->at, argument);
}

/* ---- types ---- */

enum wants { WANTS_ANYTHING, WANTS_POINTER, WANTS_STORED, WANTS_CALLBACK, WANTS_HANDLE };

static const uint8_t wants[FFISAN_WORDS] = {
    [FFISAN_WORD_OWNED] = WANTS_HANDLE,
    [FFISAN_WORD_OUT_OWNED] = WANTS_STORED,
    [FFISAN_WORD_BORROWED] = WANTS_HANDLE,
    [FFISAN_WORD_STATIC] = WANTS_POINTER,
    [FFISAN_WORD_CONSUMED] = WANTS_HANDLE,
    [FFISAN_WORD_REF] = WANTS_HANDLE,
    [FFISAN_WORD_UNREF] = WANTS_HANDLE,
    [FFISAN_WORD_RETAINED] = WANTS_POINTER,
    [FFISAN_WORD_RETAINED_FOREVER] = WANTS_POINTER,
    [FFISAN_WORD_ONCE] = WANTS_POINTER,
    [FFISAN_WORD_NOTIFIED] = WANTS_POINTER,
    [FFISAN_WORD_UNTIL_DONE] = WANTS_POINTER,
    [FFISAN_WORD_USER_DATA] = WANTS_HANDLE,
    [FFISAN_WORD_LIBRARY_THREAD] = WANTS_CALLBACK,
    [FFISAN_WORD_IN] = WANTS_POINTER,
    [FFISAN_WORD_OUT] = WANTS_POINTER,
    [FFISAN_WORD_INOUT] = WANTS_POINTER,
    [FFISAN_WORD_IN_N] = WANTS_POINTER,
    [FFISAN_WORD_OUT_N] = WANTS_POINTER,
    [FFISAN_WORD_INOUT_N] = WANTS_POINTER,
    [FFISAN_WORD_CSTRING] = WANTS_POINTER,
    [FFISAN_WORD_UTF8] = WANTS_POINTER,
    [FFISAN_WORD_NULLABLE] = WANTS_POINTER,
    [FFISAN_WORD_NONNULL] = WANTS_POINTER,
    [FFISAN_WORD_HANDLE] = WANTS_HANDLE,
};

static bool type_fits(enum wants wanted, CXType type) {
    switch (wanted) {
    case WANTS_POINTER:
        return is_pointer(type);
    case WANTS_STORED:
        return is_pointer(type) && plain_type(pointee_of(type)).kind != CXType_Void;
    case WANTS_CALLBACK:
        return is_callback(type) || is_pointer(type);
    case WANTS_HANDLE:
        return is_pointer(type) || is_integer(type);
    default:
        return true;
    }
}

void check_word(const struct word *word, CXType type) {
    static const char *const sentences[] = {"", "a pointer", "a pointer to what the call stores there", "a callback",
                                            "a pointer or a handle"};
    enum wants wanted = (enum wants)wants[word->id];
    if (!type_fits(wanted, type))
        complain(SAYS_ERROR, word->at, "%s speaks of %s, and this is none", word_rows[word->id].spelling, sentences[wanted]);
}

void check_named(const struct function *function, const struct word *word, CXType type) {
    bool calls = word->id == FFISAN_WORD_NOTIFIED || word->id == FFISAN_WORD_UNTIL_DONE || word->id == FFISAN_WORD_USER_DATA;
    if (calls && !is_pointer(type))
        complain(SAYS_ERROR, word_argument_at(word, 0), "'%s' of '%s' is no callback", word->arguments[0], function->name);
}

/* ---- contradictions ---- */

static const struct {
    enum ffisan_word one, other;
} contradictions[] = {
    {FFISAN_WORD_NULLABLE, FFISAN_WORD_NONNULL},
    {FFISAN_WORD_CONSUMED, FFISAN_WORD_RETAINED},
    {FFISAN_WORD_CONSUMED, FFISAN_WORD_RETAINED_FOREVER},
    {FFISAN_WORD_CONSUMED, FFISAN_WORD_UNREF},
    {FFISAN_WORD_CONSUMED, FFISAN_WORD_REF},
    {FFISAN_WORD_REF, FFISAN_WORD_UNREF},
    {FFISAN_WORD_OWNED, FFISAN_WORD_BORROWED},
    {FFISAN_WORD_OWNED, FFISAN_WORD_STATIC},
    {FFISAN_WORD_BORROWED, FFISAN_WORD_STATIC},
    {FFISAN_WORD_OUT_OWNED, FFISAN_WORD_BORROWED},
    {FFISAN_WORD_OUT_OWNED, FFISAN_WORD_STATIC},
    {FFISAN_WORD_RETAINED, FFISAN_WORD_RETAINED_FOREVER},
    {FFISAN_WORD_ONCE, FFISAN_WORD_UNTIL_DONE},
    {FFISAN_WORD_ONCE, FFISAN_WORD_RETAINED_FOREVER},
};

static bool contradict(enum ffisan_word one, enum ffisan_word other) {
    for (size_t i = 0; i < sizeof(contradictions) / sizeof(contradictions[0]); i++)
        if ((contradictions[i].one == one && contradictions[i].other == other) ||
            (contradictions[i].one == other && contradictions[i].other == one))
            return true;
    return false;
}

static bool may_repeat(enum ffisan_word id) {
    return id == FFISAN_WORD_FAILS || id == FFISAN_WORD_WHEN || id == FFISAN_WORD_VARIANT || id == FFISAN_WORD_INVALIDATES ||
           id == FFISAN_WORD_RETAINED || id == FFISAN_WORD_SERIAL || id == FFISAN_WORD_CREATOR_THREAD;
}

static void pair_check(const struct function *function, const char *name, const struct word *first, const struct word *second) {
    const char *of = name && *name ? name : function->name;
    if (first->block != second->block)
        return;
    if (contradict(first->id, second->id)) {
        const struct word *later = first->implied ? second : second->implied ? first : second;
        complain(SAYS_ERROR, later->at, "%s contradicts %s%s, of '%s'", word_rows[later->id].spelling,
                 word_rows[later == first ? second->id : first->id].spelling,
                 first->implied || second->implied ? ", as an attribute of the header has it" : "", of);
    } else if (first->id == second->id && !may_repeat(first->id) && !second->implied) {
        complain(SAYS_ERROR, second->at, "%s is said twice of '%s'", word_rows[second->id].spelling, of);
    }
}

void check_place(const struct function *function, const char *name, const struct words *words) {
    for (size_t i = 0; i < words->count; i++)
        for (size_t j = i + 1; j < words->count; j++)
            pair_check(function, name, words->items[i], words->items[j]);
}

/* ---- names ---- */

struct nearest {
    const char *wanted, *name;
    size_t distance;
};

static void nearest_try(struct nearest *nearest, const char *name) {
    size_t distance = *name ? near_distance(name, nearest->wanted) : NEAR;
    if (distance < nearest->distance && distance < strlen(nearest->wanted)) {
        nearest->name = name;
        nearest->distance = distance;
    }
}

const char *check_near_argument(const struct function *function, const struct record *record, const char *name) {
    struct nearest nearest = {.wanted = name, .distance = NEAR};
    for (size_t i = 0; record && i < record->field_count; i++)
        nearest_try(&nearest, record->fields[i].name);
    for (size_t i = 0; i < function->parameter_count; i++)
        nearest_try(&nearest, function->parameters[i].name);
    return nearest.name;
}

/* A variable that holds one: xmlFree. */
static bool is_symbol(const struct contract *contract, const char *name) {
    for (size_t i = 0; i < contract->symbol_count; i++)
        if (strcmp(contract->symbols[i]->name, name) == 0)
            return true;
    return false;
}

/* The C library's own, which a contract need not declare to say who frees. */
bool check_is_well_known(const char *name) {
    return strcmp(name, "free") == 0 || strcmp(name, "realloc") == 0 || strcmp(name, "reallocarray") == 0;
}

const struct function *check_function(const struct contract *contract, const struct word *word, size_t argument) {
    const char *name = word->arguments[argument];
    const struct function *function = contract_function(contract, name);
    struct nearest nearest = {.wanted = name, .distance = NEAR};
    if (function || check_is_well_known(name) || is_symbol(contract, name))
        return function;
    for (size_t i = 0; i < contract->function_count; i++)
        nearest_try(&nearest, contract->functions[i]->name);
    if (nearest.name)
        complain(SAYS_ERROR, word_argument_at(word, argument), "nothing declares a function '%s'; did you mean '%s'?", name,
                 nearest.name);
    else
        complain(SAYS_ERROR, word_argument_at(word, argument), "nothing declares a function '%s'", name);
    return NULL;
}
