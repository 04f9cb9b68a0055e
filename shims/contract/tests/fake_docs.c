/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_docs.h"

#include <stdlib.h>
#include <string.h>

#include "contract/coverage.h"
#include "contract/objects.h"
#include "contract/retained.h"
#include "contract/roles.h"
#include "contract/threads.h"
#include "contract/words.h"
#include "core/contract_table.h"
#include "hooks/gates.h"

/* Code is the number of an argument, and 1 more. */
#define CODE_ARGUMENT(index) ((index) + 1u)

enum {
    TYPE_NONE,
    TYPE_INT,
    TYPE_DOC,
    TYPE_DOC_POINTER,
    TYPE_OUT,
    TYPE_HANDLES,
    TYPE_NUMBERS,
    TYPE_MAKES_NUMBER,
    TYPE_OUTS,
    TYPES
};
static const struct ffisan_field fields[] = {
    {.type = TYPE_DOC_POINTER}, {.type = TYPE_DOC_POINTER}, {.type = TYPE_INT}, {.type = TYPE_OUT}};
static const struct ffisan_type types[TYPES] = {
    [TYPE_INT] = {.kind = FFISAN_TYPE_INTEGER, .size = 4},
    [TYPE_DOC] = {.kind = FFISAN_TYPE_STRUCT, .flags = FFISAN_TYPE_INCOMPLETE},
    [TYPE_DOC_POINTER] = {.kind = FFISAN_TYPE_POINTER, .size = 8, .to = TYPE_DOC},
    [TYPE_OUT] = {.kind = FFISAN_TYPE_POINTER, .size = 8, .to = TYPE_DOC_POINTER},
    [TYPE_HANDLES] = {.kind = FFISAN_TYPE_FUNCTION, .to = TYPE_DOC_POINTER, .first = 0, .count = 2},
    [TYPE_NUMBERS] = {.kind = FFISAN_TYPE_FUNCTION, .to = TYPE_NONE, .first = 2, .count = 1},
    [TYPE_MAKES_NUMBER] = {.kind = FFISAN_TYPE_FUNCTION, .to = TYPE_INT},
    [TYPE_OUTS] = {.kind = FFISAN_TYPE_FUNCTION, .to = TYPE_NONE, .first = 3, .count = 1},
};

static const char text[] = "\0doc\0part\0slot\0text\0other";
enum { KIND_NONE, KIND_DOC = 1, KIND_PART = 5, KIND_SLOT = 10, KIND_TEXT = 15, KIND_OTHER = 20 };

/* Names, two numbers each; the first is the function's number here, where a table has its text. Then codes. */
#define FREE 1000u
static const uint32_t numbers[] = {DOC_CLOSE, DOC_CLOSE,  DOC_RENAME,  DOC_RENAME,  PART_DROP,        PART_DROP,
                                   TEXT_FREE, TEXT_FREE,  SLOT_CLOSE,  SLOT_CLOSE,  LIB_RENAME,       LIB_RENAME,
                                   FREE,      UINT32_MAX, OTHER_CLOSE, OTHER_CLOSE, CODE_ARGUMENT(0), CODE_ARGUMENT(1)};
#define NAMES(at) .first = (at), .count = 2
enum {
    AT_CLOSE = 0,
    AT_RENAME = 2,
    AT_DROP = 4,
    AT_TEXT = 6,
    AT_SLOT = 8,
    AT_LIBRARY = 10,
    AT_FREE = 12,
    AT_OTHER = 14,
    AT_FIRST = 16,
    AT_SECOND = 17
};

#define WORD_AT(id, at) .word = FFISAN_WORD_##id, .place = (at)
#define RESULT          FFISAN_TERM_RESULT
#define FUNCTION        FFISAN_TERM_FUNCTION
#define HANDLE_DOC                                                                                                               \
    { WORD_AT(HANDLE, 0), .kind = KIND_DOC }

