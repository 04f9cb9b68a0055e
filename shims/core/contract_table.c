/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiled contracts as they are read. They may come from anywhere: nothing in one is believed before every index, count and
 * offset was held against what is there, and every expression was gone through once. Afterwards a reader needs no checks of
 * its own, but against circles in types.
 *
 * As with prototype files, no order by name is checked: an unsorted file finds less, and that is all.
 */
#include <string.h>

#include "core/contract_table.h"

#define EXPRESSION_MAX 4096u /* bytes: a header's conditions have some tens */
#define TARGETS_MAX    64u   /* jumps that have not arrived yet */
#define PLACE_MAX      255u  /* an operand of ARGUMENT is one byte */

/* ---- code ---- */

/* What an instruction takes from the stack and puts there, and how long its operand is. */
struct instruction {
    uint8_t pops, pushes, operand;
};
static const struct instruction instructions[FFISAN_CODES] = {
    [FFISAN_CODE_END] = {1, 0, 0},           [FFISAN_CODE_NUMBER] = {0, 1, 8},
    [FFISAN_CODE_ARGUMENT] = {0, 1, 1},      [FFISAN_CODE_RESULT] = {0, 1, 0},
    [FFISAN_CODE_LOAD] = {1, 1, 1},          [FFISAN_CODE_STRLEN] = {1, 1, 0},
    [FFISAN_CODE_EXTEND_SIGNED] = {1, 1, 1}, [FFISAN_CODE_EXTEND_UNSIGNED] = {1, 1, 1},
    [FFISAN_CODE_NEGATE] = {1, 1, 0},        [FFISAN_CODE_INVERT] = {1, 1, 0},
    [FFISAN_CODE_NOT] = {1, 1, 0},           [FFISAN_CODE_ADD... FFISAN_CODE_LESS_EQUAL_UNSIGNED] = {2, 1, 0},
    [FFISAN_CODE_JUMP] = {0, 0, 2},          [FFISAN_CODE_JUMP_IF_ZERO] = {1, 0, 2},
    [FFISAN_CODE_TRUE] = {1, 1, 0},          [FFISAN_CODE_SWAP] = {2, 2, 0},
};

/* An expression that is gone through. All jumps lead forward, so that once is enough. */
struct walk {
    const uint8_t *code;
    uint32_t at, end; /* offsets */
    unsigned depth;
    bool reached; /* `at` can be reached from above; else only by a jump */
    struct {
        uint32_t at;
        unsigned depth;
    } targets[TARGETS_MAX];
    unsigned target_count;
};

static bool target_add(struct walk *walk) {
    uint16_t distance;
    memcpy(&distance, walk->code + walk->at + 1, sizeof(distance));
    uint32_t target = walk->at + 3 + distance;
    if (target >= walk->end || walk->target_count == TARGETS_MAX)
        return false;
    walk->targets[walk->target_count].at = target;
    walk->targets[walk->target_count++].depth = walk->depth;
    return true;
}

/* Jumps that arrive here. False: one of them brings another depth, or has landed inside an instruction. */
static bool targets_arrive(struct walk *walk) {
    for (unsigned i = 0; i < walk->target_count;) {
        if (walk->targets[i].at > walk->at) {
            i++;
            continue;
        }
        if (walk->targets[i].at < walk->at || (walk->reached && walk->targets[i].depth != walk->depth))
            return false;
        walk->depth = walk->targets[i].depth;
        walk->reached = true;
        walk->targets[i] = walk->targets[--walk->target_count];
    }
    return walk->reached;
}

static bool operand_sound(uint8_t code, uint8_t operand) {
    if (code == FFISAN_CODE_LOAD || code == FFISAN_CODE_EXTEND_SIGNED || code == FFISAN_CODE_EXTEND_UNSIGNED)
        return operand == 1 || operand == 2 || operand == 4 || operand == 8;
    return true;
}

