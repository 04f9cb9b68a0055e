/* SPDX-License-Identifier: Apache-2.0
 *
 * From words to terms: names become places, conditions and sizes become code, words on fields become terms of every function
 * that takes the struct.
 *
 * `*argument` is looked at before the call where the function reads it and after it where it writes: an argument with OUT,
 * OUT_N, OUT_OWNED, BORROWED or STATIC, and without IN or INOUT, is written.
 */
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "checks.h"
#include "complaints.h"
#include "cursors.h"
#include "words.h"

#define STRUCTS_MAX 8u /* in structs */

/* What words stand behind, as one function has it. */
struct subject {
    const struct function *function;
    uint32_t place;
    CXType type;                 /* of the value that the words are about */
    const char *name;            /* "": result, function */
    struct code value;           /* leads to a field; empty: the place's own */
    const struct record *record; /* whose field it is; NULL: none */
    struct code base;            /* the address of that struct */
    const struct words *words;
};

/* ---- words of a place ---- */

static const struct word *word_of(const struct words *words, enum ffisan_word id) {
    for (size_t i = 0; i < words->count; i++)
        if (words->items[i]->id == id)
            return words->items[i];
    return NULL;
}

static bool is_written(const struct function *function, size_t index) {
    const struct words *words = &function->parameters[index].words;
    if (word_of(words, FFISAN_WORD_IN) || word_of(words, FFISAN_WORD_INOUT) || word_of(words, FFISAN_WORD_IN_N) ||
        word_of(words, FFISAN_WORD_INOUT_N))
        return false;
    return word_of(words, FFISAN_WORD_OUT) || word_of(words, FFISAN_WORD_OUT_N) || word_of(words, FFISAN_WORD_OUT_OWNED) ||
           word_of(words, FFISAN_WORD_BORROWED) || word_of(words, FFISAN_WORD_STATIC);
}

/* Whether it can only be known when the call has returned. */
static bool looks_at_outcome(const struct function *function, const struct code *code) {
    bool looks = code->looks_at_result;
    for (size_t i = 0; i < function->parameter_count && i < 256; i++)
        looks |= code->reads[i] && is_written(function, i);
    return looks;
}

/* ---- expressions ---- */

static struct code_names names_of(const struct subject *subject) {
    return (struct code_names){subject->function, subject->record, &subject->base};
}

static bool expression_code(struct builder *builder, const struct subject *subject, const struct expression *expression,
                            struct code *code) {
    struct code_names names = names_of(subject);
    *code = (struct code){0};
    if (expression && !expression->source)
        return false; /* complained about, or not come to for what was */
    return expression && code_expression(builder->pool, expression, &names, code);
}

/* The conditions of all blocks that the word stands in. */
static void condition_set(struct builder *builder, const struct subject *subject, const struct word *word,
                          struct ffisan_contract_term *term) {
    struct code all = {0}, one;
    for (const struct word *block = word->block; block; block = block->block) {
        if (!expression_code(builder, subject, block->expressions[0], &one))
            return;
        if (all.size)
            code_both(builder->pool, &all, &one);
        else
            all = one;
    }
    term->when = all.size ? builder_code(builder, &all) : 0;
    term->flags |= all.size && looks_at_outcome(subject->function, &all) ? FFISAN_TERM_OUTCOME : 0;
}

static uint64_t element_size(CXType pointer) {
    CXType to = plain_type(pointee_of(pointer));
    long long size = to.kind == CXType_Void ? 1 : clang_Type_getSizeOf(to);
    return size > 0 ? (uint64_t)size : 0;
}

static bool size_code(struct builder *builder, const struct subject *subject, const struct word *word, struct code *code) {
    *code = (struct code){0};
    if (!word->counted_by)
        return expression_code(builder, subject, word->expressions[0], code);
    code_argument(builder->pool, code, word->counted_by - 1);
    return true;
}