static const struct ffisan_contract_term terms[DOC_FUNCTIONS][4] = {
    [DOC_OPEN] = {{WORD_AT(OWNED, RESULT), .kind = KIND_DOC, NAMES(AT_CLOSE)}},
    [DOC_CLOSE] = {HANDLE_DOC, {WORD_AT(CONSUMED, 0)}},
    [DOC_USE] = {HANDLE_DOC},
    [DOC_TITLE] = {HANDLE_DOC, {WORD_AT(BORROWED, RESULT), .owner = 0, NAMES(AT_RENAME)}},
    [DOC_RENAME] = {HANDLE_DOC},
    [DOC_RESET] = {HANDLE_DOC, {WORD_AT(INVALIDATES, FUNCTION), .owner = 0}},
    [DOC_DEFAULT] = {{WORD_AT(STATIC, RESULT), .kind = KIND_DOC}},
    [DOC_OF] = {HANDLE_DOC, {WORD_AT(BORROWED, RESULT), .owner = 0, .kind = KIND_DOC}},
    [DOC_ATTACH] = {HANDLE_DOC, {WORD_AT(HANDLE, 1), .kind = KIND_DOC}, {WORD_AT(CONSUMED, 1)}},
    [DOC_TAKE] = {{WORD_AT(OUT_OWNED, 0), .flags = FFISAN_TERM_AFTER, .value = 1, .kind = KIND_DOC, NAMES(AT_CLOSE)}},
    [DOC_KEEP] = {HANDLE_DOC, {WORD_AT(REF, 0)}},
    [DOC_DROP] = {HANDLE_DOC, {WORD_AT(UNREF, 0)}},
    [PART_NEW] = {{WORD_AT(OWNED, RESULT), .kind = KIND_PART, NAMES(AT_DROP)}},
    [PART_KEEP] = {{WORD_AT(HANDLE, 0), .kind = KIND_PART}, {WORD_AT(REF, 0)}},
    [PART_DROP] = {{WORD_AT(HANDLE, 0), .kind = KIND_PART}, {WORD_AT(UNREF, 0)}},
    [TEXT_NEW] = {{WORD_AT(OWNED, RESULT), NAMES(AT_TEXT)}, {WORD_AT(GIVES_SIZES, RESULT), .first = AT_FIRST, .count = 1}},
    [TEXT_FREE] = {{WORD_AT(CONSUMED, 0)}, {WORD_AT(SIZED_BY, FUNCTION), .first = AT_SECOND, .count = 1}},
    [TEXT_READ] = {{WORD_AT(IN, 0)}},
    [SLOT_OPEN] = {{WORD_AT(OWNED, RESULT), .kind = KIND_SLOT, NAMES(AT_SLOT)}},
    [SLOT_CLOSE] = {{WORD_AT(HANDLE, 0), .kind = KIND_SLOT}, {WORD_AT(CONSUMED, 0), .kind = KIND_SLOT}},
    [SLOT_USE] = {{WORD_AT(HANDLE, 0), .kind = KIND_SLOT}},
    [DOC_ALONE] = {HANDLE_DOC, {WORD_AT(SERIAL, FUNCTION), .owner = 0}, {WORD_AT(CREATOR_THREAD, FUNCTION), .owner = 0}},
    [DOC_STEP] = {HANDLE_DOC, {WORD_AT(NO_REENTRY, FUNCTION)}},
    [LIB_NAME] = {{WORD_AT(BORROWED, RESULT), .owner = FFISAN_TERM_LIBRARY, NAMES(AT_LIBRARY)}},
    [LIB_RENAME] = {{0}},
    [MEMORY_NEW] = {{WORD_AT(OWNED, RESULT), NAMES(AT_FREE)}},
    [OTHER_OPEN] = {{WORD_AT(OWNED, RESULT), .kind = KIND_OTHER, NAMES(AT_OTHER)}},
    [OTHER_CLOSE] = {{WORD_AT(CONSUMED, 0)}},
    [DOC_FORGET] = {HANDLE_DOC, {WORD_AT(CONSUMED, 0), .flags = FFISAN_TERM_OUTCOME, .when = 1}},
};

static const char *const names[DOC_FUNCTIONS] = {
    "doc_open",   "doc_close",  "doc_use",    "doc_title",   "doc_rename", "doc_reset", "doc_default", "doc_of",
    "doc_attach", "doc_take",   "doc_keep",   "doc_drop",    "part_new",   "part_keep", "part_drop",   "text_new",
    "text_free",  "text_read",  "slot_open",  "slot_close",  "slot_use",   "doc_alone", "doc_step",    "lib_name",
    "lib_rename", "memory_new", "other_open", "other_close", "doc_forget"};