static bool step_sound(struct walk *walk) {
    uint8_t code = walk->code[walk->at];
    if (code >= FFISAN_CODES)
        return false;
    const struct instruction *instruction = &instructions[code];
    if (instruction->operand >= walk->end - walk->at || walk->depth < instruction->pops ||
        (instruction->operand && !operand_sound(code, walk->code[walk->at + 1])))
        return false;
    walk->depth = walk->depth - instruction->pops + instruction->pushes;
    bool jumps = code == FFISAN_CODE_JUMP || code == FFISAN_CODE_JUMP_IF_ZERO;
    if (walk->depth > FFISAN_CODE_DEPTH || (jumps && !target_add(walk)))
        return false;
    walk->reached = code != FFISAN_CODE_JUMP;
    walk->at += 1u + instruction->operand;
    return true;
}

/* From `offset` to an END that leaves one value. */
static bool expression_sound(const struct contract_table *table, uint32_t offset) {
    if (offset >= table->code_size)
        return false;
    uint32_t rest = table->code_size - offset;
    struct walk walk = {
        .code = table->code, .at = offset, .end = offset + (rest < EXPRESSION_MAX ? rest : EXPRESSION_MAX), .reached = true};
    while (walk.at < walk.end && targets_arrive(&walk)) {
        if (walk.code[walk.at] == FFISAN_CODE_END)
            return walk.depth == 1 && walk.target_count == 0;
        if (!step_sound(&walk))
            return false;
    }
    return false;
}

/* 0: there is none. */
static bool code_sound(const struct contract_table *table, uint32_t offset) {
    return offset == 0 || expression_sound(table, offset);
}

/* ---- terms ---- */

static bool text_sound(const struct contract_table *table, uint32_t offset) {
    return offset < table->types.text_size;
}

static bool range_sound(uint32_t first, uint32_t count, uint32_t limit) {
    return first <= limit && count <= limit - first;
}

static bool place_sound(uint32_t place) {
    return place <= PLACE_MAX || place >= FFISAN_TERM_LIBRARY;
}

static bool names_sound(const struct contract_table *table, const struct ffisan_contract_term *term) {
    if (term->count % 2)
        return false;
    for (uint32_t i = term->first; i < term->first + term->count; i += 2)
        if (!text_sound(table, table->numbers[i]) ||
            (table->numbers[i + 1] != UINT32_MAX && table->numbers[i + 1] >= table->function_count))
            return false;
    return true;
}

static bool codes_sound(const struct contract_table *table, const struct ffisan_contract_term *term) {
    for (uint32_t i = term->first; i < term->first + term->count; i++)
        if (!table->numbers[i] || !expression_sound(table, table->numbers[i]))
            return false;
    return true;
}

static bool numbers_sound(const struct contract_table *table, const struct ffisan_contract_term *term) {
    if (!range_sound(term->first, term->count, table->number_count))
        return false;
    switch (term->word) {
    case FFISAN_WORD_OWNED:
    case FFISAN_WORD_OUT_OWNED:
    case FFISAN_WORD_BORROWED:
    case FFISAN_WORD_RETAINED:
        return names_sound(table, term);
    case FFISAN_WORD_KEYED_BY:
    case FFISAN_WORD_SIZED_BY:
    case FFISAN_WORD_GIVES_SIZES:
        return codes_sound(table, term);
    default:
        return true;
    }
}

static bool term_sound(const struct contract_table *table, const struct ffisan_contract_term *term) {
    return term->word > FFISAN_WORD_NONE && term->word < FFISAN_WORDS && place_sound(term->place) && place_sound(term->owner) &&
           text_sound(table, term->name) && text_sound(table, term->kind) && term->type < table->types.type_count &&
           code_sound(table, term->value) && code_sound(table, term->when) && code_sound(table, term->size) &&
           code_sound(table, term->other) && numbers_sound(table, term);
}

static bool terms_sound(const struct contract_table *table) {
    for (uint32_t i = 0; i < table->term_count; i++)
        if (!term_sound(table, &table->terms[i]))
            return false;
    return true;
}