static void size_set(struct builder *builder, const struct subject *subject, const struct word *word,
                     struct ffisan_contract_term *term) {
    static const uint16_t of_bytes[FFISAN_WORDS] = {
        [FFISAN_WORD_IN_N] = FFISAN_WORD_IN, [FFISAN_WORD_OUT_N] = FFISAN_WORD_OUT, [FFISAN_WORD_INOUT_N] = FFISAN_WORD_INOUT};
    struct code code;
    if (!size_code(builder, subject, word, &code))
        return;
    if (of_bytes[word->id]) {
        uint64_t size = element_size(subject->type);
        term->word = of_bytes[word->id];
        if (!size)
            complain(SAYS_ERROR, word->at, "how large one element is is not known here: say it in bytes, without _N");
        code_scale(builder->pool, &code, size);
    }
    term->size = builder_code(builder, &code);
    term->flags |= looks_at_outcome(subject->function, &code) ? FFISAN_TERM_AFTER : 0;
}

/* ---- places that words name ---- */

static void name_unknown(const struct subject *subject, const struct word *word, size_t argument, const char *name) {
    struct position at = word_argument_at(word, argument);
    const char *near = check_near_argument(subject->function, subject->record, name);
    if (near)
        complain(SAYS_ERROR, at, "'%s' has no argument '%s'; did you mean '%s'?", subject->function->name, name, near);
    else
        complain(SAYS_ERROR, at, "'%s' has no argument '%s'", subject->function->name, name);
}

/* What the function stores behind the parameter. */
static void pointee_load(struct builder *builder, struct code *code, const struct function *function, size_t index) {
    CXType to = pointee_of(function->parameters[index].type);
    struct field whole = {.type = to};
    code_argument(builder->pool, code, index);
    code_field(builder->pool, code, &whole, code->use_count - 1);
}

struct named {
    uint32_t place;
    CXType type;
    struct code value; /* empty: the place's own */
};

static bool field_named(struct builder *builder, const struct subject *subject, const char *name, struct named *named) {
    const struct record *record = subject->record;
    size_t index = record ? record_field(record, name) : 0;
    if (!record || index == record->field_count)
        return false;
    named->place = subject->place;
    named->type = record->fields[index].type;
    code_append(builder->pool, &named->value, &subject->base);
    return code_field(builder->pool, &named->value, &record->fields[index], 0);
}

static bool argument_named(struct builder *builder, const struct function *function, const char *text, struct named *named) {
    bool stored = text[0] == '*';
    const char *name = text + stored + strspn(text + stored, " ");
    size_t index = function_parameter(function, name);
    if (index == function->parameter_count) {
        named->place = strcmp(name, "ret") == 0 ? FFISAN_TERM_RESULT : FFISAN_TERM_LIBRARY;
        named->type = clang_getResultType(function->type);
        return !stored && (strcmp(name, "ret") == 0 || strcmp(name, "library") == 0);
    }
    named->place = (uint32_t)index;
    named->type = function->parameters[index].type;
    stored |= word_of(&function->parameters[index].words, FFISAN_WORD_OUT_OWNED) != NULL;
    if (stored && !is_pointer(named->type))
        return false;
    if (stored) {
        pointee_load(builder, &named->value, function, index);
        named->type = pointee_of(named->type);
    }
    return true;
}

static bool name_find(struct builder *builder, const struct subject *subject, const struct word *word, size_t argument,
                      struct named *named) {
    const char *name = word->arguments[argument];
    *named = (struct named){0};
    if (field_named(builder, subject, name, named) || argument_named(builder, subject->function, name, named))
        return true;
    name_unknown(subject, word, argument, name);
    return false;
}

static void owner_set(struct builder *builder, const struct subject *subject, const struct word *word,
                      struct ffisan_contract_term *term) {
    struct named named;
    if (!name_find(builder, subject, word, 0, &named))
        return;
    term->owner = named.place;
    term->other = named.value.size ? builder_code(builder, &named.value) : 0;
    if (named.place == FFISAN_TERM_RESULT && !term->other)
        term->flags |= FFISAN_TERM_AFTER;
    check_named(subject->function, word, named.type);
}

static void keys_set(struct builder *builder, const struct subject *subject, const struct word *word,
                     struct ffisan_contract_term *term) {
    struct code code;
    term->first = (uint32_t)builder->number_count;
    for (size_t i = 0; i < word->count; i++)
        if (expression_code(builder, subject, word->expressions[i], &code)) {
            builder_number(builder, builder_code(builder, &code));
            term->count++;
        }
}