static struct ffisan_contract_function functions[DOC_FUNCTIONS];
static const struct contract_table table = {
    .functions = functions,
    .terms = terms[0],
    .numbers = numbers,
    .types = {.types = types, .fields = fields, .text = text, .type_count = TYPES, .field_count = 4, .text_size = sizeof text},
    .function_count = DOC_FUNCTIONS,
    .term_count = DOC_FUNCTIONS * 4,
    .number_count = sizeof numbers / sizeof *numbers,
};

static const struct module library;
uint32_t docs_tid = 1;
uintptr_t docs_cfa = 0x8000;
bool docs_managed;

static uint32_t type_of(enum doc_function function) {
    switch (function) {
    case SLOT_OPEN:
        return TYPE_MAKES_NUMBER;
    case SLOT_CLOSE:
    case SLOT_USE:
        return TYPE_NUMBERS;
    case DOC_TAKE:
        return TYPE_OUTS;
    default:
        return TYPE_HANDLES;
    }
}

const struct registered *docs_registered(enum doc_function function) {
    static struct registered all[DOC_FUNCTIONS];
    for (uint32_t i = 0; i < DOC_FUNCTIONS && !all[function].name; i++) {
        uint32_t count = 0;
        while (count < 4 && terms[i][count].word)
            count++;
        functions[i] = (struct ffisan_contract_function){.type = type_of(i), .first = 4 * i, .count = count};
        functions[i].family = i == TEXT_NEW || i == TEXT_FREE ? KIND_TEXT : KIND_NONE;
        all[i] = (struct registered){&table, &functions[i], terms[i], names[i], &library, 0x1000 + i, NULL};
    }
    return &all[function];
}

/* ---- words.c: those that are tested here ---- */

const struct word_work word_work[FFISAN_WORDS] = {
    [FFISAN_WORD_OWNED] = {.order = 6, .leave = object_owned},
    [FFISAN_WORD_OUT_OWNED] = {.order = 6, .leave = object_out_owned},
    [FFISAN_WORD_BORROWED] = {.order = 6, .leave = object_borrowed},
    [FFISAN_WORD_STATIC] = {.order = 6, .leave = object_static},
    [FFISAN_WORD_CONSUMED] = {.order = 4, .enter = object_consumed, .leave = object_consumed, .failed = object_kept},
    [FFISAN_WORD_REF] = {.order = 6, .leave = object_counted},
    [FFISAN_WORD_UNREF] = {.order = 4, .enter = object_dropped, .leave = object_dropped, .failed = object_kept},
    [FFISAN_WORD_INVALIDATES] = {.order = 4, .leave = object_invalidates},
    [FFISAN_WORD_HANDLE] = {.order = 2, .enter = object_used},
    [FFISAN_WORD_SERIAL] = {.order = 2, .enter = thread_serial, .leave = thread_serial_left, .failed = thread_serial_left},
    [FFISAN_WORD_CREATOR_THREAD] = {.order = 2, .enter = thread_creator},
    [FFISAN_WORD_NO_REENTRY] = {.order = 2, .enter = thread_no_reentry},
    [FFISAN_WORD_SIZED_BY] = {.order = 3, .enter = object_sized},
    [FFISAN_WORD_GIVES_SIZES] = {.order = 7, .leave = object_sizes},
};

/* ---- calls: what work.c and registered.c do ---- */

typedef word_step *step_of(const struct word_work *work);
static word_step *on_enter(const struct word_work *work) {
    return work->enter;
}
static word_step *on_leave(const struct word_work *work) {
    return work->leave;
}
static word_step *on_failed(const struct word_work *work) {
    return work->failed;
}

static bool holds(const struct registered_call *call, const struct ffisan_contract_term *term) {
    return !term->when || (call->returned && call->result == 0);
}

static void steps(struct registered_call *call, step_of *which) {
    for (unsigned order = 0; order < 8; order++)
        for (uint32_t i = 0; i < call->registered->function->count; i++) {
            const struct ffisan_contract_term *term = &call->registered->terms[i];
            const struct word_work *work = &word_work[term->word];
            uint64_t value = 0;
            if (work->order == order && which(work) && holds(call, term) &&
                (term_value(call, term, &value) || term->place == FUNCTION))
                which(work)(call, term, value);
        }
}

