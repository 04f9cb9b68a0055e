/* SPDX-License-Identifier: Apache-2.0 */
#include "contract/report.h"

#include <string.h>

#include "core/contract_table.h"
#include "core/crossings.h"
#include "core/modules.h"
#include "core/stack.h"
#include "core/thread.h"

#define PART_SIZE     768u
#define EXPECTED_SIZE 256u
#define NAMES_MOST    8u

/* One item and its text, while it is put together. */
struct writer {
    struct ffisan_record_term *item;
    size_t used; /* of the text */
};

/* 0: it is empty, or does not fit. */
static uint32_t put_text(struct writer *writer, const char *text) {
    size_t length = text ? strlen(text) : 0, room = PART_SIZE - sizeof *writer->item;
    if (!length || writer->used + length + 1 > room)
        return 0;
    uint32_t offset = (uint32_t)writer->used;
    memcpy(writer->item->text + offset, text, length + 1);
    writer->used += length + 1;
    return offset;
}

static size_t append(char *to, size_t used, size_t size, const char *text) {
    size_t length = strlen(text);
    if (used + length >= size)
        return used;
    memcpy(to + used, text, length + 1);
    return used + length;
}

/* The functions that the term names, which would have been right. */
static uint32_t put_expected(struct writer *writer, const struct contract_part *part) {
    char text[EXPECTED_SIZE] = "";
    size_t used = 0;
    bool names = part->term && (part->term->word == FFISAN_WORD_OWNED || part->term->word == FFISAN_WORD_OUT_OWNED ||
                                part->term->word == FFISAN_WORD_BORROWED || part->term->word == FFISAN_WORD_RETAINED);
    for (uint32_t i = 0; names && i < NAMES_MOST; i++) {
        const char *name = term_function(part->registered, part->term, i, NULL);
        if (!name)
            break;
        used = append(text, used, sizeof text, i ? ", " : "");
        used = append(text, used, sizeof text, name);
    }
    return put_text(writer, text);
}

static const char *parameter_name(const struct registered *registered, uint32_t index) {
    const struct type_table *types = &registered->table->types;
    const struct ffisan_type *function = &types->types[registered->function->type];
    return index < function->count ? type_text(types, types->fields[function->first + index].name) : "";
}

static const char *owner_name(const struct contract_part *part) {
    const struct ffisan_contract_term *term = part->term;
    if (!term)
        return "";
    if (term->owner == FFISAN_TERM_LIBRARY)
        return "library";
    bool has = term->word == FFISAN_WORD_BORROWED || term->word == FFISAN_WORD_RETAINED || term->word == FFISAN_WORD_NOTIFIED ||
               term->word == FFISAN_WORD_UNTIL_DONE || term->word == FFISAN_WORD_USER_DATA ||
               term->word == FFISAN_WORD_INVALIDATES || term->word == FFISAN_WORD_SERIAL ||
               term->word == FFISAN_WORD_CREATOR_THREAD;
    if (has && term->owner == FFISAN_TERM_RESULT)
        return "ret";
    return has ? parameter_name(part->registered, term->owner) : "";
}

static const char *place_name(const struct contract_part *part) {
    const char *name = part->term ? term_text(part->registered, part->term->name) : "";
    return *name ? name : parameter_name(part->registered, part->argument);
}

static size_t append_number(char *to, size_t used, size_t size, uint32_t number) {
    char digits[12], *at = digits + sizeof digits - 1;
    *at = 0;
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    return append(to, used, size, at);
}

/* "sqlite3.h:312": the library's contract that holds the function. */
static uint32_t put_source(struct writer *writer, const struct contract_part *part) {
    const struct contract_table *table = part->registered->table;
    uint32_t index = (uint32_t)(part->registered->function - table->functions);
    char text[EXPECTED_SIZE] = "";
    for (uint32_t i = 0; i < table->library_count; i++) {
        const struct ffisan_contract_library *library = &table->libraries[i];
        if (index - library->first >= library->count)
            continue;
        size_t used = append(text, 0, sizeof text, type_text(&table->types, library->source));
        used = append(text, used, sizeof text, ":");
        append_number(text, used, sizeof text,
                      part->term && part->term->line ? part->term->line : part->registered->function->line);
        break;
    }
    return put_text(writer, text);
}

static size_t put_part(void *to, const struct contract_part *part) {
    struct ffisan_record_term *item = to;
    struct writer writer = {item, 1};
    const struct ffisan_contract_term *term = part->term;
    memset(to, 0, PART_SIZE);
    item->role = part->role;
    item->word = term ? term->word : FFISAN_WORD_NONE;
    item->argument = part->argument;
    item->generation = part->generation ? part->generation : modules_generation();
    item->function = part->registered->address;
    item->wanted = part->wanted;
    item->given = part->given;
    item->name = put_text(&writer, part->registered->name);
    item->place = put_text(&writer, place_name(part));
    item->kind = put_text(&writer, term ? term_text(part->registered, term->kind) : "");
    item->expected = put_expected(&writer, part);
    item->owner = put_text(&writer, owner_name(part));
    item->source = put_source(&writer, part);
    item->text_size = (uint32_t)writer.used;
    size_t size = (sizeof *item + writer.used + 7) & ~(size_t)7;
    item->item = (struct ffisan_record_item){FFISAN_ITEM_TERM, (uint32_t)size};
    return size;
}

/* Two arguments of one call are two defects. */
static uint64_t distinction_of(const struct contract_part *parts, unsigned count) {
    uint64_t distinction = 0;
    for (unsigned i = 0; i < count; i++)
        distinction = distinction * 0x9e3779b97f4a7c15u + (uintptr_t)parts[i].registered->function + parts[i].argument +
                      (uintptr_t)parts[i].term;
    return distinction;
}

void contract_tell(struct finding *finding, const struct contract_part *parts, unsigned count, void *room) {
    size_t used = 0;
    count = count < CONTRACT_PARTS ? count : CONTRACT_PARTS;
    for (unsigned i = 0; i < count; i++)
        used += put_part((char *)room + used, &parts[i]);
    if (!finding->function && count)
        finding->function = parts[0].registered->name;
    finding->items = room;
    finding->items_size = used;
    finding->distinction = distinction_of(parts, count);
}

void contract_report(struct finding *finding, const struct contract_part *parts, unsigned count) {
    _Alignas(8) char items[CONTRACT_ROOM];
    if (!rule_on(finding->rule))
        return;
    contract_tell(finding, parts, count, items);
    finding_report(finding);
    finding->items = NULL;
    finding->items_size = 0;
}

struct managed_place moment_place(void) {
    struct managed_place place = place_here();
    return place.code ? place : crossing_place();
}

struct moment moment_here(const struct origin *origin, row_id row) {
    struct managed_place place = moment_place();
    return (struct moment){stack_site(origin, row), managed_places.line && place.code ? managed_places.line(place) : 0};
}

void moment_tell(struct finding *finding, enum ffisan_role role, struct moment moment) {
    finding->sites[role] = moment.site;
    finding->lines[role] = moment.line;
}