static void codes_set(struct builder *builder, const struct subject *subject, const struct word *word,
                      struct ffisan_contract_term *term) {
    term->first = (uint32_t)builder->number_count;
    for (size_t i = 0; i < word->count; i++) {
        struct named named;
        if (!name_find(builder, subject, word, i, &named))
            return;
        if (!named.value.size && named.place == FFISAN_TERM_RESULT)
            code_result(builder->pool, &named.value);
        else if (!named.value.size)
            code_argument(builder->pool, &named.value, named.place);
        builder_number(builder, builder_code(builder, &named.value));
        term->count++;
    }
}

/* The functions that a word names from its `from`th argument on. */
static void functions_set(struct builder *builder, const struct subject *subject, const struct word *word, size_t from,
                          struct ffisan_contract_term *term) {
    term->first = (uint32_t)builder->number_count;
    for (size_t i = from; i < word->count; i++) {
        const struct function *function = check_function(builder->contract, word, i);
        if (word->id == FFISAN_WORD_RETAINED && function == subject->function) {
            term->flags |= FFISAN_TERM_REPLACES;
            continue;
        }
        builder_number(builder, builder_text(builder, function ? function->linkage : word->arguments[i]));
        builder_number(builder, function ? builder_function(builder, function) : UINT32_MAX);
        term->count += 2;
    }
}

/* ---- kinds ---- */

/* What is owned, borrowed or a handle: its kind, and what it leads to. */
static void kind_set(struct builder *builder, const struct subject *subject, CXType type, struct ffisan_contract_term *term) {
    const struct word *handle = word_of(subject->words, FFISAN_WORD_HANDLE);
    CXType to = is_pointer(type) ? pointee_of(type) : type;
    if (handle)
        term->kind = builder_text(builder, words_unquoted(builder->pool, handle->arguments[0]));
    else if (is_pointer(type) && is_opaque(to))
        term->kind = builder_text(builder, contract_kind(builder->contract, to));
    if (is_pointer(type))
        term->type = clang_types_of(&builder->types, to);
}

/* The word is about what the call stores behind the place. */
static CXType stored_set(struct builder *builder, const struct subject *subject, struct ffisan_contract_term *term) {
    CXType to = pointee_of(subject->type);
    struct field whole = {.type = to};
    struct code code = {0};
    if (subject->value.size)
        code_append(builder->pool, &code, &subject->value);
    else
        code_argument(builder->pool, &code, subject->place);
    code_field(builder->pool, &code, &whole, 0);
    term->value = builder_code(builder, &code);
    term->flags |= FFISAN_TERM_AFTER;
    return to;
}

/* ---- one word ---- */

static void fails_set(struct builder *builder, const struct subject *subject, const struct word *word,
                      struct ffisan_contract_term *term) {
    struct code code;
    if (expression_code(builder, subject, word->expressions[0], &code))
        term->size = builder_code(builder, &code);
    if (word->count > 1 && expression_code(builder, subject, word->expressions[1], &code))
        term->other = builder_code(builder, &code);
    term->flags |= FFISAN_TERM_AFTER;
    term->first = (uint32_t)builder->number_count;
    for (size_t i = 2; i < word->count; i++) {
        uint64_t number = 0;
        if (!expression_constant(word->expressions[i], &number) || number == 0 || number > 4095)
            complain(SAYS_ERROR, word_argument_at(word, i), "'%s' is no number of an error (errno)", word->arguments[i]);
        builder_number(builder, (uint32_t)number);
        term->count++;
    }
}

static bool is_stored(const struct subject *subject, const struct word *word) {
    bool gives = word->id == FFISAN_WORD_BORROWED || word->id == FFISAN_WORD_STATIC;
    return word->id == FFISAN_WORD_OUT_OWNED ||
           (gives && subject->place < FFISAN_TERM_LIBRARY && !subject->record && is_pointer(subject->type) &&
            (is_pointer(pointee_of(subject->type)) || word_of(subject->words, FFISAN_WORD_HANDLE)));
}

/* An object without a kind of its own has that of the handle beside it. */
static void ownership_set(struct builder *builder, const struct subject *subject, const struct word *word,
                          struct ffisan_contract_term *term) {
    CXType type = is_stored(subject, word) ? stored_set(builder, subject, term) : subject->type;
    bool names_owner = word->id == FFISAN_WORD_BORROWED;
    kind_set(builder, subject, type, term);
    if (term->place == FFISAN_TERM_RESULT)
        term->flags |= FFISAN_TERM_AFTER;
    if (names_owner)
        owner_set(builder, subject, word, term);
    if (word->id != FFISAN_WORD_STATIC)
        functions_set(builder, subject, word, names_owner, term);
}