struct registered_call docs_begin(enum doc_function function, uint64_t result, uint64_t first, uint64_t second) {
    struct registered_call call = {.registered = docs_registered(function),
                                   .arguments = {first, second},
                                   .argument_count = 2,
                                   .tid = docs_tid,
                                   .result = result,
                                   .ffi = docs_managed ? (const struct ffi_call_seen *)&library : NULL,
                                   .origin = {.cfa = docs_cfa, .ra = 0x4000}};
    steps(&call, on_enter);
    return call;
}

void docs_end(struct registered_call *call, bool failed) {
    call->returned = true;
    call->failed = failed;
    if (!failed && role_of(call->registered) & ROLE_ENDS)
        objects_called(call);
    steps(call, failed ? on_failed : on_leave);
}

void docs_call(enum doc_function function, uint64_t result, uint64_t first, uint64_t second) {
    struct registered_call call = docs_begin(function, result, first, second);
    docs_end(&call, false);
}

/* ---- registered.c, terms.c ---- */

bool term_evaluate(const struct registered_call *call, uint32_t code, uint64_t *value) {
    *value = call->arguments[code - 1];
    return true;
}

bool term_owner(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t *value) {
    *value = term->owner < 2 ? call->arguments[term->owner] : 0;
    return term->owner < 2;
}

/* doc_take's value is what stands there. */
bool term_value(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t *value) {
    if (term->value)
        return call->returned && (*value = *(const uint64_t *)call->arguments[0], true);
    if (term->place == FUNCTION)
        return term_owner(call, term, value);
    *value = term->place == RESULT ? call->result : call->arguments[term->place];
    return term->place != RESULT || call->returned;
}

const char *term_text(const struct registered *registered, uint32_t offset) {
    return registered->table->types.text + offset;
}

const struct ffisan_contract_term *term_of(const struct registered_call *call, enum ffisan_word word, uint32_t place) {
    for (uint32_t i = 0; i < call->registered->function->count; i++)
        if (call->registered->terms[i].word == word && call->registered->terms[i].place == place)
            return &call->registered->terms[i];
    return NULL;
}

const char *term_function(const struct registered *registered, const struct ffisan_contract_term *term, uint32_t index,
                          const struct ffisan_contract_function **function) {
    uint32_t name = registered->table->numbers[term->first + 2 * index];
    *function = name == FREE ? NULL : &functions[name];
    return name == FREE ? "free" : names[name];
}

bool docs_among_them;
bool tables_have(const struct contract_table *ours, const struct module *module) {
    (void)ours;
    (void)module;
    return docs_among_them;
}

bool docs_whole = true;
bool coverage_is_whole(const struct registered *registered) {
    (void)registered;
    return docs_whole;
}

bool contract_read(void *to, uintptr_t address, size_t size) {
    memcpy(to, (const void *)address, size);
    return true;
}

static struct registered_call *open_calls[2];

void docs_open(struct registered_call *inner, struct registered_call *outer) {
    open_calls[0] = inner;
    open_calls[1] = outer;
}

void registered_open(bool (*each)(struct registered_call *call, void *context), void *context) {
    for (unsigned i = 0; i < 2; i++)
        if (open_calls[i] && !each(open_calls[i], context))
            return;
}

void registered_open_everywhere(bool (*each)(const struct registered_call *call, void *context), void *context) {
    for (unsigned i = 0; i < 2; i++)
        if (open_calls[i] && !each(open_calls[i], context))
            return;
}

/* ---- the neighbours ---- */

void retained_owner_ends(uint64_t owner) {
    (void)owner;
}

unsigned docs_findings;
struct finding docs_finding;
struct contract_part docs_parts[CONTRACT_PARTS];
unsigned docs_part_count;

void contract_report(struct finding *finding, const struct contract_part *parts, unsigned count) {
    docs_findings++;
    docs_finding = *finding;
    docs_part_count = count;
    memcpy(docs_parts, parts, count * sizeof *parts);
}

struct moment moment_here(const struct origin *origin, row_id row) {
    (void)row;
    return (struct moment){.site = (site_id)(origin->cfa >> 4), .line = 0};
}

void moment_tell(struct finding *finding, enum ffisan_role role, struct moment moment) {
    finding->sites[role] = moment.site;
    finding->lines[role] = moment.line;
}

enum ffisan_rule docs_rule(void) {
    unsigned findings = docs_findings;
    docs_findings = 0;
    if (findings > 1)
        abort();
    return findings ? docs_finding.rule : FFISAN_RULES;
}

/* There are no gates here. */
uintptr_t gates_behind(uintptr_t address) {
    return address;
}
