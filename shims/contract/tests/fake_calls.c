/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_calls.h"

#include <string.h>

#include "contract/objects.h"
#include "contract/report.h"
#include "contract/roles.h"
#include "core/contract_table.h"

#define ARGUMENT_CODE(index) (1 + 3 * (index))
#define CODES                6
#define ONE_CODE             ARGUMENT_CODE(CODES)

static const uint8_t code[] = {
    FFISAN_CODE_END,
    FFISAN_CODE_ARGUMENT,
    0,
    FFISAN_CODE_END,
    FFISAN_CODE_ARGUMENT,
    1,
    FFISAN_CODE_END,
    FFISAN_CODE_ARGUMENT,
    2,
    FFISAN_CODE_END,
    FFISAN_CODE_ARGUMENT,
    3,
    FFISAN_CODE_END,
    FFISAN_CODE_ARGUMENT,
    4,
    FFISAN_CODE_END,
    FFISAN_CODE_ARGUMENT,
    5,
    FFISAN_CODE_END,
    FFISAN_CODE_NUMBER,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    FFISAN_CODE_END,
};

enum { TYPE_NONE, TYPE_INT, TYPE_CHAR, TYPE_TEXT, TYPE_PUT, TYPE_LISTEN, TYPES };
static const struct ffisan_type types[TYPES] = {
    [TYPE_INT] = {.kind = FFISAN_TYPE_INTEGER, .size = 4},
    [TYPE_CHAR] = {.kind = FFISAN_TYPE_CHARACTER, .size = 1},
    [TYPE_TEXT] = {.kind = FFISAN_TYPE_POINTER, .size = 8, .to = TYPE_CHAR},
    [TYPE_PUT] = {.kind = FFISAN_TYPE_FUNCTION, .first = 0, .count = 2},
    [TYPE_LISTEN] = {.kind = FFISAN_TYPE_FUNCTION, .first = 2, .count = 2},
};
static const struct ffisan_field fields[] = {{.type = 0}, {.type = TYPE_INT}, {.type = 0}, {.type = TYPE_TEXT}};

static const char text[] = "\0mem\0fn\0user\0text";
enum { NAME_MEM = 1, NAME_FN = 5, NAME_USER = 8, NAME_TEXT = 13 };

/* RETAINED: name and function, two by two. KEYED_BY: codes. */
static const uint32_t numbers[] = {0, BOX_PUT, 0, BOX_CLEAR, 0, BOX_SEND, 0, BOX_LISTEN, 0, BOX_NAME, ARGUMENT_CODE(1)};
enum { NAMES_PUT = 0, NAMES_LISTEN = 6, NAMES_NAME = 8, KEY_SECOND = 10 };

static const struct ffisan_contract_term terms[] = {
#define PUT_FIRST 0
    {.word = FFISAN_WORD_RETAINED,
     .flags = FFISAN_TERM_REPLACES,
     .place = 2,
     .name = NAME_MEM,
     .owner = 0,
     .first = NAMES_PUT,
     .count = 6},
    {.word = FFISAN_WORD_IN, .place = 2, .name = NAME_MEM, .size = ARGUMENT_CODE(3)},
    {.word = FFISAN_WORD_KEYED_BY, .place = FFISAN_TERM_FUNCTION, .first = KEY_SECOND, .count = 1},
#define LISTEN_FIRST 3
    {.word = FFISAN_WORD_RETAINED,
     .flags = FFISAN_TERM_REPLACES | FFISAN_TERM_CALLBACK,
     .place = 2,
     .name = NAME_FN,
     .owner = 0,
     .first = NAMES_LISTEN,
     .count = 2},
    {.word = FFISAN_WORD_NOTIFIED, .flags = FFISAN_TERM_CALLBACK, .place = 2, .name = NAME_FN, .owner = 4},
    {.word = FFISAN_WORD_USER_DATA, .place = 3, .name = NAME_USER, .owner = 2},
    {.word = FFISAN_WORD_KEYED_BY, .place = FFISAN_TERM_FUNCTION, .first = KEY_SECOND, .count = 1},
#define LATER_FIRST 7
    {.word = FFISAN_WORD_ONCE, .flags = FFISAN_TERM_CALLBACK, .place = 0, .name = NAME_FN},
    {.word = FFISAN_WORD_USER_DATA, .place = 1, .name = NAME_USER, .owner = 0},
#define RUN_FIRST 9
    {.word = FFISAN_WORD_UNTIL_DONE, .flags = FFISAN_TERM_CALLBACK, .place = 0, .name = NAME_FN, .owner = 2},
    {.word = FFISAN_WORD_USER_DATA, .place = 1, .name = NAME_USER, .owner = 0},
#define NAME_FIRST 11
    {.word = FFISAN_WORD_RETAINED,
     .flags = FFISAN_TERM_REPLACES,
     .place = 0,
     .name = NAME_TEXT,
     .owner = FFISAN_TERM_LIBRARY,
     .first = NAMES_NAME,
     .count = 2},
    {.word = FFISAN_WORD_CSTRING, .place = 0, .name = NAME_TEXT},
#define LAY_FIRST 13
    {.word = FFISAN_WORD_RETAINED_FOREVER, .place = 0, .name = NAME_MEM},
#define EAT_FIRST 14
    {.word = FFISAN_WORD_IN, .place = 0, .name = NAME_MEM, .size = ONE_CODE},
    {.word = FFISAN_WORD_CONSUMED, .place = 0, .name = NAME_MEM},
#define LOOK_FIRST 16
    {.word = FFISAN_WORD_IN, .place = 0, .name = NAME_MEM, .size = ONE_CODE},
#define OVER_FIRST 17
    {.word = FFISAN_WORD_RETAINED, .flags = FFISAN_TERM_AFTER, .place = 0, .name = NAME_MEM, .owner = FFISAN_TERM_RESULT},
    {.word = FFISAN_WORD_IN, .place = 0, .name = NAME_MEM, .size = ONE_CODE},
#define SEND_FIRST 19
    {.word = FFISAN_WORD_BLOCKS, .place = FFISAN_TERM_FUNCTION},
};