/* For who tells of it. */
static void owner_kind_set(struct builder *builder, const struct subject *subject, struct ffisan_contract_term *term) {
    if (term->owner >= subject->function->parameter_count)
        return;
    const struct parameter *parameter = &subject->function->parameters[term->owner];
    struct subject owner = *subject;
    owner.words = &parameter->words;
    kind_set(builder, &owner, parameter->type, term);
}

static void no_reentry_set(struct builder *builder, const struct subject *subject, struct ffisan_contract_term *term) {
    const struct function *function = subject->function;
    (void)builder;
    term->owner = FFISAN_TERM_LIBRARY;
    for (size_t i = function->parameter_count; i-- > 0;)
        if (word_of(&function->parameters[i].words, FFISAN_WORD_HANDLE) || contract_is_handle(function->parameters[i].type))
            term->owner = (uint32_t)i;
}

static void term_fill(struct builder *builder, const struct subject *subject, const struct word *word,
                      struct ffisan_contract_term *term) {
    switch (word->id) {
    case FFISAN_WORD_OWNED:
    case FFISAN_WORD_OUT_OWNED:
    case FFISAN_WORD_BORROWED:
    case FFISAN_WORD_STATIC:
        ownership_set(builder, subject, word, term);
        return;
    case FFISAN_WORD_RETAINED:
        owner_set(builder, subject, word, term);
        functions_set(builder, subject, word, 1, term);
        return;
    case FFISAN_WORD_SERIAL:
    case FFISAN_WORD_CREATOR_THREAD:
        owner_set(builder, subject, word, term);
        owner_kind_set(builder, subject, term);
        return;
    case FFISAN_WORD_INVALIDATES:
    case FFISAN_WORD_NOTIFIED:
    case FFISAN_WORD_UNTIL_DONE:
    case FFISAN_WORD_USER_DATA:
        owner_set(builder, subject, word, term);
        return;
    case FFISAN_WORD_NO_REENTRY:
        no_reentry_set(builder, subject, term);
        owner_kind_set(builder, subject, term);
        return;
    case FFISAN_WORD_KEYED_BY:
        keys_set(builder, subject, word, term);
        return;
    case FFISAN_WORD_SIZED_BY:
        codes_set(builder, subject, word, term);
        return;
    case FFISAN_WORD_CONSUMED:
    case FFISAN_WORD_REF:
    case FFISAN_WORD_UNREF:
    case FFISAN_WORD_HANDLE:
        kind_set(builder, subject, subject->type, term);
        return;
    case FFISAN_WORD_FAMILY:
        term->kind = builder_text(builder, words_unquoted(builder->pool, word->arguments[0]));
        return;
    case FFISAN_WORD_FAILS:
        fails_set(builder, subject, word, term);
        return;
    case FFISAN_WORD_VARIANT:
        term->type = clang_types_of(&builder->types, word->expressions[1]->type);
        return;
    default:
        if (word_takes_size(word->id))
            size_set(builder, subject, word, term);
    }
}

/* What an attribute implies of elements, when one is of unknown size, or when it was said of another number of parameters. */
static bool is_idle(const struct subject *subject, const struct word *word) {
    return word->counted_by && (word->counted_by > subject->function->parameter_count || !element_size(subject->type));
}

/* HANDLE beside another word that gives something out says which kind that is, and no more. CSTRING beside UTF8 says nothing. */
static bool is_spoken_for(const struct subject *subject, const struct word *word) {
    if (is_idle(subject, word))
        return true;
    if (word->id == FFISAN_WORD_HANDLE)
        return word_of(subject->words, FFISAN_WORD_OWNED) || word_of(subject->words, FFISAN_WORD_OUT_OWNED) ||
               word_of(subject->words, FFISAN_WORD_BORROWED) || word_of(subject->words, FFISAN_WORD_STATIC);
    return word->id == FFISAN_WORD_CSTRING && word_of(subject->words, FFISAN_WORD_UTF8);
}

static uint32_t place_of(const struct subject *subject, const struct word *word) {
    if (subject->place != FFISAN_TERM_RESULT)
        return subject->place;
    return word_rows[word->id].places & WORD_OF_RESULT ? FFISAN_TERM_RESULT : FFISAN_TERM_FUNCTION;
}