/* ---- what they belong to ---- */

static bool libraries_sound(const struct contract_table *table) {
    for (uint32_t i = 0; i < table->library_count; i++) {
        const struct ffisan_contract_library *library = &table->libraries[i];
        if (!text_sound(table, library->soname) || !text_sound(table, library->source) || !text_sound(table, library->from) ||
            !text_sound(table, library->until) || !range_sound(library->first, library->count, table->function_count) ||
            !range_sound(library->first_symbol, library->symbol_count, table->symbol_count))
            return false;
    }
    return true;
}

static bool functions_sound(const struct contract_table *table) {
    for (uint32_t i = 0; i < table->function_count; i++) {
        const struct ffisan_contract_function *function = &table->functions[i];
        if (!text_sound(table, function->name) || !text_sound(table, function->family) ||
            function->type >= table->types.type_count || table->types.types[function->type].kind != FFISAN_TYPE_FUNCTION ||
            !range_sound(function->first, function->count, table->term_count))
            return false;
    }
    return true;
}

static bool symbols_sound(const struct contract_table *table) {
    for (uint32_t i = 0; i < table->symbol_count; i++) {
        const struct ffisan_contract_symbol *symbol = &table->symbols[i];
        if (!text_sound(table, symbol->name) || !text_sound(table, symbol->family) || symbol->type >= table->types.type_count)
            return false;
    }
    return true;
}

/* ---- the file ---- */

/* An array of `count` items of `item` bytes at `offset` of the file; NULL: it does not lie in there. */
static const void *part(const struct ffisan_contracts *head, uint32_t offset, uint32_t count, size_t item) {
    bool inside = offset >= sizeof(*head) && offset <= head->size && offset % 8 == 0 && count <= (head->size - offset) / item;
    return inside ? (const char *)head + offset : NULL;
}

static bool head_sound(const struct ffisan_contracts *head, size_t size) {
    return size >= sizeof(*head) && memcmp(head->magic, FFISAN_CONTRACTS_MAGIC, sizeof(head->magic)) == 0 &&
           head->version == FFISAN_CONTRACTS_VERSION && head->size <= size && head->code_size > 0;
}

static bool table_place(struct contract_table *table, const struct ffisan_contracts *head) {
    *table = (struct contract_table){
        .libraries = part(head, head->libraries, head->library_count, sizeof(*table->libraries)),
        .functions = part(head, head->functions, head->function_count, sizeof(*table->functions)),
        .symbols = part(head, head->symbols, head->symbol_count, sizeof(*table->symbols)),
        .terms = part(head, head->terms, head->term_count, sizeof(*table->terms)),
        .numbers = part(head, head->numbers, head->number_count, sizeof(*table->numbers)),
        .code = part(head, head->code, head->code_size, 1),
        .library_count = head->library_count,
        .function_count = head->function_count,
        .symbol_count = head->symbol_count,
        .term_count = head->term_count,
        .number_count = head->number_count,
        .code_size = head->code_size,
    };
    return table->libraries && table->functions && table->symbols && table->terms && table->numbers && table->code &&
           part(head, head->types, 1, sizeof(struct ffisan_types)) &&
           type_table_open(&table->types, (const char *)head + head->types, head->size - head->types);
}

bool contract_table_open(struct contract_table *table, const void *bytes, size_t size) {
    const struct ffisan_contracts *head = bytes;
    *table = (struct contract_table){0};
    return bytes && (uintptr_t)bytes % 8 == 0 && head_sound(head, size) && table_place(table, head) &&
           table->code[0] == FFISAN_CODE_END && libraries_sound(table) && functions_sound(table) && symbols_sound(table) &&
           terms_sound(table);
}

const struct ffisan_contract_function *contract_table_function(const struct contract_table *table,
                                                               const struct ffisan_contract_library *library, const char *name) {
    uint32_t low = library->first, high = library->first + library->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(type_text(&table->types, table->functions[middle].name), name);
        if (order == 0)
            return &table->functions[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