static const struct ffisan_contract_function functions[BOX_FUNCTIONS] = {
    [BOX_PUT] = {.type = TYPE_PUT, .first = PUT_FIRST, .count = 3},
    [BOX_CLEAR] = {.type = 0},
    [BOX_CLOSE] = {.type = 0},
    [BOX_LISTEN] = {.type = TYPE_LISTEN, .first = LISTEN_FIRST, .count = 4},
    [BOX_LATER] = {.first = LATER_FIRST, .count = 2},
    [BOX_RUN] = {.first = RUN_FIRST, .count = 2},
    [BOX_NAME] = {.first = NAME_FIRST, .count = 2},
    [BOX_LAY] = {.first = LAY_FIRST, .count = 1},
    [BOX_EAT] = {.first = EAT_FIRST, .count = 2},
    [BOX_LOOK] = {.first = LOOK_FIRST, .count = 1},
    [BOX_OVER] = {.first = OVER_FIRST, .count = 2},
    [BOX_SEND] = {.first = SEND_FIRST, .count = 1},
};

static const struct contract_table table = {
    .functions = functions,
    .terms = terms,
    .numbers = numbers,
    .code = code,
    .types = {.types = types, .fields = fields, .text = text, .type_count = TYPES, .field_count = 4, .text_size = sizeof text},
    .function_count = BOX_FUNCTIONS,
    .term_count = sizeof terms / sizeof *terms,
    .number_count = sizeof numbers / sizeof *numbers,
    .code_size = sizeof code,
};

static const struct module library;
const struct module *fake_library(void) {
    return &library;
}

const struct registered *fake_registered(enum box_function function) {
    static struct registered all[BOX_FUNCTIONS];
    all[function] = (struct registered){.table = &table,
                                        .function = &functions[function],
                                        .terms = &terms[functions[function].first],
                                        .name = "box",
                                        .definer = &library,
                                        .address = 0x1000 + function};
    return &all[function];
}

struct registered_call fake_call(enum box_function function, uintptr_t cfa, const uint64_t *arguments, uint32_t count) {
    struct registered_call call = {.registered = fake_registered(function), .argument_count = count, .tid = 1, .origin.cfa = cfa};
    memcpy(call.arguments, arguments, count * sizeof *arguments);
    return call;
}

/* ---- registered.c ---- */

bool term_evaluate(const struct registered_call *call, uint32_t at, uint64_t *value) {
    if (code[at] == FFISAN_CODE_ARGUMENT)
        *value = call->arguments[code[at + 1]];
    else
        *value = code[at + 1];
    return true;
}

bool term_value(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t *value) {
    *value = call->arguments[term->place];
    return true;
}

bool term_owner(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t *value) {
    bool is_result = term->owner == FFISAN_TERM_RESULT;
    *value = is_result ? call->result : call->arguments[term->owner];
    return !is_result || call->returned;
}

bool term_bytes(const struct registered_call *call, const struct ffisan_contract_term *term, uint64_t *bytes) {
    return term_evaluate(call, term->size, bytes);
}

bool term_holds(const struct registered_call *call, const struct ffisan_contract_term *term) {
    uint64_t value;
    return !term->when || (term_evaluate(call, term->when, &value) && value);
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
    *function = &registered->table->functions[registered->table->numbers[term->first + 2 * index + 1]];
    return "box";
}

bool contract_read(void *to, uintptr_t address, size_t size) {
    memcpy(to, (const void *)address, size);
    return true;
}

static struct registered_call *open_here, *open_elsewhere;

void fake_open(struct registered_call *innermost, struct registered_call *of_another_thread) {
    open_here = innermost;
    open_elsewhere = of_another_thread;
}

void registered_open(bool (*each)(struct registered_call *call, void *context), void *context) {
    if (open_here)
        each(open_here, context);
}

void registered_open_everywhere(bool (*each)(const struct registered_call *call, void *context), void *context) {
    if (open_elsewhere)
        each(open_elsewhere, context);
}

/* ---- roles.c, objects.c ---- */

unsigned role_of(const struct registered *registered) {
    return registered->function == &functions[BOX_CLOSE] ? ROLE_DESTRUCTOR : 0;
}

uint64_t fake_child, fake_parent;

uint64_t object_parent(uint64_t value) {
    return value == fake_child ? fake_parent : 0;
}

bool object_is_known(uint64_t value) {
    return value == fake_child;
}

/* ---- report.c ---- */

unsigned fake_findings;
struct finding fake_finding;
uint32_t fake_argument;

void contract_report(struct finding *finding, const struct contract_part *parts, unsigned count) {
    fake_findings += count;
    fake_finding = *finding;
    fake_argument = parts[0].argument;
}

struct moment moment_here(const struct origin *origin, row_id row) {
    (void)origin;
    (void)row;
    return (struct moment){.site = 1, .line = FAKE_LINE};
}

struct managed_place fake_place;

struct managed_place moment_place(void) {
    return fake_place;
}

void moment_tell(struct finding *finding, enum ffisan_role role, struct moment moment) {
    finding->sites[role] = moment.site;
    finding->lines[role] = moment.line;
}

unsigned fake_taken(void) {
    unsigned taken = fake_findings;
    fake_findings = 0;
    return taken;
}