static void term_build(struct builder *builder, const struct subject *subject, const struct word *word) {
    struct ffisan_contract_term term = {
        .word = (uint16_t)word->id, .place = place_of(subject, word), .line = word->at.line, .column = word->at.column};
    term.name = builder_text(builder, subject->name);
    term.flags = (uint16_t)((word->implied ? FFISAN_TERM_IMPLIED : 0) | (subject->record ? FFISAN_TERM_FIELD : 0) |
                            (is_callback(subject->type) && term.place < FFISAN_TERM_LIBRARY ? FFISAN_TERM_CALLBACK : 0));
    term.value = subject->value.size ? builder_code(builder, &subject->value) : 0;
    condition_set(builder, subject, word, &term);
    term_fill(builder, subject, word, &term);
    *(struct ffisan_contract_term *)pool_append(builder->pool, &builder->terms, &builder->term_count, sizeof(term)) = term;
}

static const struct word *variant_of(const struct word *word) {
    const struct word *block = word->id == FFISAN_WORD_VARIANT ? word : word->block;
    while (block && block->id != FFISAN_WORD_VARIANT)
        block = block->block;
    return block;
}

/* The condition of a VARIANT is its own. */
static void variant_build(struct builder *builder, const struct subject *subject, const struct word *word,
                          const struct word *variant) {
    struct word own = *word;
    struct subject argument = *subject;
    struct words words = {0};
    for (size_t i = 0; i < subject->words->count; i++)
        if (subject->words->items[i] == word || (subject->words->items[i]->block == word->block && word != variant))
            *(struct word **)pool_append(builder->pool, &words.items, &words.count, sizeof(struct word *)) =
                subject->words->items[i];
    argument.words = &words;
    argument.place = (uint32_t)subject->function->parameter_count;
    argument.type = variant->expressions[1]->type;
    argument.name = "...";
    if (word == variant)
        own.block = variant;
    check_word(word, argument.type);
    if (!is_spoken_for(&argument, word))
        term_build(builder, &argument, &own);
}

static void words_build(struct builder *builder, const struct subject *subject) {
    for (size_t i = 0; i < subject->words->count; i++) {
        const struct word *word = subject->words->items[i], *variant = variant_of(word);
        if (word->id == FFISAN_WORD_WHEN)
            continue;
        if (variant) {
            variant_build(builder, subject, word, variant);
            continue;
        }
        check_word(word, subject->type);
        if (!is_spoken_for(subject, word))
            term_build(builder, subject, word);
    }
}

/* ---- fields ---- */

static void record_build(struct builder *builder, const struct subject *parameter, const struct record *record,
                         const struct code *base, const char *path, unsigned depth);

static void field_build(struct builder *builder, const struct subject *parameter, const struct record *record,
                        const struct field *field, const struct code *base, const char *path, unsigned depth) {
    struct subject subject = *parameter;
    const struct record *inner = contract_record(builder->contract, field->type);
    subject.type = field->type;
    subject.name = pool_text(builder->pool, "%s%s", path, field->name);
    subject.record = record;
    subject.base = *base;
    subject.value = (struct code){0};
    subject.words = &field->words;
    code_append(builder->pool, &subject.value, base);
    if (code_field(builder->pool, &subject.value, field, 0))
        words_build(builder, &subject);
    if (!inner || !inner->spoken_of)
        return;
    struct code inner_base = {0};
    code_append(builder->pool, &inner_base, base);
    code_add(builder->pool, &inner_base, field->bit_offset / 8);
    record_build(builder, parameter, inner, &inner_base, pool_text(builder->pool, "%s.", subject.name), depth + 1);
}

static void record_build(struct builder *builder, const struct subject *parameter, const struct record *record,
                         const struct code *base, const char *path, unsigned depth) {
    for (size_t i = 0; i < record->field_count && depth < STRUCTS_MAX; i++)
        field_build(builder, parameter, record, &record->fields[i], base, path, depth);
}

/* A struct that is passed by value has an address all the same (shims/abi/x86_64/arguments.h), unless it is passed in registers
 * of floating-point numbers, or wants to be aligned. */
static bool can_be_looked_at(CXType type) {
    return !is_record(type) || clang_Type_getAlignOf(type) <= 8;
}

static void fields_build(struct builder *builder, const struct subject *subject) {
    bool by_value = is_record(subject->type);
    CXType type = is_pointer(subject->type) ? pointee_of(subject->type) : subject->type;
    const struct record *record = contract_record(builder->contract, type);
    struct code base = {0};
    if (!record || !record->spoken_of)
        return;
    if (!can_be_looked_at(subject->type)) {
        complain(SAYS_WARNING, subject->function->at,
                 "'%s' takes an aligned struct by value: words on its fields do not count there", subject->function->name);
        return;
    }
    code_argument(builder->pool, &base, subject->place);
    record_build(builder, subject, record, &base, pool_text(builder->pool, "%s%s", subject->name, by_value ? "." : "->"), 0);
}

/* ---- functions ---- */

/* A pointer to an opaque struct is a handle of its own kind. */
static void handle_imply(struct builder *builder, const struct subject *subject) {
    if (!contract_is_handle(subject->type) || word_of(subject->words, FFISAN_WORD_HANDLE))
        return;
    const struct word word = {.id = FFISAN_WORD_HANDLE, .at = subject->function->at, .implied = true};
    term_build(builder, subject, &word);
}

static void parameter_build(struct builder *builder, const struct function *function, size_t index) {
    const struct parameter *parameter = &function->parameters[index];
    struct subject subject = {.function = function,
                              .place = (uint32_t)index,
                              .type = parameter->type,
                              .name = parameter->name,
                              .words = &parameter->words};
    check_place(function, parameter->name, &parameter->words);
    words_build(builder, &subject);
    handle_imply(builder, &subject);
    fields_build(builder, &subject);
}

static bool in_set(uint16_t word, const enum ffisan_word *set) {
    for (; *set; set++)
        if (*set == word)
            return true;
    return false;
}

static uint32_t flags_of(const struct builder *builder, const struct ffisan_contract_function *function) {
    static const enum ffisan_word outcome[] = {
        FFISAN_WORD_OWNED,       FFISAN_WORD_OUT_OWNED, FFISAN_WORD_BORROWED,    FFISAN_WORD_STATIC,
        FFISAN_WORD_CONSUMED,    FFISAN_WORD_REF,       FFISAN_WORD_UNREF,       FFISAN_WORD_RETAINED,
        FFISAN_WORD_INVALIDATES, FFISAN_WORD_SERIAL,    FFISAN_WORD_NO_REENTRY,  FFISAN_WORD_RETAINED_FOREVER,
        FFISAN_WORD_NOTIFIED,    FFISAN_WORD_ONCE,      FFISAN_WORD_UNTIL_DONE,  FFISAN_WORD_USER_DATA,
        FFISAN_WORD_FAILS,       FFISAN_WORD_KEYED_BY,  FFISAN_WORD_GIVES_SIZES, 0};
    static const enum ffisan_word stateless[] = {
        FFISAN_WORD_IN,      FFISAN_WORD_OUT,   FFISAN_WORD_INOUT,  FFISAN_WORD_CSTRING, FFISAN_WORD_UTF8,   FFISAN_WORD_NULLABLE,
        FFISAN_WORD_NONNULL, FFISAN_WORD_FAILS, FFISAN_WORD_BLOCKS, FFISAN_WORD_VARIANT, FFISAN_WORD_FAMILY, 0};
    uint32_t flags = 0;
    for (uint32_t i = function->first; i < function->first + function->count; i++) {
        const struct ffisan_contract_term *term = &builder->terms[i];
        flags |= in_set(term->word, stateless) ? 0 : FFISAN_CONTRACT_STATEFUL;
        flags |= in_set(term->word, outcome) || (term->flags & (FFISAN_TERM_AFTER | FFISAN_TERM_OUTCOME))
                     ? FFISAN_CONTRACT_OUTCOME
                     : 0;
        flags |= term->word == FFISAN_WORD_FAILS ? FFISAN_CONTRACT_FAILS : 0;
    }
    return flags;
}

/* ---- sizes that are given out with what is owned ---- */

static const struct word *sized_by(const struct function *function) {
    return function ? word_of(&function->words, FFISAN_WORD_SIZED_BY) : NULL;
}

/* The destructor's argument under that name, as the constructor has it: handed in, or stored behind a pointer. */
static bool size_given(struct builder *builder, const struct function *constructor, const struct function *destructor,
                       const char *name, struct code *code, bool *after) {
    size_t index = function_parameter(constructor, name), theirs = function_parameter(destructor, name);
    if (index == constructor->parameter_count || theirs == destructor->parameter_count)
        return false;
    bool stored = is_pointer(constructor->parameters[index].type) && !is_pointer(destructor->parameters[theirs].type);
    if (stored)
        pointee_load(builder, code, constructor, index);
    else
        code_argument(builder->pool, code, index);
    *after |= stored;
    return true;
}

static void gives_sizes(struct builder *builder, const struct function *function, const struct ffisan_contract_term *owned,
                        const struct function *destructor) {
    const struct word *sized = sized_by(destructor);
    struct ffisan_contract_term term = *owned;
    uint32_t codes[16], count = 0;
    bool after = false;
    for (size_t i = 0; i < sized->count && i < 16; i++) {
        struct code code = {0};
        if (!size_given(builder, function, destructor, sized->arguments[i], &code, &after))
            return;
        codes[count++] = builder_code(builder, &code);
    }
    term.word = FFISAN_WORD_GIVES_SIZES;
    term.flags = (uint16_t)(owned->flags | FFISAN_TERM_IMPLIED | (after ? FFISAN_TERM_AFTER : 0));
    term.first = (uint32_t)builder->number_count;
    term.count = count;
    for (uint32_t i = 0; i < count; i++)
        builder_number(builder, codes[i]);
    *(struct ffisan_contract_term *)pool_append(builder->pool, &builder->terms, &builder->term_count, sizeof(term)) = term;
}

static void sizes_build(struct builder *builder, const struct function *function, size_t first) {
    size_t end = builder->term_count;
    for (size_t i = first; i < end; i++) {
        const struct ffisan_contract_term term = builder->terms[i];
        if (term.word != FFISAN_WORD_OWNED && term.word != FFISAN_WORD_OUT_OWNED)
            continue;
        for (uint32_t j = 0; j < term.count; j += 2) {
            uint32_t index = builder->numbers[term.first + j + 1];
            const struct function *destructor = index < builder->order_count ? builder->order[index] : NULL;
            if (sized_by(destructor)) {
                gives_sizes(builder, function, &term, destructor);
                break;
            }
        }
    }
}

static void function_build(struct builder *builder, struct function *function) {
    struct ffisan_contract_function built = {.name = builder_text(builder, function->linkage),
                                             .type = clang_types_function(&builder->types, function->type, function->cursor, 0),
                                             .first = (uint32_t)builder->term_count,
                                             .line = function->at.line};
    const struct word *family = word_of(&function->words, FFISAN_WORD_FAMILY);
    struct subject result = {.function = function,
                             .place = FFISAN_TERM_RESULT,
                             .type = clang_getResultType(function->type),
                             .name = "",
                             .words = &function->words};
    for (size_t i = 0; i < function->parameter_count && i < 255; i++)
        parameter_build(builder, function, i);
    check_place(function, NULL, &function->words);
    words_build(builder, &result);
    sizes_build(builder, function, built.first);
    built.family = family ? builder_text(builder, words_unquoted(builder->pool, family->arguments[0])) : 0;
    built.count = (uint32_t)builder->term_count - built.first;
    built.flags = flags_of(builder, &built);
    if (!built.type)
        complain(SAYS_ERROR, function->at,
                 "'%s' has a calling convention, or so many parameters, that no contract can be about it", function->name);
    *(struct ffisan_contract_function *)pool_append(builder->pool, &builder->functions, &builder->function_count, sizeof(built)) =
        built;
}

/* ---- libraries ---- */

static int function_compare(const void *left, const void *right) {
    const struct function *one = *(struct function *const *)left, *other = *(struct function *const *)right;
    if (one->group != other->group)
        return one->group < other->group ? -1 : 1;
    return strcmp(one->linkage, other->linkage);
}

static void order_make(struct builder *builder) {
    const struct contract *contract = builder->contract;
    for (size_t i = 0; i < contract->function_count; i++)
        if (contract->functions[i]->belongs)
            *(struct function **)pool_append(builder->pool, &builder->order, &builder->order_count, sizeof(struct function *)) =
                contract->functions[i];
    if (builder->order_count)
        qsort(builder->order, builder->order_count, sizeof(struct function *), function_compare);
}

static void symbol_build(struct builder *builder, const struct symbol *symbol) {
    const struct word *family = word_of(&symbol->words, FFISAN_WORD_FAMILY);
    *(struct ffisan_contract_symbol *)pool_append(builder->pool, &builder->symbols, &builder->symbol_count,
                                                  sizeof(struct ffisan_contract_symbol)) = (struct ffisan_contract_symbol){
        .name = builder_text(builder, symbol->name),
        .family = family ? builder_text(builder, words_unquoted(builder->pool, family->arguments[0])) : 0,
        .type = clang_types_of(&builder->types, symbol->type),
        .line = symbol->at.line};
}

static void group_build(struct builder *builder, size_t index) {
    const struct group *group = &builder->contract->groups[index];
    const char *slash = strrchr(builder->contract->path, '/');
    struct ffisan_contract_library library = {.source = builder_text(builder, slash ? slash + 1 : builder->contract->path),
                                              .first_symbol = (uint32_t)builder->symbol_count};
    for (size_t i = 0; i < builder->contract->symbol_count; i++)
        if (builder->contract->symbols[i]->group == index)
            symbol_build(builder, builder->contract->symbols[i]);
    library.symbol_count = (uint32_t)builder->symbol_count - library.first_symbol;
    while (library.first < builder->order_count && builder->order[library.first]->group < index)
        library.first++;
    while (library.first + library.count < builder->order_count && builder->order[library.first + library.count]->group == index)
        library.count++;
    for (size_t i = 0; group->versions && i < 2; i++)
        *(i ? &library.until : &library.from) =
            builder_text(builder, words_unquoted(builder->pool, group->versions->arguments[i]));
    for (size_t i = 0; i < group->library->count; i++) {
        library.soname = builder_text(builder, words_unquoted(builder->pool, group->library->arguments[i]));
        *(struct ffisan_contract_library *)pool_append(builder->pool, &builder->libraries, &builder->library_count,
                                                       sizeof(library)) = library;
    }
}

static bool takes_over(const struct function *function) {
    for (size_t i = 0; i < function->parameter_count; i++) {
        const struct words *words = &function->parameters[i].words;
        if (word_of(words, FFISAN_WORD_CONSUMED) || word_of(words, FFISAN_WORD_UNREF))
            return true;
    }
    return false;
}

/* Without that, what is given back to it is not known to be. */
static void destructor_check(const struct builder *builder, const struct ffisan_contract_term *owned) {
    for (uint32_t i = 1; i < owned->count; i += 2) {
        uint32_t index = builder->numbers[owned->first + i];
        const struct function *function = index < builder->order_count ? builder->order[index] : NULL;
        if (function && !check_is_well_known(function->linkage) && !takes_over(function))
            complain(SAYS_WARNING, function->at,
                     "what others give out goes back to '%s', and none of its arguments is FFISAN_CONSUMED or FFISAN_UNREF",
                     function->name);
    }
}

/* What others name ends or takes back something, whatever its own words say. */
static void named_mark(struct builder *builder) {
    for (size_t i = 0; i < builder->term_count; i++) {
        const struct ffisan_contract_term *term = &builder->terms[i];
        if (term->word == FFISAN_WORD_OWNED || term->word == FFISAN_WORD_OUT_OWNED)
            destructor_check(builder, term);
        bool names = term->word == FFISAN_WORD_OWNED || term->word == FFISAN_WORD_OUT_OWNED ||
                     term->word == FFISAN_WORD_BORROWED || term->word == FFISAN_WORD_RETAINED;
        for (uint32_t j = 1; names && j < term->count; j += 2)
            if (builder->numbers[term->first + j] < builder->function_count)
                builder->functions[builder->numbers[term->first + j]].flags |= FFISAN_CONTRACT_STATEFUL | FFISAN_CONTRACT_OUTCOME;
    }
}

void terms_build(struct builder *builder) {
    order_make(builder);
    for (size_t i = 0; i < builder->order_count; i++)
        function_build(builder, builder->order[i]);
    named_mark(builder);
    for (size_t i = 0; i < builder->contract->group_count; i++)
        group_build(builder, i);
    clang_types_fill(&builder->types);
}
